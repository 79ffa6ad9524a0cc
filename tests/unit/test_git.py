"""The source `git`: local repositories for what Git says, a server of ours for what goes wrong."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.faults import SLOW, FaultServer, status
from truebook.errors import Unreachable
from truebook.recording import (
    GitData,
    HttpAnswer,
    HttpData,
    KubernetesData,
    Part,
    Read,
    ResourceList,
    encode_http,
    encode_kubernetes,
)
from truebook.settings import GitSettings, Settings
from truebook.state.git_distance import distances
from truebook.state.sources import Context, Reading
from truebook.state.sources.git import _speaks, ask, read


class Repository:
    """A local repository with two branches and an annotated tag."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.main = self.commit("first")
        self.git("tag", "-a", "v1", "-m", "v1")
        self.git("branch", "other")
        self.git("tag", "light")
        self.head = self.commit("second")

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def commit(self, message: str) -> str:
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        who = {
            "GIT_AUTHOR_NAME": "t",
            "GIT_AUTHOR_EMAIL": "t@t",
            "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@t",
        }
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **who}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


def application(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "argocd"}, "spec": spec}


def cluster(*applications: dict[str, Any], state: Any = "fresh") -> Part:
    items = [msgspec.Raw(msgspec.json.encode(found)) for found in applications]
    listed = ResourceList("argoproj.io", "v1alpha1", "applications", "Application", True, items=items)
    return Part(state, data=encode_kubernetes(KubernetesData(lists={listed.key: listed})))


def api(*applications: dict[str, Any]) -> Part:
    body = msgspec.Raw(msgspec.json.encode({"items": applications}))
    return Part("fresh", data=encode_http(HttpData("", {"/api/v1/applications": HttpAnswer(200, body)})))


def reading(timeout: float = 20, **parts: Part) -> tuple[GitData, dict[str, Read]]:
    found: Reading = read(Context(Settings(git=GitSettings(timeout=timeout)), parts))
    return msgspec.json.decode(found.data, type=GitData), {entry.what: entry for entry in found.reads}


def test_head_branches_and_peeled_tags_that_are_followed_and_no_others(repository: Repository) -> None:
    remote = ask(repository.url, ["v1", "other", "refs/tags/light", repository.main, "none", "weird*", "HEAD"], 20)
    assert remote.error == ""
    assert remote.head == "refs/heads/main"
    assert remote.refs == {
        "HEAD": repository.head,
        "refs/heads/main": repository.head,
        "refs/heads/other": repository.main,
        "refs/tags/v1": repository.main,
        "refs/tags/light": repository.main,
    }
    assert set(ask(repository.url, [], 20).refs) == {"HEAD", "refs/heads/main"}


def test_every_source_of_every_application_is_asked_once(repository: Repository, tmp_path: Path) -> None:
    second = Repository(tmp_path / "second")
    single = {"repoURL": repository.url, "targetRevision": "other", "path": "."}
    several = [{"repoURL": second.url, "ref": "values"}, {"repoURL": "https://charts.homelab.local", "chart": "loki"}]
    hydrator = {
        "drySource": {"repoURL": repository.url, "targetRevision": "main"},
        "syncSource": {"targetBranch": "v1"},
    }
    data, reads = reading(
        kubernetes=cluster(
            application("one", source=single),
            application("again", source={**single, "targetRevision": "HEAD"}),
            application("several", source={"repoURL": "https://ignored.homelab.local/x"}, sources=several),
            application("hydrated", sourceHydrator=hydrator),
            application("oci", source={"repoURL": "oci://registry.homelab.local/app", "targetRevision": "1"}),
            application("none"),
            application("broken", source="text"),
        )
    )
    assert sorted(data.remotes) == sorted([repository.url, second.url])
    assert set(data.remotes[repository.url].refs) == {"HEAD", "refs/heads/main", "refs/heads/other", "refs/tags/v1"}
    assert reads["https://charts.homelab.local"] == Read(
        "https://charts.homelab.local", "absent", reason="a chart repository has no branches"
    )
    assert reads["oci://registry.homelab.local/app"].reason == "a registry has no branches"
    assert reads[repository.url].state == "read"


def test_the_api_is_believed_before_the_objects(repository: Repository) -> None:
    said = application("api", source={"repoURL": repository.url})
    data, _ = reading(argocd=api(said), kubernetes=cluster(application("object", source={"repoURL": "file:///none"})))
    assert list(data.remotes) == [repository.url]
    data, _ = reading(argocd=Part("absent"), kubernetes=cluster(said, state="stale"))
    assert list(data.remotes) == [repository.url]


