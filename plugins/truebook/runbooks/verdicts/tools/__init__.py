"""The tools whose effects are known, by the name they are run by. A tool that is not here is never run."""

from __future__ import annotations

from truebook.runbooks.verdicts.ruling import Tool
from truebook.runbooks.verdicts.tools import kubectl

TOOLS: dict[str, Tool] = {
    "kubectl": kubectl.KUBECTL,
    "oc": kubectl.OC,
}
