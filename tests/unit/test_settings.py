"""`truebook.yml`: what is read, and that every mistake is told with its line and its fix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truebook.errors import ConfigError
from truebook.settings import (
    CatalogComponent,
    CatalogRelation,
    Find,
    Ignore,
    Settings,
    SystemSettings,
    load,
)

FULL = """\
cluster: homelab
stale_after: 2d
domains: [Homelab.local]
kubernetes:
  enabled: false
  context: null
  resources: [velero.io/backups, pods]
  timeout: 90s
argocd:
  url: https://argocd.homelab.local/
  token_env: TOKEN
  token_file: secrets/token
  ca_file: /etc/ca.pem
  timeout: 1m
git:
  enabled: on
groups: [GitOps, Security]
components:
  - name: argocd
  - name: vault
    title: Vault
    group: Security
    purpose: Secrets management
    page: security/vault.md
    find: {application: argocd/vault, workload: StatefulSet vault/vault, ingress: vault/vault}
    values:
      storage: Raft
      port: 8200
      release: 1.10
  - {name: git, find: {repository: "git@github.com:owner/homelab.git"}}
relations:
  - {from: vault, to: argocd, label: secrets}
  - from: git
    to: argocd
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "truebook.yml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    """The problems of a file, without its path."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    found = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}:") for line in found)
    return [line.removeprefix(f"{path}:") for line in found]


def test_everything_is_read(tmp_path: Path) -> None:
    found = load(write(tmp_path, FULL))
    assert (found.path, found.cluster, found.stale_after) == (tmp_path / "truebook.yml", "homelab", 172800.0)
    assert found.domains == ("homelab.local",)
    assert found.kubernetes.enabled is False
    assert found.kubernetes.context is None
    assert found.kubernetes.resources == ("velero.io/backups", "pods")
    assert found.kubernetes.timeout == 90.0
    assert found.argocd.url == "https://argocd.homelab.local"
    assert found.argocd.token_env == "TOKEN"
    assert found.argocd.token_file == tmp_path / "secrets" / "token"
    assert found.argocd.ca_file == Path("/etc/ca.pem")
    assert found.argocd.timeout == 60.0
    assert found.git.enabled is True
    assert found.groups == ("GitOps", "Security")
    argocd, vault, git = found.components
    assert argocd == CatalogComponent("argocd", 19, lines={"name": 19})
    assert (vault.title, vault.group, vault.purpose, vault.page) == (
        "Vault",
        "Security",
        "Secrets management",
        "security/vault.md",
    )
    assert vault.find == Find("argocd/vault", "StatefulSet vault/vault", "vault/vault")
    assert git.find == Find(repository="git@github.com:owner/homelab.git")
    assert found.relations == (
        CatalogRelation("vault", "argocd", "secrets", 32),
        CatalogRelation("git", "argocd", "", 33),
    )


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    vault = load(write(tmp_path, FULL)).components[1]
    assert vault.values == {"storage": "Raft", "port": "8200", "release": "1.10"}


