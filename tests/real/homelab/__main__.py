"""`scripts/homelab`: bring up the homelab, record it, and on demand leave it running."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from tests.real.homelab.running import ROOT, Homelab, shell
from tests.real.servers.binaries import Unavailable
from tests.real.servers.process import NotReady

EMBEDDED = ROOT / "plugins" / "truebook" / "embedded" / "homelab.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/homelab", description="Bring up the embedded homelab and record it.")
    parser.add_argument("--output", type=Path, default=EMBEDDED, metavar="FILE", help="where the recording goes")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C, and say how to use it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()

    def say(step: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {step}", file=sys.stderr, flush=True)

    try:
        with Homelab(say=say) as homelab:
            homelab.deploy()
            homelab.record(options.output.resolve())
            say(f"done: {options.output}")
            if options.keep:
                print(shell({**homelab.environment, **homelab.argocd.client_environment(homelab.argocd.docs_token)}))
                print(f"# the administrator's: export KUBECONFIG={homelab.cluster.kubeconfig}")
                print(f"# ArgoCD: {homelab.argocd.url}, its token: {homelab.argocd.admin_token}")
                sys.stdout.flush()
                signal.pause()
    except KeyboardInterrupt:
        return 130
    except (NotReady, RuntimeError, Unavailable) as error:
        print(f"scripts/homelab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
