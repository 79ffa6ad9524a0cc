"""The dataclasses of `truebook.yml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """How the cluster is read. `timeout` in seconds is for the whole source."""

    enabled: bool = True
    context: str | None = None
    resources: tuple[str, ...] = ()
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class ArgoCDSettings:
    """How ArgoCD's REST API is read; without `url` its Application objects are used instead."""

    enabled: bool = True
    url: str | None = None
    token_env: str = "ARGOCD_AUTH_TOKEN"  # noqa: S105 - the variable's name
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class GitSettings:
    """How repositories are asked for their branch heads. `timeout` in seconds is per repository."""

    enabled: bool = True
    timeout: float = 20.0


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """How a system that answers plain HTTP is read (`systems.vault`, `systems.prometheus` …).

    Without `url` it is found by the inventory: the component named here, else the one that runs its program. `proxy`
    lets it be reached through the API server's service proxy where it has no address of its own. `token_env` and
    `token_file` hold its credential; without either, the source's own variable is looked at. `options` are the
    source's further words, such as MinIO's `bucket`; which there are, the source says. `line` is that of its name,
    `lines` those of its options.
    """

    enabled: bool = True
    url: str | None = None
    component: str | None = None
    proxy: bool = False
    token_env: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 30.0
    options: dict[str, str] = field(default_factory=dict)
    line: int = 0
    lines: dict[str, int] = field(default_factory=dict)

    def listed(self, option: str) -> tuple[str, ...]:
        """The words of an option that is a list, parted by commas."""
        return tuple(word.strip() for word in self.options.get(option, "").split(",") if word.strip())


@dataclass(frozen=True, slots=True)
class RunbookSettings:
    """What happens to the shell blocks of pages.

    `policy`: `run` tests them, `list` judges them and runs nothing, `off` leaves them alone. `timeout` in seconds is
    that of a block that says none. `aliases` map a word to the command that it stands for. `values` fill placeholders.
    `environment` names the variables that may fill placeholders too. `require_policy`: a run can't tell (exit code 2)
    where the cluster does not itself deny truebook's account every write that is not a dry run
    (deploy/dry-run/policy.yaml).
    """

    enabled: bool = True
    policy: Literal["run", "list", "off"] = "run"
    timeout: float = 30.0
    aliases: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    require_policy: bool = False


@dataclass(frozen=True, slots=True)
class Ignore:
    """Findings that are to be left alone: those whose rule, page and subject match these globs. `until` is the last
    day (`YYYY-MM-DD`, empty: no end); after it the ignore is itself a finding. `line` is where it stands."""

    reason: str
    rule: str = "*"
    page: str = "*"
    subject: str = "*"
    until: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What `truebook check` looks for, and what makes it fail.

    `fail_on` is the least severity that does. `severities` are those of single rules. `documents` names globs of pages
    whose hand-written tables and diagrams are compared as well. `site_url` is where the built site is, for links that
    lead to it from the cluster. `history` is the file of the last builds' numbers, below the settings' folder. `lines`
    says where each of these stands.
    """

    fail_on: Literal["error", "warning", "note", "off"] = "warning"
    severities: dict[str, str] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()
    documents: tuple[str, ...] = ()
    site_url: str | None = None
    history: Path | None = None
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Find:
    """Where the catalog says a component is; a component may have several.

    `application`: `name` or `namespace/name`. `workload`: `Kind namespace/name`. `ingress`: `namespace/name` of an
    Ingress or HTTPRoute. `repository`: the URL of a Git repository; the component is then that repository.
    """

    application: str | None = None
    workload: str | None = None
    ingress: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogComponent:
    """A component as the author wrote it. `line` is where, for evidence; unset fields are discovered.

    `lines` says where each part stands: `title`, `find.application`, `values.storage`.
    """

    name: str
    line: int
    title: str | None = None
    group: str | None = None
    purpose: str | None = None
    page: str | None = None
    find: Find = field(default_factory=Find)
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogRelation:
    """An arrow as the author wrote it."""

    source: str
    target: str
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """`truebook.yml`, typed. `path` is the file (None where there is none); times are in seconds."""

    path: Path | None = None
    cluster: str | None = None
    stale_after: float = 86400.0
    domains: tuple[str, ...] = ()
    kubernetes: KubernetesSettings = KubernetesSettings()
    argocd: ArgoCDSettings = ArgoCDSettings()
    git: GitSettings = GitSettings()
    systems: dict[str, SystemSettings] = field(default_factory=dict)
    runbooks: RunbookSettings = field(default_factory=RunbookSettings)
    check: CheckSettings = field(default_factory=CheckSettings)
    groups: tuple[str, ...] = ()
    components: tuple[CatalogComponent, ...] = ()
    relations: tuple[CatalogRelation, ...] = ()
