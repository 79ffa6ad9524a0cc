"""How the lists of built-in kinds are merged: the `patchMergeKey` and `patchStrategy` of their Go types."""

from __future__ import annotations

import re

MERGED: dict[str, str] = {
    r"metadata\.finalizers": "",
    r"metadata\.ownerReferences": "uid",
    r"(.*\.)?(conditions)": "type",
    r"(.*\.)?(containers|initContainers|ephemeralContainers)": "name",
    r".*[cC]ontainers\[\]\.env": "name",
    r".*[cC]ontainers\[\]\.ports": "containerPort",
    r".*[cC]ontainers\[\]\.volumeMounts": "mountPath",
    r".*[cC]ontainers\[\]\.volumeDevices": "devicePath",
    r"(.*\.)?spec\.(volumes|imagePullSecrets|resourceClaims|schedulingGates)": "name",
    r"(.*\.)?spec\.hostAliases": "ip",
    r"(.*\.)?spec\.topologySpreadConstraints": "topologyKey",
}
"""Lists by their path (an element is `[]`), with the key by which they are merged; without one where their elements
are plain values."""

BY_KIND: dict[tuple[str, str], str] = {
    ("Service", "spec.ports"): "port",
    ("Node", "status.addresses"): "type",
    ("Node", "spec.podCIDRs"): "",
    ("Pod", "status.podIPs"): "ip",
    ("Pod", "status.hostIPs"): "ip",
}

ATOMIC = re.compile(
    r".*\.(command|args|drop|add|tolerations|envFrom|matchExpressions|values|accessModes|rules|tls|paths|hosts|metrics"
    r"|taints|ingressClassName|externalIPs|loadBalancerSourceRanges|volumeClaimTemplates|items|sources|policies"
    r"|clusterIPs|ipFamilies|httpHeaders|sysctls|supplementalGroups|nameservers|searches|options|names|images"
    r"|nodeSelectorTerms|matchFields|requiredDuringSchedulingIgnoredDuringExecution"
    r"|preferredDuringSchedulingIgnoredDuringExecution|namespaces)"
)
"""Lists that are replaced whole."""

RETAIN_KEYS = re.compile(r"(.*\.)?spec\.(volumes|resourceClaims)\[\]|spec\.strategy")
"""Objects of which a patch may name the keys that stay."""


def merge_key(kind: str, path: str) -> str | None:
    """The key by which the list is merged, empty for plain values; None where it is not merged."""
    known = BY_KIND.get((kind, path))
    if known is not None:
        return known
    return next((key for pattern, key in MERGED.items() if re.fullmatch(pattern, path)), None)
