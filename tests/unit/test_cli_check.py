"""`truebook check`, `update` and `merge`: exit codes, formats, what is written, and what a built site shows."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.checking import CATALOG, REGION, page, repository, run, updated
from truebook.cli import main
from truebook.cli_check import shard_of_job
from truebook.errors import ConfigError
from truebook.pipeline import EMBEDDED

__all__ = ["repository"]  # a fixture for every test

SANDBOXED = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("kubectl") is None, reason="needs bubblewrap and kubectl"
)


def test_an_update_is_written_once_and_checked_clean() -> None:
    path = page(f"# Page\n\n{REGION}")
    assert run("update", "--check", "docs").exit_code == 1
    assert path.read_text() == f"# Page\n\n{REGION}"
    done = run("update", "docs")
    assert (done.exit_code, "docs/page.md: written" in done.stderr) == (0, True)
    text = path.read_text()
    assert "| Vault | Secrets management | [vault.homelab.local](https://vault.homelab.local) |" in text
    again = run("update", "docs")
    assert (again.exit_code, "nothing to change" in again.stderr, path.read_text()) == (0, True, text)
    checked = run("check", "docs")
    assert checked.exit_code == 0, checked.output
    assert "Documentation and cluster agree." in checked.stdout or "none of which counts" in checked.stdout


def test_drift_is_1_with_path_and_line() -> None:
    path = updated()
    path.write_text(path.read_text().replace("https://vault.homelab.local", "https://v.homelab.local"))
    found = run("check", "docs")
    assert found.exit_code == 1
    assert "docs/page.md:6: warning: " in found.stdout
    assert run("check", "docs", "--fail-on", "error").exit_code == 0
    assert run("check", "docs", "--fail-on", "off").exit_code == 0


def test_the_diff_is_what_an_update_would_change() -> None:
    path = updated()
    before = path.read_text()
    path.write_text(before.replace("Secrets management", "Passwords"))
    found = run("check", "--diff", "docs")
    assert "-| Vault | Passwords |" in found.stderr
    assert "+| Vault | Secrets management |" in found.stderr
    assert run("update", "docs").exit_code == 0
    assert path.read_text() == before


def test_nothing_to_compare_is_2_and_never_0() -> None:
    page("# Nothing\n")
    found = run("check", "docs")
    assert (found.exit_code, "nothing was compared." in found.stdout) == (2, True)


def test_a_source_that_is_down_is_2(folder: Path) -> None:
    updated()
    recording = json.loads(EMBEDDED.read_text())
    recording["parts"]["argocd"] |= {"state": "stale", "reason": "argocd: connection refused"}
    (folder / "stale.json").write_text(json.dumps(recording))
    found = CliRunner().invoke(main, ["check", "docs", "--recording", "stale.json"])
    assert found.exit_code == 2, found.output
    assert "could not be told: argocd is stale: connection refused" in found.stdout
    done = CliRunner().invoke(main, ["update", "docs", "--recording", "stale.json"])
    assert done.exit_code == 2


def test_several_formats_at_once() -> None:
    updated()
    files = ["out/r.json", "r.sarif", "r.xml", "r.md", "r.txt"]
    found = run("check", "docs", *(word for name in files for word in ("--output", name)))
    assert found.exit_code == 0, found.output
    assert found.stdout == ""
    assert json.loads(Path("out/r.json").read_text())["schema"] == 1
    assert json.loads(Path("r.sarif").read_text())["version"] == "2.1.0"
    assert ET.parse("r.xml").getroot().tag == "testsuites"
    assert Path("r.md").read_text().startswith("# ")
    printed = run("check", "docs", "--format", "json", "--output", "x", "--format", "text")
    assert json.loads(Path("x").read_text())
    assert "compared" in printed.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "x.pdf"), "x.pdf: no format is known by this ending"),
        (("--format", "json", "--output", "a", "--output", "b"), "b has none"),
        (("--format", "json", "--format", "text"), "only one format can be printed"),
        (("--write-baseline",), "name it by --baseline"),
        (("--shard", "1/2"), "add --run"),
        (("--history",), "name its file by check.history"),
        (("nowhere",), "there is no such file or folder"),
    ],
)
def test_wrong_words_are_2_with_the_fix(arguments: tuple[str, ...], said: str) -> None:
    updated()
    found = run("check", *(arguments if arguments == ("nowhere",) else ("docs", *arguments)))
    assert found.exit_code == 2
    assert said in found.stderr


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1", "1/0"])
def test_a_shard_that_is_none(shard: str) -> None:
    assert "is no shard; write it like 2/5" in run("check", "--run", "--shard", shard).stderr


def test_a_baseline_knows_what_was_there() -> None:
    path = updated()
    path.write_text(path.read_text().replace("Secrets management", "Passwords"))
    assert run("check", "docs", "--baseline", "known.json").exit_code == 2  # there is none yet
    assert run("check", "docs", "--baseline", "known.json", "--write-baseline").exit_code == 0
    found = run("check", "docs", "--baseline", "known.json")
    assert (found.exit_code, "of the baseline left out" in found.stdout) == (0, True)
    path.write_text(path.read_text().replace("](https://vault.homelab.local)", "](https://x.example)"))
    assert run("check", "docs", "--baseline", "known.json").exit_code == 1


def test_the_history_grows_and_stays_where_the_settings_say(folder: Path) -> None:
    updated()
    (folder / "truebook.yml").write_text(CATALOG + "check: {history: .truebook/history.json}\n")
    for _ in range(2):
        assert run("check", "docs", "--history").exit_code == 0
    builds = json.loads((folder / ".truebook" / "history.json").read_text())["builds"]
    assert 1 <= len(builds) <= 2  # those of one second count once
    assert builds[0]["cluster"] == "homelab"


def test_a_broken_region_is_a_finding_and_stops_an_update() -> None:
    page("<!-- BEGIN truebook:nothing -->\n<!-- END truebook -->\n")
    other = page(REGION, "b.md")
    found = run("check", "docs")
    assert found.exit_code == 1
    assert "docs/page.md:1: error: unknown view 'nothing'" in found.stdout
    done = run("update", "docs")
    assert done.exit_code == 2
    assert "docs/page.md:1: " in done.stderr
    assert other.read_text() == REGION  # nothing is written where anything is wrong


def test_a_page_that_cannot_be_written_is_told_and_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = page(REGION)

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    done = run("update", "docs")
    assert done.exit_code == 2
    assert "docs/page.md: cannot be written: No space left on device" in done.stderr
    assert path.read_text() == REGION


# With the blocks


@SANDBOXED
def test_blocks_join_the_report_and_shards_make_the_same_one() -> None:
    for number in range(5):
        page(f"# {number}\n\n```bash\nkubectl get ns -o name -l page={number}\n```\n", f"{number}.md")
    updated()
    whole = run("check", "docs", "--run", "--output", "whole.json")
    assert whole.exit_code == 0, whole.output
    for number in (1, 2, 3):
        part = run(
            "check", "docs", "--run", "--shard", f"{number}/3", "--durations", "whole.json", "-o", f"{number}.json"
        )
        assert part.exit_code == 0, part.output
    merged = CliRunner().invoke(main, ["merge", "3.json", "1.json", "2.json", "-o", "merged.json"])
    assert merged.exit_code == 0, merged.output

    def places(name: str) -> list[tuple[str, int]]:
        blocks = json.loads(Path(name).read_text())["report"]["blocks"]
        return [(block["result"]["path"], block["result"]["line"]) for block in blocks]

    assert places("merged.json") == places("whole.json")
    assert sorted(place for n in (1, 2, 3) for place in places(f"{n}.json")) == places("whole.json")
    assert all(places(f"{n}.json") for n in (1, 2, 3))
    missing = CliRunner().invoke(main, ["merge", "1.json", "3.json"])
    assert (missing.exit_code, "shard 2 of 3 is missing" in missing.stdout) == (2, True)


@SANDBOXED
def test_a_pod_of_an_indexed_job_knows_its_shard_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        page(f"# {number}\n\n```bash\nkubectl get ns -o name -l page={number}\n```\n", f"{number}.md")
    updated()
    monkeypatch.setenv("TRUEBOOK_SHARDS", "2")
    for index in ("0", "1"):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", index)
        assert run("check", "docs", "--run", "-o", f"{index}.json").exit_code == 0
    # What is said by hand goes before what the pod knows, and a check that runs nothing has no shares.
    assert run("check", "docs", "--run", "--shard", "1/2", "-o", "first.json").exit_code == 0
    assert run("check", "docs", "-o", "whole.json").exit_code == 0

    def told(name: str) -> tuple[str, int]:
        found = json.loads(Path(name).read_text())["report"]
        return found.get("shard", ""), len(found.get("blocks", ()))

    assert [told(f"{name}.json")[0] for name in ("0", "1", "first", "whole")] == ["1/2", "2/2", "1/2", ""]
    assert told("0.json")[1] + told("1.json")[1] == 4
    merged = CliRunner().invoke(main, ["merge", "0.json", "1.json", "-o", "merged.json"])
    assert (merged.exit_code, told("merged.json")) == (0, ("", 4))


@pytest.mark.parametrize(
    ("index", "of", "shard"),
    [("0", "1", (1, 1)), ("4", "5", (5, 5)), ("", "5", None), ("3", "", None), (None, "5", None), ("3", None, None)],
)
def test_the_shard_of_a_job(index: str | None, of: str | None, shard: tuple[int, int] | None) -> None:
    named = {"JOB_COMPLETION_INDEX": index, "TRUEBOOK_SHARDS": of}
    assert shard_of_job({name: value for name, value in named.items() if value is not None}) == shard


@pytest.mark.parametrize(("index", "of"), [("2", "2"), ("-1", "2"), ("x", "2"), ("0", "0"), ("0", "two"), ("0", "1/2")])
def test_numbers_that_make_no_shard_are_told(index: str, of: str) -> None:
    with pytest.raises(ConfigError, match="set TRUEBOOK_SHARDS to the Job's completions"):
        shard_of_job({"JOB_COMPLETION_INDEX": index, "TRUEBOOK_SHARDS": of})


@SANDBOXED
def test_a_failed_block_is_1() -> None:
    page("# Page\n\n```bash\nkubectl get ns nowhere\n```\n")
    found = run("check", "docs", "--run")
    assert found.exit_code == 1
    assert "docs/page.md:4: failed: " in found.stdout


@SANDBOXED
def test_what_a_recording_cannot_hold_may_be_allowed() -> None:
    page("# Page\n\nIn the namespace `vault`.\n\n```bash\nkubectl get events -n argocd\n```\n")
    for options, code in (((), 2), (("--allow-unrecorded",), 0)):
        found = run("check", "docs", "--run", *options)
        assert found.exit_code == code, found.output
        assert "docs/page.md:5: not known: the recording does not hold" in found.stdout


# Built sites


BLOCK = "```bash\nkubectl get ns\n```\n"


@pytest.mark.parametrize(
    ("head", "text", "said"),
    [
        ('<meta name="truebook:state" content="x">', "", ""),
        ('<meta content="x" name="truebook:state"/>', "", ""),
        ("", "", "docs/page.md:3: error: this page was built with regions that nothing filled (site-not-filled)"),
        ('<meta name="truebook:state">', BLOCK, "error: this page was built with shell blocks that nothing tested"),
        ('<meta name="truebook:state"><meta name="truebook:runbooks">', BLOCK, ""),
    ],
)
@pytest.mark.parametrize("built", ["page.html", "page/index.html"])
def test_a_built_site_is_looked_at(head: str, text: str, said: str, built: str) -> None:
    updated(f"# Page\n\n{REGION}\n{text}")
    path = Path("site", built)
    path.parent.mkdir(parents=True)
    Path("site/404.html").write_text("<html>")
    path.write_text(f"<html><head>{head}</head><body>")
    found = run("check", "docs", "--site", "site")
    assert found.exit_code == (1 if said else 0), found.output
    assert said in found.stdout


def test_a_site_that_no_plugin_saw_is_told_though_its_pages_ask_for_nothing() -> None:
    updated()
    page("# Plain\n", "plain.md")
    Path("site").mkdir()
    Path("site/plain.html").write_text("<html><head></head>")
    found = run("check", "docs", "--site", "site")
    assert (found.exit_code, "site: error: no page of this site was seen" in found.stdout) == (1, True)


def test_a_site_that_is_not_there_is_2() -> None:
    updated()
    Path("site").mkdir()
    found = run("check", "docs", "--site", "site")
    assert (found.exit_code, "there is no built page" in found.stderr) == (2, True)
