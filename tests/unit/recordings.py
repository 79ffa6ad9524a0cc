"""Recordings made of plain Python objects or of a YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from truebook.model import SourceState
from truebook.recording import (
    SCHEMA,
    Cluster,
    GitData,
    GitRemote,
    HttpAnswer,
    HttpData,
    KubernetesData,
    Part,
    Recording,
    ResourceList,
    encode_git,
    encode_http,
    encode_kubernetes,
)


def raw(value: Any) -> msgspec.Raw:
    """A value as raw JSON."""
    return msgspec.Raw(msgspec.json.encode(value))


def recording(
    objects: Mapping[str, list[Any]] | None = None,
    *,
    argocd: Mapping[str, Any] | None = None,
    git: Mapping[str, Mapping[str, Any]] | None = None,
    cluster: Cluster | None = None,
    states: Mapping[str, tuple[SourceState, str]] | None = None,
    systems: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recording:
    """`objects` is keyed by `group/resource Kind`, `argocd` by path (bodies), `git` by URL (head, refs).

    `systems` holds the parts of the other systems: `{"vault": {"url": …, "answers": {path: body}}}`, where a body may
    be `{"status": 503, "body": …}` for another answer than 200.
    """
    states = states or {}
    lists = {}
    for name, items in (objects or {}).items():
        key, _, kind = name.partition(" ")
        group, _, resource = key.rpartition("/")
        lists[key] = ResourceList(group, "v1", resource, kind, True, items=[raw(item) for item in items])
    answers = {path: HttpAnswer(200, raw(body)) for path, body in (argocd or {}).items()}
    remotes = {url: GitRemote(url, **remote) for url, remote in (git or {}).items()}
    data = {
        "kubernetes": encode_kubernetes(KubernetesData(lists=lists)),
        "argocd": encode_http(HttpData("https://argocd.homelab.local", answers)),
        "git": encode_git(GitData(remotes)),
    }
    data |= {name: encode_http(_system(found)) for name, found in (systems or {}).items()}
    parts = {
        name: Part(
            *(states.get(name, ("fresh", ""))[:1]), "2026-11-24T05:30:00Z", states.get(name, ("", ""))[1], [], data=body
        )
        for name, body in data.items()
    }
    return Recording(SCHEMA, cluster or Cluster("homelab", "v1.36.3"), "2026-11-24T05:30:00Z", parts)


def _system(found: Mapping[str, Any]) -> HttpData:
    return HttpData(found.get("url", ""), {path: _answer(body) for path, body in found["answers"].items()})


def _answer(body: Any) -> HttpAnswer:
    if isinstance(body, Mapping) and set(body) == {"status", "body"}:
        return HttpAnswer(body["status"], raw(body["body"]))
    return HttpAnswer(200, raw(body))


def from_yaml(path: Path) -> Recording:
    """The recording that a YAML file of `cluster`, `parts`, `objects`, `argocd`, `git` and `systems` describes."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return recording(
        found["objects"],
        argocd=found.get("argocd"),
        git=found.get("git"),
        cluster=Cluster(**found["cluster"]),
        systems=found.get("systems"),
        states={name: (part["state"], part.get("reason", "")) for name, part in found["parts"].items()},
    )
