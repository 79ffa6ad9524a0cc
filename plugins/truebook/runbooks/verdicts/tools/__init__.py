"""The tools whose effects are known, by the name they are run by. A tool that is not here is never run."""

from __future__ import annotations

from truebook.runbooks.verdicts.ruling import Tool
from truebook.runbooks.verdicts.tools import (
    argocd,
    curl,
    docker,
    git,
    helm,
    jq,
    kubectl,
    mc,
    oc,
    openssl,
    systemctl,
    text,
    unix,
    vault,
    velero,
    wrappers,
)

TOOLS: dict[str, Tool] = {
    "kubectl": kubectl.KUBECTL,
    "oc": oc.OC,
    "argocd": argocd.ARGOCD,
    "vault": vault.VAULT,
    "bao": vault.BAO,
    "velero": velero.VELERO,
    "helm": helm.HELM,
    "mc": mc.MC,
    "git": git.GIT,
    "curl": curl.CURL,
    "wget": curl.WGET,
    "openssl": openssl.OPENSSL,
    "jq": jq.JQ,
    "yq": jq.YQ,
    "grep": text.GREP,
    "egrep": text.GREP,
    "fgrep": text.GREP,
    "sed": text.SED,
    "awk": text.AWK,
    "gawk": text.AWK,
    "systemctl": systemctl.SYSTEMCTL,
    "docker": docker.DOCKER,
    "podman": docker.PODMAN,
    "crictl": docker.CRICTL,
    **wrappers.WRAPPERS,
    **unix.PROGRAMS,
}
