"""The kubeconfig for the users of a replay."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

NAME = "replay"


def write(url: str, directory: Path) -> Path:
    """Write `kubeconfig` into the folder, for its owner only and all at once; gives its path."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": url}}],
        "users": [{"name": NAME, "user": {}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    }
    path = directory / "kubeconfig"
    # mkstemp's files are their owner's only.
    handle, name = tempfile.mkstemp(prefix=".kubeconfig.", dir=directory)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)  # JSON is YAML
        file.write("\n")
    Path(name).replace(path)
    return path


def environment(url: str, directory: Path) -> Mapping[str, str]:
    """The variables for kubectl. Its discovery cache is keyed by the address, which another replay may have
    had before: this one's is its own."""
    return {"KUBECONFIG": str(write(url, directory)), "KUBECACHEDIR": str(directory / "kubectl-cache")}