def test_without_any_applications_known_it_can_say_nothing() -> None:
    with pytest.raises(Unreachable, match="neither ArgoCD nor the cluster could be read"):
        reading(argocd=Part("failed"), kubernetes=Part("failed"))
    data, reads = reading(kubernetes=cluster())
    assert (data.remotes, reads) == ({}, {})


def test_one_repository_that_fails_leaves_the_others(repository: Repository, tmp_path: Path) -> None:
    gone = f"file://{tmp_path}/gone"
    both = [application(url, source={"repoURL": url}) for url in (repository.url, gone)]
    data, reads = reading(kubernetes=cluster(*both))
    assert data.remotes[repository.url].refs["HEAD"] == repository.head
    assert "does not appear to be a git repository" in data.remotes[gone].error
    assert (reads[gone].state, reads[repository.url].state) == ("failed", "read")
    with pytest.raises(Unreachable, match="git: no repository answered"):
        reading(kubernetes=cluster(both[1]))


def test_credentials_are_not_recorded_or_sent(server: FaultServer) -> None:
    url = server.url.replace("http://", "http://user:pl4nted@") + "/ops/apps.git"
    server.script["/ops/apps.git/info/refs"] = [status(401, WWW_Authenticate="Basic realm=x")]
    with pytest.raises(Unreachable) as caught:
        reading(kubernetes=cluster(application("a", source={"repoURL": url})))
    assert "pl4nted" not in str(caught.value)
    assert "terminal prompts disabled" in str(caught.value)
    assert all("authorization" not in request.headers for request in server.requests)
    assert len(server.requests) == 1


def test_a_refusal_is_told_apart_from_a_failure(repository: Repository, server: FaultServer) -> None:
    closed, broken = f"{server.url}/closed.git", f"{server.url}/broken-403.git"
    server.script["/closed.git/info/refs"] = [status(403)]
    server.script["/broken-403.git/info/refs"] = [status(500)]
    urls = (repository.url, closed, broken)
    _, reads = reading(kubernetes=cluster(*(application(url, source={"repoURL": url}) for url in urls)))
    assert [reads[url].state for url in urls] == ["read", "forbidden", "failed"]


def ended(word: str, within: float = 10) -> bool:
    """Whether no process with `word` in its arguments is left, soon."""
    end = time.monotonic() + within
    while word in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_a_silent_server_is_left_and_its_helpers_with_it(server: FaultServer) -> None:
    server.script["/slow.git/info/refs"] = [SLOW]
    remote = ask(f"{server.url}/slow.git", [], 0.5)
    assert remote.error == "no answer within 0.5 s"
    assert ended(f"{server.url}/slow.git")


HOSTILE = [
    *("ext::sh -c 'touch {0}'", "--upload-pack=touch {0}", "-oProxyCommand=touch", "{0}", "../x", "origin", "", "a b"),
    *("ssh://-oProxyCommand=touch/x", "file://host/x", "FD::7", "https://a\nb", "https:///x", "-u@host:x", "user@-h:x"),
    *("user@host:-x", "ftp://host/x", "https://[bad/x", "user@host::x"),
]


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_urls_are_not_asked(url: str, tmp_path: Path) -> None:
    url = url.format(tmp_path / "touched")
    data, reads = reading(kubernetes=cluster(application("a", source={"repoURL": url})))
    assert data.remotes == {}
    assert not (tmp_path / "touched").exists()
    assert len(reads) == (1 if url else 0)


@pytest.mark.parametrize(
    "url",
    [
        "https://h/x.git",
        "http://h:3000/x",
        "ssh://git@h:22/x",
        "git://h/x",
        "git@github.com:o/r.git",
        "file:///srv/x.git",
    ],
)
def test_ordinary_urls_are_asked(url: str) -> None:
    assert _speaks(url)


def test_git_itself_speaks_no_other_protocol_either(tmp_path: Path) -> None:
    remote = ask(f"ext::touch {tmp_path}/touched", [], 20)
    assert "transport 'ext' not allowed" in remote.error
    assert not (tmp_path / "touched").exists()
    assert "transport 'file' not allowed" in ask(str(tmp_path), [], 20).error


