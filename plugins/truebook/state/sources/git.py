"""The source `git`: where the branches and tags of the Applications' repositories are now.

`git ls-remote --symref`, without a shell, without a prompt, and only for the refs that an Application follows, so that
what is deployed and what is on the branch can be told apart; where they differ, the commits between them are counted.
Repository URLs come from the cluster and are hostile: they follow `--`, and only https, http, ssh and git are spoken.
`file:///` is asked where an Application says just that: all it can give away is the object id of a ref that the
Application names. Chart repositories and OCI sources have no branches.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import msgspec

from truebook.errors import Unreachable
from truebook.recording import GitData, GitRemote, Read, encode_git
from truebook.redact import excerpt, redact_url
from truebook.state.git_commands import SPOKEN, environment, run
from truebook.state.git_distance import distances
from truebook.state.source import Context, Reading

PARALLEL = 8

_SCP = re.compile(r"\w[\w.~-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s:-][^\s:]*", re.ASCII)
_REVISION = re.compile(r"[\w][\w./+@-]*", re.ASCII)
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NO_BRANCHES = "has no branches"

Followed = tuple[str, str]
"""A commit that is deployed, and the branch or tag that it was taken from."""


def read(context: Context) -> Reading:
    """Ask every distinct repository of the Applications. Raises Unreachable where none answers."""
    wanted, skipped = _wanted(context)
    timeout = context.settings.git.timeout
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="git") as pool:
        remotes = list(pool.map(lambda url: ask(url, wanted[url], timeout), sorted(wanted)))
        deployed = _deployed(context)
        remotes = list(pool.map(lambda remote: _measured(remote, deployed.get(remote.url, ()), timeout), remotes))
    reads = [Read(url, "absent", reason=reason) for url, reason in sorted(skipped.items())]
    for remote in remotes:
        context.progress(remote.url, len(remote.refs))
        state = _state(remote.error)
        reads.append(Read(remote.url, state, count=len(remote.refs), reason=remote.error))
    if remotes and all(remote.error for remote in remotes):
        raise Unreachable(f"git: no repository answered; {remotes[0].url}: {remotes[0].error}")
    data = GitData(remotes={remote.url: remote for remote in remotes})
    return Reading(data=encode_git(data), reads=tuple(sorted(reads, key=lambda found: found.what)))


def _state(error: str) -> Any:
    if not error:
        return "read"
    denied = (
        "authentication failed",
        "permission denied",
        "could not read username",
        "error: 403",
        "error: 401",
        "not permitted",
    )
    return "forbidden" if any(word in error.lower() for word in denied) else "failed"


def _measured(remote: GitRemote, followed: Iterable[Followed], timeout: float) -> GitRemote:
    """With how far each head is from what is deployed of it; what can't be told is left out and fails nothing."""
    pairs = {(revision, name): head for revision, target in followed for name, head in _head(remote, target)}
    ahead = [(revision, name, head) for (revision, name), head in sorted(pairs.items()) if revision != head]
    return msgspec.structs.replace(remote, distances=distances(remote.url, ahead, timeout)) if ahead else remote


def _head(remote: GitRemote, target: str) -> Iterator[tuple[str, str]]:
    """The ref that a branch or tag stands for, and what it points to."""
    wanted = (f"refs/heads/{target}", f"refs/tags/{target}", target) if target not in ("", "HEAD") else ("HEAD",)
    name = next((name for name in wanted if name in remote.refs), None)
    if name is not None:
        yield name, remote.refs[name]


