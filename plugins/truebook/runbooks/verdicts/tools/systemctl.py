"""systemctl. Verbs and flags from `systemctl --help` of systemd 252."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.ruling import Ruling, unknown
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Rule, Verb

_GLOBAL = (
    "help,h version system user host,H= machine,M= type,t= state= failed property,p= P= all,a full,l recursive,r "
    "reverse before after with-dependencies job-mode= show-transaction,T show-types value check-inhibitors= i "
    "kill-whom= kill-who= signal,s= what= now dry-run quiet,q wait no-block no-wall no-reload legend= no-legend "
    "no-pager no-ask-password global runtime force,f preset-mode= root= image= lines,n= output,o= firmware-setup "
    "boot-loader-menu= boot-loader-entry= plain timestamp= read-only mkdir marked"
)
_EFFECTS: Effects = {
    flag: ("unknown", f"--{flag} is about another machine or file system")
    for flag in ("host", "machine", "root", "image")
}


def _show(parsed: Parsed) -> Ruling | None:
    """A unit's environment and its arguments may hold credentials; single properties are asked for by name."""
    named = [
        name for value in parsed.flags.get("property", []) + parsed.flags.get("P", []) for name in value.split(",")
    ]
    if named and all(name.isalpha() and not name.startswith(("Env", "Exec", "PassEnv", "SetCred")) for name in named):
        return Ruling("read", "reads properties of units")
    return None


def _log_settings(parsed: Parsed) -> Ruling | None:
    return Ruling("write", "changes what the system manager logs") if parsed.all_operands() else None


def _no_verb(parsed: Parsed) -> Ruling | None:
    return unknown("systemctl without a unit") if not parsed.all_operands() else None


def _rows(verdict: VerdictKind, reason: str, verbs: str, rule: Rule | None = None) -> dict[str, Verb]:
    return {verb: Verb(verdict, reason, rule=rule) for verb in verbs.split()}


_VERBS: Mapping[str, Verb] = {
    **_rows(
        "read",
        "reads the state of units",
        "list-units list-automounts list-sockets list-timers is-active is-failed status list-dependencies "
        "list-unit-files is-enabled get-default list-machines list-jobs is-system-running help",
    ),
    **_rows("read", "reads a setting of the system manager", "log-level log-target service-watchdogs", _log_settings),
    **_rows("secret", "prints properties, an environment with credentials among them", "show", _show),
    **_rows("secret", "prints unit files, whose environment may hold credentials", "cat"),
    **_rows("secret", "prints the system manager's environment", "show-environment"),
    **_rows(
        "write",
        "changes what runs on this machine",
        "start stop reload restart try-restart reload-or-restart try-reload-or-restart freeze thaw",
        _no_verb,
    ),
    **_rows(
        "write",
        "changes units of this machine",
        "enable disable reenable preset mask unmask link add-wants add-requires set-default set-property reset-failed "
        "daemon-reload daemon-reexec cancel set-environment unset-environment import-environment",
    ),
    **_rows("destructive", "kills processes of a unit", "kill"),
    **_rows("destructive", "deletes what a unit has stored or was changed to", "clean revert"),
    **_rows("destructive", "stops all that the target does not hold", "isolate default rescue emergency"),
    **_rows(
        "destructive",
        "ends or halts the system",
        "halt poweroff reboot soft-reboot kexec exit switch-root suspend hibernate hybrid-sleep suspend-then-hibernate",
    ),
    **_rows("interactive", "opens an editor", "edit"),
}

SYSTEMCTL = Cli("systemctl", _VERBS, _GLOBAL, _EFFECTS)
