"""Vault and OpenBao. Flags have one dash, as Go's flag package reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Rule, Verb

_GLOBAL = (
    "namespace,ns= format= non-interactive? detailed? output-curl-string output-policy help,h "
    "address= agent-address= ca-cert= ca-path= client-cert= client-key= tls-server-name= tls-skip-verify header= mfa= "
    "unlock-key= policy-override? wrap-ttl= disable-redirects log-level="
)
_EFFECTS: Effects = {
    **{
        flag: ("unknown", f"-{flag} brings credentials or an address of its own")
        for flag in (
            "address", "agent-address", "ca-cert", "ca-path", "client-cert", "client-key", "tls-server-name",
            "tls-skip-verify", "header", "mfa", "unlock-key",
        )
    },
}  # fmt: skip

# A GET is not always a read: an engine's `creds` path makes new credentials. Only these are known to print none.
_PLAIN_READ = re.compile(
    r"/?(?:sys/(?:health|seal-status|leader|ha-status|host-info|mounts|auth|audit|policy|policies|license/status|"
    r"version-history|replication/status|storage/raft/configuration|storage/raft/autopilot/state|"
    r"policy/[\w-]+|policies/(?:acl|rgp|egp)/[\w-]+|mounts/[\w/-]+/tune|internal/ui/mounts/[\w/-]+)|"
    r"auth/kubernetes/(?:config|role/[\w-]+)|[\w-]+/(?:roles|metadata)/[\w/-]+)"
)
_MINTS = re.compile(
    r"(?:^|/)(?:login|creds|issue|sign|token|secret-id|generate|decrypt|datakey|otp|unwrap|keys|export)(?:/|$)"
)


def _read(parsed: Parsed) -> Ruling | None:
    path = parsed.all_operands()[0] if parsed.all_operands() else ""
    if _PLAIN_READ.fullmatch(path):
        return Ruling("read", "reads settings")
    return None


def _write(parsed: Parsed) -> Ruling | None:
    path = parsed.all_operands()[0] if parsed.all_operands() else ""
    if _MINTS.search(path):
        return Ruling("secret", "makes credentials or plain text and prints them")
    return None


def _unseal(parsed: Parsed) -> Ruling | None:
    if parsed.on("reset") or parsed.on("migrate") or parsed.all_operands():
        return None
    return Ruling("interactive", "asks for a key")


def _row(
    verdict: VerdictKind, reason: str, flags: str = "", rule: Rule | None = None, effects: Effects | None = None
) -> Verb:
    return Verb(verdict, reason, flags, effects or {}, rule)


_FOREVER = "runs until it is stopped"
_VERBS: Mapping[str, Verb] = {
    "status": _row("read", "reads the seal's state"),
    "version": _row("read", "reads versions"),
    "path-help": _row("read", "prints help"),
    "list": _row("read", "lists names"),
    "read": _row("secret", "prints what is stored there, or makes credentials", "field= raw", _read),
    "write": _row("write", "writes data", "field= force,f", _write),
    "patch": _row("write", "patches data", "field= force,f method="),
    "delete": _row("destructive", "deletes data"),
    "unwrap": _row("secret", "prints what was wrapped", "field="),
    "login": _row("secret", "makes a token and prints it", "field= method= no-print no-store path= token-only"),
    "kv get": _row("secret", "prints a secret", "field= mount= version="),
    "kv list": _row("read", "lists names", "mount="),
    "kv put": _row("write", "writes a secret", "field= mount= cas="),
    "kv patch": _row("write", "changes a secret", "field= mount= cas= method= options= remove-data="),
    "kv delete": _row("destructive", "deletes a secret", "mount= versions="),
    "kv destroy": _row("destructive", "destroys a secret for good", "mount= versions="),
    "kv undelete": _row("write", "brings a secret back", "mount= versions="),
    "kv rollback": _row("write", "brings an older secret back", "mount= version="),
    "kv enable-versioning": _row("write", "changes a mount"),
    "kv metadata get": _row("read", "reads metadata", "field= mount="),
    "kv metadata put": _row(
        "write", "writes metadata", "mount= cas-required? custom-metadata= delete-version-after= max-versions="
    ),
    "kv metadata patch": _row(
        "write", "changes metadata", "mount= cas-required? custom-metadata= delete-version-after= max-versions= "
            "remove-custom-metadata="
    ),
    "kv metadata delete": _row("destructive", "deletes a secret and its metadata", "mount="),
    "secrets list": _row("read", "lists mounts"),
    "secrets enable": _row(
        "write", "mounts an engine",
        "path= description= version= default-lease-ttl= max-lease-ttl= options= plugin-version= local seal-wrap "
        "force-no-cache audit-non-hmac-request-keys= listing-visibility=",
    ),
    "secrets tune": _row("write", "changes a mount", "description= default-lease-ttl= max-lease-ttl= version= "
        "options="),
    "secrets disable": _row("destructive", "removes a mount and its data"),
    "secrets move": _row("destructive", "moves a mount"),
    "auth list": _row("read", "lists auth methods"),
    "auth enable": _row("write", "enables an auth method", "path= description= plugin-name= default-lease-ttl= "
        "max-lease-ttl= local"),
    "auth tune": _row("write", "changes an auth method", "description= default-lease-ttl= max-lease-ttl="),
    "auth disable": _row("destructive", "disables an auth method"),
    "auth help": _row("read", "prints help"),
    "policy list": _row("read", "lists policies"),
    "policy read": _row("read", "reads a policy"),
    "policy write": _row("write", "writes a policy"),
    "policy delete": _row("destructive", "deletes a policy"),
    "policy fmt": _row("local", "writes a file"),
    "audit list": _row("read", "lists audit devices"),
    "audit enable": _row("write", "enables an audit device", "path= description= local"),
    "audit disable": _row("destructive", "disables an audit device"),
    "token lookup": _row("secret", "prints a token", "accessor"),
    "token capabilities": _row("read", "asks for a permission", "accessor"),
    "token create": _row(
        "secret", "makes a token and prints it",
        "field= policy= ttl= period= role= orphan display-name= id= metadata= no-default-policy renewable? "
        "explicit-max-ttl= "
        "type= use-limit= entity-alias=",
    ),
    "token renew": _row("secret", "renews a token and prints it", "increment,i= accessor"),
    "token revoke": _row("destructive", "revokes a token", "accessor mode= self"),
    "lease lookup": _row("read", "reads a lease"),
    "lease renew": _row("write", "renews a lease", "increment="),
    "lease revoke": _row("destructive", "revokes a lease", "force,f prefix sync"),
    "operator init": _row(
        "secret", "makes the root token and the keys and prints them",
        "status key-shares,n= key-threshold,t= pgp-keys= recovery-shares= recovery-threshold= root-token-pgp-key=",
        lambda parsed: Ruling("read", "asks whether it is initialised") if parsed.on("status") else None,
    ),
    "operator unseal": _row("write", "unseals", "reset migrate", _unseal),
    "operator seal": _row("destructive", "seals: nothing can be read any more"),
    "operator step-down": _row("write", "gives up leadership"),
    "operator rekey": _row("secret", "makes new keys", "init cancel status nonce= target= key-shares,n= "
        "key-threshold,t= verify"),
    "operator rotate": _row("write", "rotates the encryption key"),
    "operator generate-root": _row("secret", "makes a root token", "init cancel status nonce= otp= decode= "
        "generate-otp dr-token"),
    "operator key-status": _row("read", "reads the key's state"),
    "operator members": _row("read", "lists nodes"),
    "operator usage": _row("read", "reads usage", "start-time= end-time="),
    "operator raft list-peers": _row("read", "lists peers"),
    "operator raft autopilot state": _row("read", "reads state"),
    "operator raft autopilot get-config": _row("read", "reads settings"),
    "operator raft join": _row("write", "joins a cluster", "retry leader-ca-cert="),
    "operator raft remove-peer": _row("destructive", "removes a peer"),
    "operator raft snapshot save": _row("secret", "writes all data to a file"),
    "operator raft snapshot inspect": _row("read", "reads a snapshot"),
    "operator raft snapshot restore": _row("destructive", "replaces all data", "force"),
    "plugin list": _row("read", "lists plugins"),
    "plugin info": _row("read", "reads about a plugin", "version="),
    "namespace list": _row("read", "lists namespaces"),
    "namespace lookup": _row("read", "reads a namespace"),
    "namespace create": _row("write", "creates a namespace", "custom-metadata="),
    "namespace delete": _row("destructive", "deletes a namespace"),
    "print token": _row("secret", "prints a token"),
    "monitor": _row("interactive", "follows the log, and never ends", "log-level= log-format="),
    "events subscribe": _row("interactive", "follows events, and never ends", "filter= namespaces= timeout="),
    "server": _row("interactive", _FOREVER, "config= dev dev-root-token-id= dev-listen-address="),
    "agent": _row("interactive", _FOREVER, "config="),
    "proxy": _row("interactive", _FOREVER, "config="),
    "ssh": _row("interactive", "opens a shell on another machine", "role= mode= mount-point="),
    "debug": _row("local", "writes files", "duration= interval= output= compress? target= metrics-interval="),
}  # fmt: skip

VAULT = Cli("vault", _VERBS, _GLOBAL, _EFFECTS, go=True)
BAO = Cli("bao", _VERBS, _GLOBAL, _EFFECTS, go=True)
