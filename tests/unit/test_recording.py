"""The recording on disk: one shape, one order, the same bytes, never half a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from truebook.errors import RecordingError
from truebook.recording import (
    SCHEMA,
    Block,
    Cluster,
    Column,
    GitData,
    GitRemote,
    HttpAnswer,
    HttpData,
    KubernetesData,
    Part,
    Read,
    Recording,
    ResourceList,
    dump,
    encode_git,
    encode_http,
    encode_kubernetes,
    load,
    save,
)

Raw = msgspec.Raw
PODS = ResourceList(
    "",
    "v1",
    "pods",
    "Pod",
    True,
    "7",
    [Column("Name", "string")],
    [Raw(b'{"a":1}'), Raw(b'{"a":2}')],
    [Raw(b'["x"]'), Raw(b'["y"]')],
)
NODES = ResourceList("", "v1", "nodes", "Node", False)
KUBERNETES = KubernetesData({"gitVersion": "v1"}, {"/api": Raw(b"{}")}, {"pods": PODS, "nodes": NODES})
HTTP = HttpData("https://argocd", {"/b": HttpAnswer(200, Raw(b'{"x":1}')), "/a": HttpAnswer(404)})
GIT = GitData({"b": GitRemote("b", error="no"), "a": GitRemote("a", "refs/heads/main", {"HEAD": "1", "A": "2"})})


ANSWER = HttpAnswer(200)


def recording() -> Recording:
    return Recording(
        SCHEMA,
        Cluster("home", "v1"),
        "2026-11-24T05:30:00Z",
        {
            "kubernetes": Part(
                "fresh", "t", 'a "reason"', [Read("pods", "read", 2)], data=encode_kubernetes(KUBERNETES)
            ),
            "git": Part("stale", "t", data=encode_git(GIT)),
            "argocd": Part("fresh", "t", data=encode_http(HTTP)),
            "absent": Part("absent"),
        },
    )


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "below" / "recording.json"
    save(recording(), path)
    found = load(path)
    assert found.kubernetes() == KUBERNETES
    assert found.http("argocd") == HTTP
    assert found.git() == GIT
    assert found.http("elsewhere") == HttpData()
    assert [status.name for status in found.statuses()] == ["absent", "argocd", "git", "kubernetes"]
    assert list(found.kubernetes().objects("pods")) == [{"a": 1}, {"a": 2}]
    assert list(found.kubernetes().objects("nowhere")) == []
    assert (found.http("argocd").json("/b"), found.http("argocd").json("/a")) == ({"x": 1}, None)
    assert path.read_bytes() == dump(found) == dump(recording())
    assert json.loads(path.read_text())["parts"]["git"]["data"]["remotes"]["a"]["refs"] == {"A": "2", "HEAD": "1"}


def test_there_is_one_object_on_a_line() -> None:
    assert dump(recording()).decode().count("\n") > 6
    assert b'"items":[\n{"a":1},\n{"a":2}\n],"cells":[\n["x"],\n["y"]\n]' in dump(recording())
    assert dump(recording()).index(b'"nodes"') < dump(recording()).index(b'"pods":{')


def test_blocks_are_written_as_their_objects_would_be() -> None:
    blocks = {"pods": [Block(b'{"a":1}', b'["x"]'), Block(b'{"a":2}', b'["y"]')]}
    bare = msgspec.structs.replace(PODS, items=[], cells=[])
    made = encode_kubernetes(
        KubernetesData(KUBERNETES.version, KUBERNETES.discovery, {"pods": bare, "nodes": NODES}), blocks
    )
    assert bytes(made) == bytes(encode_kubernetes(KUBERNETES))
    joined = {"pods": [Block(b'{"a":1},\n{"a":2}', b'["x"],\n["y"]')]}
    assert bytes(
        encode_kubernetes(
            KubernetesData(KUBERNETES.version, KUBERNETES.discovery, {"pods": bare, "nodes": NODES}), joined
        )
    ) == bytes(made)


def test_a_crash_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recording.json"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordingError, match=r"recording\.json: cannot write the recording: No space left"):
        save(recording(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    save(recording(), path)
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a truebook recording"),
        ("[]", "not a truebook recording"),
        ('{"schema": 1}', "not a truebook recording"),
        ('{"schema":99,"cluster":{},"recorded_at":""}', "schema 99 is not the one"),
    ],
)
def test_what_is_no_recording_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "recording.json"
    path.write_text(text)
    with pytest.raises(RecordingError, match=f"recording.json: {said}"):
        load(path)
    with pytest.raises(RecordingError, match="cannot read the recording: No such file"):
        load(tmp_path / "none.json")


def test_a_part_of_another_shape_is_said() -> None:
    wrong = Recording(SCHEMA, Cluster(), "", {"kubernetes": Part("fresh", data=Raw(b'{"lists":[]}'))})
    with pytest.raises(RecordingError, match="part 'kubernetes' is not of schema 1"):
        wrong.kubernetes()


def test_what_a_part_does_not_hold_is_told_and_what_it_kept_is_not() -> None:
    reads = [
        Read("/a", "read"),
        Read("/b", "failed", reason="500"),
        Read("/c", "failed", reason="500"),
        Read("/d", "forbidden", reason="403"),
        Read("/e", "absent", reason="404"),
    ]
    pods = encode_kubernetes(KubernetesData(lists={"pods": PODS}))
    parts = {
        "argocd": Part("stale", reads=reads, data=encode_http(HttpData(answers={"/a": ANSWER, "/b": ANSWER}))),
        "kubernetes": Part("stale", reads=[Read("pods", "failed"), Read("nodes", "failed")], data=pods),
        "git": Part("fresh", reads=[Read("https://a", "failed", reason="no")]),
    }
    argocd, git, kubernetes = Recording(SCHEMA, Cluster(), "", parts).statuses()
    assert [(one.what, one.state, one.reason) for one in argocd.unread] == [
        ("/c", "failed", "500"),
        ("/d", "forbidden", "403"),
        ("/e", "absent", "404"),
    ]
    assert [one.what for one in kubernetes.unread] == ["nodes"]
    assert [one.what for one in git.unread] == ["https://a"]
