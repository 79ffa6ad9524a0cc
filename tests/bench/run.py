"""Find the benchmarks, run them, print a table and, where asked, JSON. Exit code 1 where a goal is missed."""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import Row

FOLDER = Path(__file__).parent


def main() -> int:
    """The command line of `scripts/bench`."""
    names = sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Speed and size, as ratios within one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which benchmarks: {', '.join(names)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers as JSON")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    console = Console(stderr=True)
    rows: list[Row] = []
    for name in options.names or names:
        console.print(f"measuring {name}, {options.rounds} rounds …")
        rows += importlib.import_module(f"tests.bench.bench_{name}").measure(options.rounds)
    # A log has no width of its own.
    Console(width=None if sys.stdout.isatty() else 160).print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([as_json(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def table(rows: list[Row]) -> Table:
    """The rows for people."""
    found = Table(title="truebook benchmarks (medians)")
    for column in ("benchmark", "ours", "baseline", "ratio", "goal", "reached", "further"):
        found.add_column(column, justify="left" if column in ("benchmark", "further") else "right")
    for row in rows:
        facts = ", ".join(
            f"{name} {value:,.4g}" + (f" (≤ {row.limits[name]:g})" if name in row.limits else "")
            for name, value in row.facts.items()
        )
        found.add_row(
            row.name,
            f"{statistics.median(row.ours):.3f} s",
            f"{statistics.median(row.baseline):.3f} s",
            f"{row.ratio:.2f}",
            "" if row.goal is None else f"≤ {row.goal:g}",
            "yes" if row.reached else "NO",
            facts,
        )
    return found


def as_json(row: Row) -> dict[str, object]:
    """One row for machines; seconds of every round."""
    return {
        "name": row.name,
        "ours": list(row.ours),
        "baseline": list(row.baseline),
        "ratio": row.ratio,
        "goal": row.goal,
        "facts": dict(row.facts),
        "limits": dict(row.limits),
        "reached": row.reached,
    }


if __name__ == "__main__":
    sys.exit(main())
