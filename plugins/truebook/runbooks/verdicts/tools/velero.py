"""Velero. Several of its reads write: they create a request object and wait for the server to answer it."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Verb

_GLOBAL = (
    "namespace,n= kubecontext= kubeconfig= colorized? features= help,h add_dir_header alsologtostderr "
    "log_backtrace_at= "
    "log_dir= log_file= logtostderr skip_headers stderrthreshold= v= vmodule="
)
_EFFECTS: Effects = {
    "kubeconfig": ("unknown", "--kubeconfig brings credentials or an address of its own"),
    "log_dir": ("local", "writes files"),
    "log_file": ("local", "writes a file"),
}
_LIST = "output,o= selector,l= show-labels label-columns="
_REQUEST = "creates a DownloadRequest to read from the object store"
_SCOPE = (
    "include-namespaces= exclude-namespaces= include-resources= exclude-resources= labels= selector,l= or-selector= "
    "wait,w "
    "output,o= label-columns= show-labels include-cluster-resources? annotations= "
)
_BACKUP = (
    f"{_SCOPE} ttl= storage-location= volume-snapshot-locations= snapshot-volumes? default-volumes-to-fs-backup? "
    "default-volumes-to-restic? from-schedule= ordered-resources= csi-snapshot-timeout= item-operation-timeout= "
    "snapshot-move-data? data-mover= resource-policies-configmap= force parallel-files-upload= "
    "include-cluster-scoped-resources= exclude-cluster-scoped-resources= include-namespace-scoped-resources= "
    "exclude-namespace-scoped-resources="
)
_RESTORE = (
    f"{_SCOPE} from-backup= from-schedule= namespace-mappings= restore-volumes? preserve-nodeports? "
    "existing-resource-policy= status-include-resources= status-exclude-resources= allow-partially-failed? "
    "item-operation-timeout= resource-modifier-configmap= write-sparse-files? parallel-files-download="
)
_DELETE = "all confirm selector,l= wait"


def _version(parsed: Parsed) -> Ruling | None:
    return Ruling("read", "prints the client's version") if parsed.on("client-only") else None


def _download(follow: str) -> Verb:
    return Verb(
        "write", _REQUEST, f"details insecure-skip-tls-verify cacert= timeout= output,o= selector,l= force {follow}"
    )


def _noun(noun: str, create: str) -> dict[str, Verb]:
    """The verbs that every noun has; `velero get backups` is `velero backup get`."""
    plural = f"{noun}s"
    rows = {
        "get": Verb("read", "reads objects", _LIST),
        "create": Verb("write", f"creates a {noun}", create),
        "delete": Verb("destructive", f"deletes a {noun} and what it stores", _DELETE),
    }
    turned = {f"{verb} {word}": row for verb, row in rows.items() for word in (noun, plural)}
    return {f"{noun} {verb}": row for verb, row in rows.items()} | turned


_LOCATION = (
    "provider= bucket= prefix= config= credential= default access-mode= cacert= backup-sync-period= "
    "validation-frequency= "
    "labels= output,o="
)
_VERBS: Mapping[str, Verb] = {
    **_noun("backup", _BACKUP),
    **_noun("restore", _RESTORE),
    **_noun("schedule", f"{_BACKUP} schedule= use-owner-references-in-backup? paused skip-immediately?"),
    **_noun("backup-location", _LOCATION),
    **_noun("snapshot-location", _LOCATION),
    "backup-location set": Verb("write", "changes a storage location", _LOCATION),
    "snapshot-location set": Verb("write", "changes a storage location", _LOCATION),
    "repo get": Verb("read", "reads objects", _LIST),
    "get repo": Verb("read", "reads objects", _LIST),
    "schedule pause": Verb("write", "pauses a schedule", "all selector,l= skip-immediately?"),
    "schedule unpause": Verb("write", "resumes a schedule", "all selector,l= skip-immediately?"),
    "schedule describe": Verb("read", "describes objects", "selector,l="),
    "describe schedule": Verb("read", "describes objects", "selector,l="),
    "describe schedules": Verb("read", "describes objects", "selector,l="),
    **{
        f"{first} {second}": _download("")
        for noun in ("backup", "restore")
        for first, second in (
            (noun, "describe"), ("describe", noun), ("describe", f"{noun}s"), (noun, "logs"), ("logs", noun)
        )
    },
    "backup download": Verb("write", _REQUEST, "output,o= force timeout= insecure-skip-tls-verify cacert="),
    "version": Verb("write", "creates a ServerStatusRequest", "client-only timeout=", rule=_version),
    "plugin get": Verb("write", "creates a ServerStatusRequest", "output,o= timeout="),
    "plugin add": Verb("write", "changes the server's Deployment", "image-pull-policy="),
    "plugin remove": Verb("write", "changes the server's Deployment"),
    "client config get": Verb("read", "reads the client's settings"),
    "client config set": Verb("local", "writes the client's settings"),
    "debug": Verb("write", "collects logs through request objects", "backup= restore= output= verbose"),
    "completion": Verb("read", "prints a completion script"),
    "uninstall": Verb("destructive", "removes Velero", "force wait"),
    "install": Verb(
        "write", "installs Velero",
        "provider= plugins= bucket= prefix= secret-file= no-secret backup-location-config= snapshot-location-config= "
        "use-node-agent use-volume-snapshots? default-volumes-to-fs-backup wait image= dry-run output,o= crds-only "
        "no-default-backup-location pod-annotations= sa-annotations= cacert= uploader-type= velero-pod-cpu-limit= "
        "velero-pod-mem-limit= velero-pod-cpu-request= velero-pod-mem-request= privileged-node-agent",
    ),
}  # fmt: skip
_ALIASES = {"bsl": "backup-location", "vsl": "snapshot-location"}

VELERO = Cli("velero", _VERBS, _GLOBAL, _EFFECTS, _ALIASES)