def ask(url: str, revisions: Iterable[str], timeout: float) -> GitRemote:
    """`git ls-remote` of one repository: HEAD and `revisions` (branches, tags or full refs), no others."""
    refs = ["HEAD"]
    for revision in sorted(set(revisions)):
        if _REVISION.fullmatch(revision) and not _OBJECT.fullmatch(revision):
            full = (f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/tags/{revision}^{{}}")
            refs += (revision,) if revision.startswith("refs/") else full
    command = ["git", "ls-remote", "--symref", "--", url, *refs]
    try:
        code, output, said = run(command, environment(url), timeout)
    except subprocess.TimeoutExpired:
        return GitRemote(url, error=f"no answer within {timeout:g} s")
    except OSError as error:
        return GitRemote(url, error=f"git can't be run: {error.strerror}")
    if code != 0:
        return GitRemote(url, error=_complaint(said) or f"git ls-remote ended with {code}")
    return _parse(url, output, frozenset(refs))


def _complaint(said: str) -> str:
    """The line of Git's complaints that says most."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:", "remote:"))]
    told = next((line for line in fatal if line.startswith("fatal:")), (fatal or lines or [""])[-1])
    return excerpt(told.removeprefix("fatal:").strip())


def _parse(url: str, output: str, refs: frozenset[str]) -> GitRemote:
    """The refs that were asked for. A peeled tag stands under its own name, and the branch of HEAD is a ref too."""
    head = ""
    found: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in output.splitlines():
        left, _, name = line.partition("\t")
        if left.startswith("ref: ") and name == "HEAD":
            head = left.removeprefix("ref: ")
        elif name in refs and _OBJECT.fullmatch(left):
            if name.endswith("^{}"):
                peeled[name.removesuffix("^{}")] = left
            else:
                found[name] = left
    if head and "HEAD" in found:
        found.setdefault(head, found["HEAD"])
    return GitRemote(url, head=head, refs=found | peeled)


def _wanted(context: Context) -> tuple[dict[str, set[str]], dict[str, str]]:
    """The revisions to ask for by repository, and what is not asked with the reason."""
    wanted: dict[str, set[str]] = {}
    skipped: dict[str, str] = {}
    for source in _sources(context):
        url = redact_url(source.repo)
        if source.chart or url.startswith("oci://"):
            skipped[excerpt(url)] = f"a {'chart repository' if source.chart else 'registry'} {_NO_BRANCHES}"
        elif _speaks(url):
            wanted.setdefault(url, set()).update(source.revisions())
        elif url:
            skipped[excerpt(url)] = "not a URL that Git may be asked for: https, http, ssh, git, user@host:path, file"
    return wanted, {url: reason for url, reason in skipped.items() if url not in wanted}


def _deployed(context: Context) -> dict[str, set[Followed]]:
    """What is deployed of each repository: commits, each with the branch or tag that is followed."""
    found: dict[str, set[Followed]] = {}
    for application in context.known.facts.applications:
        for origin in application.origins:
            deployed = application.deployed(origin) if origin.kind == "git" else None
            if deployed is not None and _OBJECT.fullmatch(str(deployed.value)) and not _OBJECT.fullmatch(origin.target):
                url = redact_url(str(origin.repository.value))
                found.setdefault(url, set()).add((str(deployed.value), origin.target))
    return found


def _speaks(url: str) -> bool:
    """Whether Git may be asked for `url`. A local one only by `file:///`, never by a bare path."""
    if any(ord(character) <= 32 or ord(character) == 127 for character in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme.lower() == "file":
        return not parts.netloc and parts.path.startswith("/")
    if parts.scheme.lower() in SPOKEN and url.lower().startswith(f"{parts.scheme.lower()}://"):
        return bool(parts.hostname) and not parts.netloc.startswith("-") and not str(parts.hostname).startswith("-")
    return _SCP.fullmatch(url) is not None


class _Source(msgspec.Struct):
    """What of an Application's source says where Git is asked."""

    repo: str = msgspec.field(default="", name="repoURL")
    chart: str = ""
    target: str = msgspec.field(default="", name="targetRevision")
    branch: str = msgspec.field(default="", name="targetBranch")

    def revisions(self) -> set[str]:
        """The branches and tags it follows, HEAD aside."""
        return {revision for revision in (self.target, self.branch) if revision not in ("", "HEAD")}


class _Hydrator(msgspec.Struct):
    dry: _Source = msgspec.field(default_factory=_Source, name="drySource")
    sync: _Source = msgspec.field(default_factory=_Source, name="syncSource")


class _Spec(msgspec.Struct):
    source: _Source | None = None
    sources: list[_Source] | None = None
    hydrator: _Hydrator | None = msgspec.field(default=None, name="sourceHydrator")


class _Application(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


class _Applications(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


def _objects(context: Context) -> list[msgspec.Raw]:
    """The Applications as ArgoCD's API gave them, else as the cluster did."""
    answer = context.known.recording.http("argocd").answers.get("/api/v1/applications")
    if answer is not None:
        return msgspec.json.decode(answer.body, type=_Applications).items or []
    part = context.parts.get("kubernetes")
    if part is None or part.state == "failed":
        raise Unreachable("git: the Applications are not known: neither ArgoCD nor the cluster could be read")
    found = context.known.kubernetes.lists.get("argoproj.io/applications")
    return found.items if found else []


def _sources(context: Context) -> Iterator[_Source]:
    """Every source of every Application; several sources win over one, as in ArgoCD."""
    for raw in _objects(context):
        try:
            spec = msgspec.json.decode(raw, type=_Application).spec
        except msgspec.ValidationError:  # an Application that ArgoCD itself could not use
            continue
        if spec.hydrator is not None:
            yield spec.hydrator.dry
            yield _Source(repo=spec.hydrator.dry.repo, branch=spec.hydrator.sync.branch)
        elif spec.sources:
            yield from spec.sources
        elif spec.source is not None:
            yield spec.source
