"""Where a component's manifests come from: what was deployed, and what the branch points to now."""

from __future__ import annotations

from truebook.inventory import repositories
from truebook.inventory.join.subject import Joined, Subject
from truebook.model import Evidence, Value
from truebook.recording import GitRemote


def repository(subject: Subject, known: Joined) -> Value | None:
    """The URL of the main source (see `Application.origin`), without credentials."""
    found = subject.repository
    if found is None and subject.application is not None:
        origin = subject.application.origin
        found = None if origin is None else origin.repository
    return None if found is None else Value(repositories.without_credentials(str(found.value)), found.evidence)


def revision(subject: Subject, known: Joined) -> Value | None:
    """What was deployed of the main source; not what was compared, not what the branch points to."""
    if subject.application is None:
        return None
    origin = subject.application.origin
    return None if origin is None else subject.application.deployed(origin)


def revision_url(subject: Subject, known: Joined) -> Value | None:
    """The deployed commit's page on its Git host; none for a chart version or a digest."""
    found, origin = revision(subject, known), None
    if subject.application is not None:
        origin = subject.application.origin
    if found is None or origin is None or origin.kind != "git":
        return None
    page = repositories.commit(str(origin.repository.value), str(found.value))
    return None if page is None else Value(page, found.evidence)


def branch_head(subject: Subject, known: Joined) -> Value | None:
    """The commit that the tracked branch or tag points to now, by `git ls-remote`. A commit that is tracked itself,
    a chart and a digest have none."""
    found = _head(subject, known)
    return None if found is None else found[0]


def _head(subject: Subject, known: Joined) -> tuple[Value, GitRemote] | None:
    target = ""
    where = subject.repository
    if subject.application is not None:
        origin = subject.application.origin
        if origin is None or origin.kind != "git":
            return None
        where, target = origin.repository, origin.target
    if where is None or repositories.is_commit(target):
        return None
    remote = known.facts.remotes.get(repositories.canonical(str(where.value)))
    if remote is None:
        return None
    names = (
        (f"refs/heads/{target}", f"refs/tags/{target}", target) if target not in {"", "HEAD"} else (remote.head, "HEAD")
    )
    name = next((name for name in names if name in remote.refs), None)
    return None if name is None else (Value(remote.refs[name], Evidence("git", remote.url, name)), remote)


def ahead(subject: Subject, known: Joined) -> Value | None:
    """How many commits the tracked branch has that were not deployed."""
    return _distance(subject, known, "ahead")


def behind(subject: Subject, known: Joined) -> Value | None:
    """How many commits were deployed that the tracked branch no longer has: its history was rewritten."""
    return _distance(subject, known, "behind")


def _distance(subject: Subject, known: Joined, which: str) -> Value | None:
    deployed, head = revision(subject, known), _head(subject, known)
    if deployed is None or head is None:
        return None
    pair = f"{deployed.value}..{head[0].value}"
    count = 0 if deployed.value == head[0].value else head[1].distances.get(pair, {}).get(which)
    return None if count is None else Value(count, Evidence("git", head[1].url, pair))


def compare_url(subject: Subject, known: Joined) -> Value | None:
    """The page that shows what lies between the deployed commit and the branch's head; none where they are one."""
    deployed, head = revision(subject, known), _head(subject, known)
    if deployed is None or head is None or deployed.value == head[0].value:
        return None
    page = repositories.compare(head[1].url, str(deployed.value), str(head[0].value))
    return None if page is None else Value(page, head[0].evidence)
