"""`truebook check` and `update` where only a part is looked at, and where something goes wrong on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.checking import CATALOG, REGION, page, repository, run, updated
from truebook import pipeline, pipeline_check
from truebook.errors import ConfigError
from truebook.pipeline import EMBEDDED

__all__ = ["repository"]  # a fixture for every test

# What is looked at in part

RUNBOOKS = ("argocd", "minio", "prometheus", "vault", "velero")
"""The pages that the embedded homelab's alerts lead to."""


def whole_site(folder: Path, ignores: str = "") -> None:
    (folder / "truebook.yml").write_text(f"{CATALOG}check:\n  site_url: https://docs.homelab.local/\n{ignores}")
    for name in RUNBOOKS:
        page(f"# {name}\n\nIt runs in the namespace `vault`.\n\n## When it isn't\n", f"{name}.md")


def test_a_page_that_is_not_asked_for_is_not_called_missing(folder: Path) -> None:
    whole_site(folder)
    assert run("check", "docs").exit_code == 0
    part = run("check", "docs/vault.md")
    assert part.exit_code == 0, part.output
    assert "2 links" in part.output  # those that lead to this page
    Path("docs/velero.md").unlink()
    gone = run("check", "docs/vault.md")
    assert gone.exit_code == 1
    assert gone.output.count("velero.html#when-it-isnt, and there is no such page") == 2


def test_a_component_has_its_place_on_a_page_that_is_not_asked_for(folder: Path) -> None:
    whole_site(folder)
    found = "  - {name: ollama, title: Ollama, group: Apps, find: {application: ollama}, page: velero.md}\n"
    (folder / "truebook.yml").write_text(CATALOG + found)
    for asked in ("docs", "docs/vault.md"):
        assert "docs/velero.md:1: note: Ollama is Degraded" in run("check", asked).output


def test_an_ignore_is_only_called_needless_where_all_was_looked_for(folder: Path) -> None:
    whole_site(folder, '  ignores:\n    - {page: docs/velero.md, subject: "namespace veleros", reason: later}\n')
    assert "docs/vault.md" not in (whole := run("check", "docs")).output
    assert "truebook.yml:12: note: there is nothing left to ignore here" in whole.output
    assert "nothing left" not in run("check", "docs/vault.md").output
    for rule in ("deprecated-api", "site-not-*"):  # no block was run, no site looked at
        whole_site(folder, f"  ignores:\n    - {{rule: {rule}, reason: later}}\n")
        assert "nothing left" not in run("check", "docs").output


def test_the_other_shards_compare_nothing(folder: Path) -> None:
    whole_site(folder)
    settings = pipeline.load_settings(folder / "truebook.yml")
    state = pipeline.read_state(settings, EMBEDDED)
    inventory = pipeline.build_inventory(state, settings)
    first, second = (
        pipeline_check.check(state, inventory, settings, pipeline_check.Asked((Path("docs"),), shard=(number, 2)))
        for number in (1, 2)
    )
    assert {one.rule for one in first.findings} == {"unhealthy", "out-of-sync"}
    assert first.compared
    assert (second.findings, second.compared) == ((), ())


def test_a_built_site_has_severities_and_ignores_too(folder: Path) -> None:
    whole_site(folder, "  severities: {site-not-filled: note}\n")
    Path("site").mkdir()
    Path("site/vault.html").write_text("<html><head></head></html>")
    done = run("check", "docs", "--site", "site")
    assert done.exit_code == 0, done.output
    assert "site: note: no page of this site was seen" in done.output
    whole_site(folder, "  ignores:\n    - {rule: site-not-filled, reason: built by hand}\n")
    done = run("check", "docs", "--site", "site")
    assert done.exit_code == 0, done.output
    assert "no page of this site was seen by truebook's plugins (truebook.yml:12: built by hand)" in done.output


# What goes wrong


def test_what_was_found_is_told_though_a_file_cannot_be_written() -> None:
    page("# Page\n\nIt runs in the namespace `volt`.\n")
    Path("file").touch()
    done = run("check", "docs", "-o", "file/report.json", "-o", "report.md", "-o", "file/report.xml")
    assert done.exit_code == 2
    assert "docs/page.md:3: warning: there is no namespace volt" in done.output
    assert "file/report.json: cannot be written" in done.output
    assert "file/report.xml: cannot be written" in done.output
    assert "there is no namespace volt" in Path("report.md").read_text()


def test_a_page_that_somebody_saved_meanwhile_is_not_overwritten(folder: Path) -> None:
    path = page(f"# Page\n\n{REGION}")
    settings = pipeline.load_settings(folder / "truebook.yml")
    inventory = pipeline.build_inventory(pipeline.read_state(settings, EMBEDDED), settings)
    (change,) = pipeline_check.updates((Path("docs"),), inventory, settings)
    path.write_text(f"# Page\n\nWritten just now.\n\n{REGION}")
    with pytest.raises(ConfigError, match=r"docs/page\.md: has changed meanwhile"):
        pipeline_check.write(change)
    assert "Written just now." in path.read_text()
    path.write_text(change.text)
    pipeline_check.write(change)  # another update wrote the same
    assert path.read_text() == change.text


def test_a_page_has_one_path_however_it_is_named(folder: Path) -> None:
    page("# Page\n\nIt runs in the namespace `volt`.\n")
    named = {run("check", path).stdout.splitlines()[0] for path in ("docs", f"{folder}/docs", "./docs/page.md")}
    assert named == {"docs/page.md:3: warning: there is no namespace volt (unknown-name)"}


def test_a_baseline_is_not_written_of_what_was_not_compared() -> None:
    done = run("check", "docs", "--baseline", "baseline.json", "--write-baseline")
    assert done.exit_code == 2
    assert "the baseline was not written: nothing was compared" in done.output
    assert not Path("baseline.json").exists()


def test_a_region_that_cannot_be_filled_leaves_the_report_without_a_diff() -> None:
    page("# Page\n\n<!-- BEGIN truebook:nothing -->\n<!-- END truebook -->\n\nIn the namespace `volt`.\n")
    done = run("check", "docs", "--diff")
    assert done.exit_code == 1
    assert "docs/page.md:6: warning: there is no namespace volt" in done.stdout
    assert "there is no diff" in done.stderr


def test_a_diff_has_the_lines_that_an_editor_has() -> None:
    text = "# Page\u2028\x0c still this line\n\n<!-- BEGIN truebook:value vault.url -->x<!-- END truebook -->"
    page(text)
    done = run("check", "docs", "--diff")
    assert "@@ -1,3 +1,3 @@" in done.stderr
    assert [line[:1] for line in done.stderr.splitlines() if "still this line" in line] == [" "]


def test_a_page_with_broken_markers_still_says_all_else(folder: Path) -> None:
    whole_site(folder)
    broken = "<!-- END truebook -->\n\n<!-- BEGIN truebook:value vault.url -->\n"
    page(f"# Vault\n\n{broken}\nIn the namespace `volt`.\n\n## When it isn't\n", "vault.md")
    done = run("check", "docs")
    assert [line.split(";")[0] for line in done.stdout.splitlines() if line.startswith("docs/")] == [
        "docs/vault.md:3: error: END without BEGIN",
        "docs/vault.md:5: error: the region has no END",
        "docs/vault.md:7: warning: there is no namespace volt (unknown-name)",
    ]


def test_an_output_may_be_a_link() -> None:
    updated()
    Path("kept.json").touch()
    Path("link.json").symlink_to("kept.json")
    assert run("check", "docs", "-o", "link.json").exit_code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("kept.json").read_text())["exit_code"] == 0