def test_every_part_of_a_component_has_its_line(tmp_path: Path) -> None:
    vault = load(write(tmp_path, FULL)).components[1]
    assert vault.line == 20
    assert vault.lines["purpose"] == 23
    assert vault.lines["find.workload"] == 25
    assert vault.lines["values.release"] == 29


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(None) == Settings()
    assert load(tmp_path / "truebook.yml", missing_ok=True) == Settings()


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "kubernetes:\n", "components: []\nrelations:\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert load(path) == Settings(path=path)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"other\.yml: there is no such file"):
        load(tmp_path / "other.yml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_bytes_that_are_not_utf8_are_told(tmp_path: Path) -> None:
    path = tmp_path / "truebook.yml"
    path.write_bytes(b"cluster: \xff\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(path)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
clustre: x
stale_after: 5
kubernetes: [a]
components:
  - title: nameless
  - name: vault
    page: /etc/passwd
    purpos: x
"""
    assert problems(tmp_path, text) == [
        "1: unknown key 'clustre' (did you mean 'cluster'?)",
        "2: stale_after: '5' is not a duration (write it like 90s, 15m, 24h or 7d)",
        "3: kubernetes: must be a mapping (write 'key: value' lines below it)",
        "5: components[1]: has no name (add 'name: …')",
        "7: components[2]: page: '/etc/passwd' leaves the docs folder (write it like vault.md)",
        "8: components[2]: unknown key 'purpos' (did you mean 'purpose'?)",
    ]


CASES = {
    "a list": ("- a\n", "1: must be a mapping"),
    "a word": ("hello\n", "1: must be a mapping"),
    "unknown key without a near one": ("zzzzzz: 1\n", "1: unknown key 'zzzzzz' (known: cluster, stale_after, "),
    "twice": ("cluster: a\ncluster: b\n", "2: 'cluster' stands twice"),
    "a list as a key": ("[a, b]: c\n", "1: a key must be a word"),
    "a merge key": ("kubernetes: {<<: {enabled: false}}\n", "1: kubernetes: unknown key '<<'"),
    "boolean": ("git: {enabled: maybe}\n", "1: git: enabled: must be true or false"),
    "quoted boolean": ('git: {enabled: "true"}\n', "1: git: enabled: must be true or false"),
    "text that YAML takes for true": ("cluster: yes\n", "1: cluster: 'yes' is not text (put it in quotes: \"yes\")"),
    "empty text": ('cluster: "  "\n', "1: cluster: is empty"),
    "list for text": ("cluster: [a]\n", "1: cluster: must be one word or sentence"),
    "zero duration": ("stale_after: 0s\n", "1: stale_after: '0s' is not a duration"),
    "duration of words": ("stale_after: 5 minutes\n", "1: stale_after: '5 minutes' is not a duration"),
    "list for duration": ("stale_after: [1s]\n", "1: stale_after: '' is not a duration"),
    "domain": ("domains: [a, 'https://b']\n", "1: domains[2]: 'https://b' is not a domain"),
    "domains as text": ("domains: homelab.local\n", "1: domains: must be a list"),
    "secrets": ("kubernetes: {resources: [secrets]}\n", "1: kubernetes: resources[1]: Secrets are never read"),
    "resource": ("kubernetes: {resources: [Backup]}\n", "1: kubernetes: resources[1]: 'Backup' is not a resource"),
    "url": ("argocd: {url: argocd.local}\n", "1: argocd: url: 'argocd.local' is not a URL"),
    "url scheme": ("argocd: {url: 'file:///etc'}\n", "1: argocd: url: 'file:///etc' is not a URL"),
    "url port": ("argocd: {url: 'https://a:99999999'}\n", "1: argocd: url: 'https://a:99999999' is not a URL"),
    "credentials": ("argocd: {url: 'https://me:pw@a'}\n", "1: argocd: url: must not carry credentials"),
    "variable": ("argocd: {token_env: eyJ.secret}\n", "1: argocd: token_env: is not the name of a variable"),
    "name": ("components: [{name: a b}]\n", "1: components[1]: name: 'a b' is not a name"),
    "same name": ("components:\n- name: a\n- name: a\n", "3: components[2]: 'a' stands on line 2 already"),
    "component as text": ("components: [vault]\n", "1: components[1]: must be a mapping"),
    "page above": ("components: [{name: a, page: x/../../y.md}]\n", "1: components[1]: page: 'x/../../y.md' leaves"),
    "page of Windows": (
        "components: [{name: a, page: 'x\\\\y.md'}]\n".replace("\\\\", "\\"),
        "page: 'x\\\\y.md' leaves",
    ),
    "page elsewhere": (
        "components: [{name: a, page: 'https://x/y.md'}]\n",
        "1: components[1]: page: 'https://x/y.md' leav",
    ),
    "page of HTML": (
        "components: [{name: a, page: y.html}]\n",
        "1: components[1]: page: 'y.html' is not a Markdown page",
    ),
    "workload": (
        "components: [{name: a, find: {workload: vault/vault}}]\n",
        "1: components[1]: find: workload: 'vault/vault' is not a workload (write it like StatefulSet vault/vault)",
    ),
    "application": (
        "components: [{name: a, find: {application: a/b/c}}]\n",
        "1: components[1]: find: application: 'a/b/c' is not an Application",
    ),
    "ingress": (
        "components: [{name: a, find: {ingress: a}}]\n",
        "1: components[1]: find: ingress: 'a' is not an Ingress or HTTPRoute",
    ),
    "repository": (
        "components: [{name: a, find: {repository: homelab}}]\n",
        "1: components[1]: find: repository: 'homelab' is not a Git repository",
    ),
    "unknown find": (
        "components: [{name: a, find: {aplication: a}}]\n",
        "1: components[1]: find: unknown key 'aplication' (did you",
    ),
    "live value": (
        "components: [{name: a, values: {health: Healthy}}]\n",
        "1: components[1]: values: health is read from the cluster and cannot be stated",
    ),
    "field as value": (
        "components: [{name: a, values: {purpose: x}}]\n",
        "1: components[1]: values: purpose is a field of the component",
    ),
    "key of a value": ("components: [{name: a, values: {a b: x}}]\n", "1: components[1]: values: 'a b' is not a key"),
    "url value": (
        "components: [{name: a, values: {url: 'javascript:x'}}]\n",
        "values: url: 'javascript:x' is not a URL",
    ),
    "unknown end": (
        "components: [{name: vault}]\nrelations: [{from: vault, to: vualt}]\n",
        "2: relations[1]: to: no component is called 'vualt' (did you mean 'vault'?; or add it to components)",
    ),
    "ends without a catalog": ("relations: [{from: a, to: a}]\n", "1: relations[1]: from: no component is called 'a'"),
    "no end": ("components: [{name: a}]\nrelations: [{from: a}]\n", "2: relations[1]: has no 'to'"),
    "tag on text": ("cluster: !!python/name:os.system ''\n", "1: cluster: 'tag:yaml.org,2002:python/name:os.system'"),
    "tag on a mapping": (
        "git: !evil {enabled: true}\n",
        "1: git: '!evil' is a tag (tags are not evaluated: remove it)",
    ),
    "a severity that is none": ("check: {fail_on: loud}\n", "1: check: fail_on: 'loud' is no severity"),
    "a severity of a rule": ("check: {severities: {x: loud}}\n", "1: check: severities: x: 'loud' is no severity"),
    "an ignore without a reason": ("check: {ignores: [{rule: x}]}\n", "1: check: ignores[1]: has no reason"),
    "a day that is none": (
        "check: {ignores: [{reason: x, until: 2026-13-01}]}\n",
        "1: check: ignores[1]: until: '2026-13-01' is not a day",
    ),
    "a token in place of a system's variable": (
        "systems: {vault: {token_env: 's.x'}}\n",
        "1: systems: vault: token_env:",
    ),
    "a system that is no mapping": ("systems: {vault: 7}\n", "1: systems: vault: must be a mapping"),
    "a system's option": ("systems: {minio: {bucket: [a]}}\n", "1: systems: minio: bucket: must be one word"),
    "syntax": ("a: [b\n", "2: is not YAML"),
    "two documents": ("a: b\n---\nc: d\n", "2: is not YAML"),
    "unknown alias": ("cluster: *x\n", "1: is not YAML"),
    "tab": ("git:\n\tenabled: true\n", "2: is not YAML"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_line_and_its_fix(tmp_path: Path, case: str) -> None:
    text, expected = CASES[case]
    found = problems(tmp_path, text)
    assert any(expected in line for line in found), found
    assert all(line.endswith(")") for line in found), found


def test_systems_and_their_own_options_are_read_with_their_lines(tmp_path: Path) -> None:
    text = "systems:\n  vault: {token_file: token}\n  minio:\n    proxy: true\n    bucket: velero\n"
    found = load(write(tmp_path, text)).systems
    assert found["vault"] == SystemSettings(token_file=tmp_path / "token", line=2)
    assert found["minio"] == SystemSettings(proxy=True, options={"bucket": "velero"}, line=3, lines={"bucket": 5})


def test_what_check_is_told(tmp_path: Path) -> None:
    text = (
        "check:\n  fail_on: off\n  severities: {a: off, b: note}\n  documents: [x.md]\n  ignores:\n"
        "    - {rule: a, reason: moved, until: 2026-12-31}\n"
    )
    found = load(write(tmp_path, text)).check
    assert (found.fail_on, found.severities, found.documents) == ("off", {"a": "off", "b": "note"}, ("x.md",))
    assert found.ignores == (Ignore("moved", rule="a", until="2026-12-31", line=6),)


def test_control_characters_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="control character"):
        load(write(tmp_path, "cluster: \x07\n"))


def test_deep_nesting_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(write(tmp_path, "[" * 10_000))


def test_an_alias_that_holds_itself_ends(tmp_path: Path) -> None:
    assert problems(tmp_path, "components: &a [*a]\n") == [
        "1: components[1]: must be a mapping (write 'key: value' lines below it)"
    ]


def test_a_token_in_place_of_a_variable_is_not_repeated(tmp_path: Path) -> None:
    assert "hvs.secret" not in " ".join(problems(tmp_path, "argocd: {token_env: hvs.secret}\n"))


def test_the_error_knows_path_and_line_of_the_first_problem(tmp_path: Path) -> None:
    path = write(tmp_path, "cluster: a\nx: y\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert (caught.value.path, caught.value.line) == (path, 2)


@given(st.text(max_size=200) | st.lists(st.sampled_from(re.findall(r"\S+|\s+", FULL)), max_size=60).map("".join))
def test_no_text_does_more_than_a_config_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(text, encoding="utf-8", errors="replace")
    told = ""
    try:
        load(path)
    except ConfigError as error:
        told = str(error)
    assert not told or told.startswith(f"{path}:")
