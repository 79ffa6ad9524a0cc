"""What the other systems told, cut down to what is used of it: one small dataclass for each kind of thing.

Each has the `place` it was read from, so that whatever is made of it can say its object and field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from truebook.inventory import look
from truebook.inventory.look import Step
from truebook.inventory.objects import Ref, Thing
from truebook.model import Evidence, Scalar, Value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands: an object or a URL, and the path to the thing within it."""

    source: str
    object: str
    path: tuple[Step, ...] = ()

    def evidence(self, *path: Step) -> Evidence:
        """A field of the thing."""
        return Evidence(self.source, self.object, look.field(*self.path, *path))

    def value(self, value: Scalar | tuple[str, ...], *path: Step) -> Value:
        """A field's value with its evidence."""
        return Value(value, self.evidence(*path))

    def at(self, *path: Step) -> Place:
        """The place of something within the thing."""
        return Place(self.source, self.object, (*self.path, *path))

    @property
    def whole(self) -> Place:
        """The object or answer that it stands in."""
        return Place(self.source, self.object)


def place_of(thing: Thing) -> Place:
    """The place of a Kubernetes object."""
    return Place(thing.source, str(thing.ref))


@dataclass(frozen=True, slots=True)
class Target:
    """What Prometheus scrapes. `health` is up, down or unknown."""

    place: Place
    labels: Mapping[str, str]
    pool: str
    url: str
    health: str
    error: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as Alertmanager or Prometheus has it. `state` is firing, pending or silenced; `labels_path` leads to
    its labels, `silenced_by` holds the ids of silences."""

    place: Place
    labels: Mapping[str, str]
    state: str
    state_path: tuple[Step, ...]
    annotations: Mapping[str, str]
    since: str
    since_path: tuple[Step, ...]
    silenced_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The alert's name."""
        return self.labels.get("alertname", "")


@dataclass(frozen=True, slots=True)
class Rule:
    """An alerting rule, as Prometheus says it or as a PrometheusRule declares it (then `state` is empty).

    `expr_key` is what its expression is called there; `namespace` that of the object, empty where Prometheus said it.
    """

    place: Place
    name: str
    group: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    expr: str
    expr_key: str
    namespace: str = ""
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence of Alertmanager; `matchers` as its users write them: `alertname="TargetDown"`."""

    place: Place
    id: str
    state: str
    comment: str
    created_by: str
    ends_at: str
    matchers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Monitor:
    """A ServiceMonitor: which Services Prometheus is to scrape. `namespaces` is None for all."""

    place: Place
    namespaces: tuple[str, ...] | None
    labels: Mapping[str, str]
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class DataSource:
    """A data source of Grafana. `namespace` is that of the ConfigMap, empty where Grafana's API said it."""

    place: Place
    name: str
    kind: str
    url: str
    uid: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard of Grafana. `config` is the ConfigMap that holds it, None where Grafana's API said it; `path` is
    below Grafana's own address and empty where only its uid is known."""

    place: Place
    uid: str
    title: str
    path: str
    tags: tuple[str, ...]
    folder: str = ""
    config: Ref | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """An application's own settings for signing in by OIDC.

    The application is the `system` of that name, the workload, or the Grafana of the namespace. `url` is the issuer
    or an endpoint of the provider, read at `place`; `issuer` only what the application itself calls so.
    `redirects` are where it says that it is to be come back to.
    """

    place: Place
    url: str
    issuer: str = ""
    client_id: str = ""
    client_path: tuple[Step, ...] = ()
    system: str = ""
    namespace: str = ""
    workload: Ref | None = None
    redirects: tuple[tuple[str, Place], ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """An OAuth2 provider of Authentik with the application that it is for. `redirects` are (URL, path to it);
    `launch` is where the application itself is opened, `slug_place` where its slug was read."""

    place: Place
    name: str
    client_id: str
    issuer_mode: str
    slug: str
    application: str
    redirects: tuple[tuple[str, tuple[Step, ...]], ...]
    launch: str = ""
    launch_place: Place | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What an issuer's discovery document and its keys say. `keys` is None where they were not read."""

    place: Place
    asked: str
    status: int
    issuer: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    keys: int | None = None
    keys_place: Place | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A BackupStorageLocation of Velero."""

    place: Place
    ref: Ref
    provider: str
    bucket: str
    url: str
    phase: str
    validated: str
    message: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A Schedule of Velero. Empty `included` means all namespaces; `narrowed` are the fields by which it takes only
    some of what is in them."""

    place: Place
    ref: Ref
    cron: str
    paused: bool
    included: tuple[str, ...]
    excluded: tuple[str, ...]
    storage: str
    phase: str
    narrowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backup:
    """A Backup of Velero. `started` and `completed` are RFC 3339 or empty; `restores` are the Restores of it that are
    complete."""

    place: Place
    ref: Ref
    schedule: str
    phase: str
    started: str
    completed: str
    errors: int
    warnings: int
    storage: str
    restores: tuple[Place, ...] = ()

    @property
    def at(self) -> str:
        """When it was done, else when it began."""
        return self.completed or self.started

    @property
    def at_field(self) -> str:
        """The field of `status` that says so."""
        return "completionTimestamp" if self.completed else "startTimestamp"


@dataclass(frozen=True, slots=True)
class SecretUse:
    """Somebody gets a secret out of Vault: an ExternalSecret, a VaultStaticSecret, or the agent in a pod.

    `via` says which, for people. `server` is Vault's address with where that was read, empty where the object leaves
    it to defaults. `mount` is the engine's, empty where the paths hold it. `paths` are (path, path to it within
    `place`). `secret` is the Kubernetes Secret that it becomes, `workloads` those that the object itself names.
    """

    place: Place
    owner: Thing
    via: str
    server: str
    mount: str
    paths: tuple[tuple[str, tuple[Step, ...]], ...]
    secret: str = ""
    secret_path: tuple[Step, ...] = ()
    workloads: tuple[tuple[Ref, tuple[Step, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A sync window of an ArgoCD project."""

    place: Place
    project: str
    kind: str
    schedule: str
    duration: str
    applications: tuple[str, ...]
    namespaces: tuple[str, ...]
    zone: str


@dataclass(slots=True)
class Told:
    """All of it.

    `mounts` are Vault's engines, `mount/` → (type, version). `alertmanagers` are the addresses that Prometheus sends
    alerts to, `alerts_were_read` who was asked for alerts. `addresses` are the Services behind IP addresses that
    other systems named. `states` and `versions` are what each system says of itself, `urls` where it was read;
    `bucket` is the one that was asked for at MinIO. `certificates` maps an address to the end of its certificate.
    """

    targets: list[Target] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    alerts_were_read: Evidence | None = None
    alerts: list[Alert] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    monitors: list[Monitor] = field(default_factory=list)
    alertmanagers: list[Value] = field(default_factory=list)
    datasources: list[DataSource] = field(default_factory=list)
    dashboards: list[Dashboard] = field(default_factory=list)
    sign_ins: list[SignIn] = field(default_factory=list)
    providers: list[Provider] = field(default_factory=list)
    discoveries: dict[str, Discovery] = field(default_factory=dict)
    locations: list[Location] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    backups: list[Backup] = field(default_factory=list)
    secret_uses: list[SecretUse] = field(default_factory=list)
    mounts: dict[str, tuple[str, str]] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)
    addresses: dict[str, tuple[str, str]] = field(default_factory=dict)
    states: dict[str, Value] = field(default_factory=dict)
    versions: dict[str, Value] = field(default_factory=dict)
    bucket: Value | None = None
    urls: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, tuple[Place, str]] = field(default_factory=dict)