def test_the_callers_git_variables_do_not_lead_elsewhere(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_EXEC_PATH", "GIT_TRACE"):
        monkeypatch.setenv(name, "/nowhere")
    assert ask(repository.url, [], 20).error == ""


def test_without_git_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert ask("https://git.homelab.local/x", [], 5).error == "git can't be run: No such file or directory"


# --- how far the head is from what is deployed ---------------------------------------------------------------------


def following(url: str, deployed: str, target: str = "main") -> dict[str, Any]:
    """An Application that follows a branch, of which a commit was deployed."""
    status = {"history": [{"id": 1, "revision": deployed}], "sync": {"revision": deployed, "status": "OutOfSync"}}
    return {
        **application(f"a-{deployed[:7]}-{target}", source={"repoURL": url, "targetRevision": target}),
        "status": status,
    }


def measured(*applications: dict[str, Any], timeout: float = 20) -> dict[str, dict[str, int]]:
    data, _ = reading(timeout=timeout, kubernetes=cluster(*applications))
    (remote,) = data.remotes.values()
    assert remote.error == ""
    return remote.distances


def test_the_commits_between_what_is_deployed_and_the_head_are_counted(repository: Repository) -> None:
    third = repository.commit("third")
    found = measured(following(repository.url, repository.main), following(repository.url, repository.head, ""))
    assert found == {
        f"{repository.main}..{third}": {"ahead": 2, "behind": 0},
        f"{repository.head}..{third}": {"ahead": 1, "behind": 0},
    }


def test_a_branch_that_was_pushed_over_is_behind_too(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "next", repository.main)
    other = repository.commit("in another way")
    found = measured(following(repository.url, repository.head, "next"))
    assert found == {f"{repository.head}..{other}": {"ahead": 1, "behind": 1}}
    repository.git("branch", "-D", "main")
    assert measured(following(repository.url, repository.head, "next")) == found
    # Then it is gone for good.
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")
    assert measured(following(repository.url, repository.head, "next")) == {}


def test_only_commits_are_fetched_and_nothing_is_left(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    (repository.folder / "secret.txt").write_text("not to be fetched")
    repository.git("add", "secret.txt")
    head = repository.commit("with a file")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    kept: list[set[str]] = []
    rmtree = tempfile.TemporaryDirectory.cleanup

    def look(self: Any) -> None:
        listed = ["git", f"--git-dir={self.name}/repository.git", "cat-file", "--batch-all-objects", "--batch-check"]
        output = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
        kept.append({line.split()[1] for line in output.splitlines()})
        rmtree(self)

    monkeypatch.setattr(tempfile.TemporaryDirectory, "__exit__", lambda self, *error: look(self))
    assert measured(following(repository.url, repository.main)) == {
        f"{repository.main}..{head}": {"ahead": 2, "behind": 0}
    }
    assert kept == [{"commit"}]
    assert list(folder.iterdir()) == []


def test_nothing_is_fetched_where_nothing_differs(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.sources.git.distances", lambda *asked: pytest.fail("asked"))
    same = following(repository.url, repository.head)
    chart = following(repository.url, "1.2.3")
    pinned = following(repository.url, repository.main, repository.main)
    gone = following(repository.url, repository.main, "no-such-branch")
    assert measured(same, chart, pinned, gone) == {}


def test_what_can_not_be_told_is_left_out_and_fails_nothing(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measured(following(repository.url, "0" * 40)) == {}
    monkeypatch.setattr("truebook.state.git_distance.LARGEST", 10)
    assert measured(following(repository.url, repository.main)) == {}
    monkeypatch.undo()
    found = measured(following(repository.url, "0" * 40), following(repository.url, repository.main))
    assert list(found) == [f"{repository.main}..{repository.head}"]


def test_a_server_that_is_silent_after_its_refs_fails_nothing(server: FaultServer) -> None:
    server.script["/x.git/info/refs"] = [SLOW]
    url = f"{server.url}/x.git"
    assert distances(url, [("1" * 40, "refs/heads/main", "2" * 40)], 0.5) == {}
    assert ended(url)


def test_no_variable_or_hook_of_the_callers_takes_part(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("reference-transaction", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/touched\n")
        (hooks / name).chmod(0o755)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_EXEC_PATH", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks.parent))
    assert measured(following(repository.url, repository.main))
    assert not (tmp_path / "touched").exists()
    assert distances("ext::touch x", [(repository.main, "HEAD", repository.head)], 5) == {}
