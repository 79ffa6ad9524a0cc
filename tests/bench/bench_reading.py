"""Reading a cluster of 100,000 objects and 5,000 Applications, against a raw paged download and decode of the same.

Each measurement is a process of its own, so that its peak memory is its own too. The baseline asks for the same pages
with the same HTTP library, decodes each with msgspec and forgets it; ours also drops, redacts, sorts and keeps, and
looks for the other systems: once in a cluster that has none of them, once where all of them run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import Row
from tests.bench.cluster import answers, serving

PODS = 78_125
"""With 10,937 deployments and as many services: 99,999 objects."""
APPLICATIONS = 5_000


def measure(rounds: int) -> list[Row]:
    """Each of the clusters. The goal is that of reading; to put components together where systems run comes on top, and
    is told without one."""
    return [
        _row("read 100,000 objects and 5,000 Applications", rounds, systems=False),
        _row("… and find the systems that run there", rounds, systems=True),
    ]


def _row(name: str, rounds: int, *, systems: bool) -> Row:
    """Baseline and ours in turn, `rounds` times, in a cluster with `systems` or without."""
    found: dict[str, list[dict[str, float]]] = {"baseline": [], "ours": []}
    with serving(PODS, APPLICATIONS, systems=systems) as url:
        for _ in range(rounds):
            for which, results in found.items():
                command = [sys.executable, "-m", "tests.bench.bench_reading", which, url]
                done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
                results.append(json.loads(done.stdout))
    ours, baseline = found["ours"], found["baseline"]
    return Row(
        name=name,
        ours=[result["seconds"] for result in ours],
        baseline=[result["seconds"] for result in baseline],
        goal=None if systems else 1.5,
        facts={
            "objects": ours[0]["objects"],
            "MB on the wire": baseline[0]["wire"],
            "MB recorded": ours[0]["recorded"],
            "peak MB": max(result["peak"] for result in ours),
            "seconds to write": sorted(result["write"] for result in ours)[len(ours) // 2],
        },
        limits={} if systems else {"peak MB": 600},
    )


def baseline(url: str) -> dict[str, float]:
    """Download every page and decode it."""
    import httpx
    import msgspec

    wire = 0
    began = time.perf_counter()
    with httpx.Client(base_url=url, trust_env=False) as client:
        for path in (path for path in answers(1, 1) if path.count("/") > 2):
            token = ""
            while True:
                body = client.get(path, params={"limit": "500", "continue": token}).content
                wire += len(body)
                token = msgspec.json.decode(body)["metadata"].get("continue", "")
                if not token:
                    break
    return {"seconds": time.perf_counter() - began, "wire": wire / 1e6}


def ours(url: str) -> dict[str, float]:
    """Read it as truebook does, then write the recording."""
    from truebook.recording import save
    from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings
    from truebook.state.collect import collect

    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "config"
        config = {
            "clusters": [{"name": "large", "cluster": {"server": url}}],
            "contexts": [{"name": "large", "context": {"cluster": "large", "user": ""}}],
            "current-context": "large",
        }
        kubeconfig.write_text(json.dumps(config))
        os.environ["KUBECONFIG"] = str(kubeconfig)
        settings = Settings(
            kubernetes=KubernetesSettings(timeout=600),
            argocd=ArgoCDSettings(enabled=False),
            git=GitSettings(enabled=False),
        )
        began = time.perf_counter()
        recording = collect(settings)
        seconds = time.perf_counter() - began
        part = recording.parts["kubernetes"]
        assert part.state == "fresh", part.reason
        began = time.perf_counter()
        save(recording, Path(folder) / "recording.json")
        write = time.perf_counter() - began
        recorded = (Path(folder) / "recording.json").stat().st_size / 1e6
    objects = sum(read.count for read in part.reads)
    return {"seconds": seconds, "objects": objects, "recorded": recorded, "write": write}


def main() -> None:
    """Run one of the two against a URL and print what it took, as JSON."""
    found = {"baseline": baseline, "ours": ours}[sys.argv[1]](sys.argv[2])
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found.setdefault("wire", 0.0)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
