"""Reports: each format's golden, its schema or reader, hostile text, exit codes, merging and the history."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.unit.goldens import check
from tests.unit.report_sample import BLOCKS, FINDINGS, RULES, hostile, report
from truebook.errors import ReportError
from truebook.findings import SEVERITIES, Compared, Finding, Report, weighs
from truebook.report import FORMATS, as_json, history, pages
from truebook.report.merge import merge

UNRECORDED = (replace(BLOCKS[2], result=replace(BLOCKS[2].result, unrecorded=True)),)
VERSION = re.compile(r'("version": )"(?!2\.1\.0)[^"]+"')


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_its_golden(name: str) -> None:
    suffix = {"markdown": "md", "junit": "xml", "text": "txt", "github": "txt"}.get(name, "json")
    made = VERSION.sub(r'\1"0"', FORMATS[name](report(), RULES))
    check(f"report/{name}.{suffix}", made)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_text_is_only_text(name: str) -> None:
    made = FORMATS[name](hostile(), RULES)
    assert "\x1b" not in made
    assert "\u202e" not in made or name == "json"  # JSON is for programs, which escape when they show it
    if name in ("markdown", "junit"):
        assert "<script" not in made
    if name == "github":
        lines = made.splitlines()
        assert len([line for line in lines if line.startswith("::")]) == 3
        assert all(re.match(r"::error[ :]", line) or not line.startswith("::") for line in lines)
    if name == "junit":
        assert len(ET.fromstring(made)) == 3
    if name == "text":
        assert all(not line.startswith("::") for line in made.splitlines())


@pytest.mark.parametrize("name", ["verification", "drift"])
def test_a_page_of_the_site_gives_its_golden(name: str) -> None:
    link = {"docs/index.md": "../index.html"}.get
    made = pages.verification(report(), [], link) if name == "verification" else pages.drift(report(), RULES, [], link)
    check(f"report/{name}.md", made)


def test_a_page_of_the_site_shows_hostile_text_as_text() -> None:
    for made in (
        pages.verification(hostile(), [], lambda path: f"../{path}"),
        pages.drift(hostile(), RULES, [], lambda path: f"../{path}"),
    ):
        assert "<script" not in made
        assert "\x1b" not in made
        assert "\u202e" not in made
        assert all(line.count("|") in (0, 4, 5, 6) for line in made.splitlines())  # no cell ends early


def test_severities_have_one_order() -> None:
    weights = {fail_on: [one for one in SEVERITIES if weighs(one, fail_on)] for fail_on in (*SEVERITIES, "off")}
    assert weights == {"error": ["error"], "warning": ["error", "warning"], "note": list(SEVERITIES), "off": []}
    assert not any(weighs("off", fail_on) for fail_on in (*SEVERITIES, "off"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"findings": (), "problems": (), "blocks": BLOCKS[:1]}, 0),
        ({"findings": FINDINGS[2:], "problems": (), "blocks": BLOCKS[:1]}, 0),
        ({"findings": FINDINGS[2:], "problems": (), "blocks": (), "fail_on": "note"}, 1),
        ({"findings": FINDINGS[1:2], "problems": (), "blocks": ()}, 1),
        ({"findings": FINDINGS[1:2], "problems": (), "blocks": (), "fail_on": "error"}, 0),
        ({"findings": FINDINGS[:1], "problems": (), "blocks": (), "fail_on": "off"}, 0),
        ({"findings": (), "problems": (), "blocks": BLOCKS[:2]}, 1),
        ({"findings": (), "problems": (), "blocks": BLOCKS[2:3]}, 2),
        ({"findings": (), "blocks": ()}, 2),
        ({"findings": FINDINGS[:1], "blocks": ()}, 1),
        ({"findings": (), "problems": (), "blocks": BLOCKS[2:3], "allow_unrecorded": True}, 2),
        ({"findings": (), "problems": (), "blocks": UNRECORDED}, 2),
        ({"findings": (), "problems": (), "blocks": UNRECORDED, "allow_unrecorded": True}, 0),
        ({"findings": (), "blocks": UNRECORDED, "allow_unrecorded": True}, 2),
        ({"findings": (), "problems": (), "blocks": UNRECORDED, "compared": (), "allow_unrecorded": True}, 2),
        ({"findings": (), "problems": (), "blocks": (), "compared": ()}, 2),
        ({"findings": (), "problems": (), "blocks": BLOCKS[3:], "compared": ()}, 2),
        ({"findings": (), "problems": (), "blocks": BLOCKS[:1], "compared": ()}, 0),
    ],
)
def test_the_exit_code(changes: dict[str, object], code: int) -> None:
    assert report(**changes).exit_code == code


def test_a_clean_report_says_so_and_an_empty_one_does_not() -> None:
    clean = report(findings=(), problems=(), blocks=(), ignored=(), known=())
    assert "Documentation and cluster agree." in FORMATS["text"](clean, RULES)
    assert "Nothing was compared." in FORMATS["text"](replace(clean, compared=()), RULES)
    left = report(findings=(), problems=(), blocks=())
    assert "Documentation and cluster agree, but for 2 findings that somebody knows of." in FORMATS["text"](left, RULES)


def test_json_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(as_json.render(report(), RULES), encoding="utf-8")
    assert as_json.load(path) == report()


@pytest.mark.parametrize(
    ("body", "said"),
    [("{", "not a truebook report"), ('{"schema": 2}', "schema 2"), ('{"schema": 1}', "not a truebook report")],
)
def test_what_is_no_report_is_told(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(body)
    with pytest.raises(ReportError, match=said) as caught:
        as_json.load(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_report_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="No such file"):
        as_json.load(tmp_path / "report.json")


def test_junit_has_a_case_for_each_thing_compared_block_and_claim() -> None:
    root = ET.fromstring(FORMATS["junit"](report(), RULES))
    suites = {suite.get("name"): suite for suite in root}
    first, second = suites["drift: docs/index.md"]
    assert [child.tag for child in first] == ["failure"]
    assert "vault.url" not in str(second.get("name"))
    assert len(second) == 0
    assert [len(case.findall("failure")) for case in suites["drift: docs/vault.md"]] == [0, 0]
    assert [[child.tag for child in case] for case in suites["shell blocks"]] == [
        [],
        ["failure"],
        ["error"],
        ["skipped"],
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("9", "2", "2", "1")


def test_github_keeps_below_what_a_step_shows() -> None:
    many = tuple(replace(FINDINGS[1], line=number, path=f"docs/{number % 12}.md") for number in range(1, 41))
    lines = FORMATS["github"](report(findings=many, blocks=(), problems=()), RULES).splitlines()
    warnings = [line for line in lines if line.startswith("::warning")]
    assert len(warnings) == 10
    assert "31 more" in warnings[-1]
    assert warnings[-1].endswith("…; see the step's log")


def test_a_fingerprint_outlives_lines_and_wording() -> None:
    moved = replace(FINDINGS[0], line=99, message="otherwise said", live="x")
    assert moved.fingerprint == FINDINGS[0].fingerprint
    assert replace(FINDINGS[0], subject="y").fingerprint != FINDINGS[0].fingerprint
    assert Finding("a", "note", "bc", 1, "d", "").fingerprint != Finding("ab", "note", "c", 1, "d", "").fingerprint


# Shards


def shards(*numbers: str) -> list[tuple[Path, Report]]:
    found = []
    for place, number in enumerate(numbers):
        part = report(
            shard=number,
            shard_blocks=len(numbers),
            findings=FINDINGS if place == 0 else (),
            blocks=BLOCKS[place : place + 1],
            problems=(),
            compared=report().compared if place == 0 else (),
        )
        found.append((Path(f"{place}.json"), part))
    return found


def test_shards_make_one_report_whatever_their_order() -> None:
    parts = shards("1/3", "2/3", "3/3")
    whole = merge(parts)
    assert whole == merge(parts[::-1])
    assert (whole.findings, whole.blocks, whole.problems, whole.shard) == (FINDINGS, BLOCKS[:3], (), "")


def test_what_one_shard_does_not_allow_a_merged_report_does_not() -> None:
    parts = [
        (Path(f"{number}.json"), report(shard=f"{number}/2", allow_unrecorded=allowed, blocks=(), shard_blocks=0))
        for number, allowed in ((1, True), (2, False))
    ]
    assert not merge(parts).allow_unrecorded
    assert merge([(path, replace(part, allow_unrecorded=True)) for path, part in parts]).allow_unrecorded


def test_shards_that_were_cut_differently_cannot_tell() -> None:
    parts = [(path, replace(part, shard_blocks=4)) for path, part in shards("1/2", "2/2")]
    assert merge(parts).problems == ("the shards tested 2 blocks, and there are 4: give all the same --durations",)


def test_a_missing_shard_is_named_and_cannot_tell() -> None:
    whole = merge([(path, replace(part, findings=(), blocks=BLOCKS[:1])) for path, part in shards("1/3", "3/3")])
    assert (whole.problems, whole.exit_code) == (("shard 2 of 3 is missing",), 2)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (("1/3", "1/3"), "1.json: is shard 1 of 3, as 0.json is; name each once"),
        (("1/3", "2/4"), "1.json: is shard 2 of 4, and 0.json is one of 3; merge those of one run"),
        (("1/3", "4/3"), "1.json: says that it is shard '4/3', which is none"),
        ((), "there is no report to merge"),
    ],
)
def test_what_cannot_be_merged_is_told(numbers: tuple[str, ...], said: str) -> None:
    with pytest.raises(ReportError, match=re.escape(said)):
        merge(shards(*numbers))


def test_reports_of_two_clusters_are_not_merged() -> None:
    (path, one), (other, two) = shards("1/2", "2/2")
    with pytest.raises(ReportError, match="is of the cluster 'prod'"):
        merge([(path, one), (other, replace(two, cluster="prod"))])


def test_the_oldest_reading_vouches_for_a_merged_report() -> None:
    (path, one), (other, two) = shards("1/2", "2/2")
    old = replace(two, recorded_at="2026-11-01T00:00:00Z", generated_at="2026-11-25T00:00:00Z")
    whole = merge([(path, one), (other, old)])
    assert (whole.recorded_at, whole.generated_at) == ("2026-11-01T00:00:00Z", "2026-11-25T00:00:00Z")


# History


def test_the_numbers_of_a_report() -> None:
    assert history.build_of(report()) == history.Build(
        "2026-11-24T05:32:00Z",
        "homelab",
        {"error": 1, "note": 1, "warning": 1},
        {"failed": 1, "not-run": 1, "passed": 1, "unknown": 1},
    )


def test_a_history_is_read_back_and_starts_empty(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.json"
    assert history.load(path) == history.History()
    kept = history.append(history.History(), history.build_of(report()))
    history.save(kept, path)
    assert history.load(path) == kept
    assert path.read_text().count("\n") == 3


def test_old_builds_are_thinned_out_to_one_a_day() -> None:
    found = history.History()
    for day in range(1, 29):
        for hour in range(4):
            found = history.append(found, history.Build(f"2026-01-{day:02}T{hour:02}:00:00Z"))
    old = [build.at for build in found.builds[: -history.RECENT]]
    assert len({at[:10] for at in old}) == len(old)
    assert all(at.endswith("T03:00:00Z") for at in old[:-1])
    assert len(found.builds) <= history.RECENT + 28
    for number in range(1000):
        found = history.append(found, history.Build(f"2027-{number:04}"))
    assert len(found.builds) <= history.MOST


def test_a_build_counts_once() -> None:
    build = history.build_of(report())
    once = history.append(history.History(), build)
    assert history.append(once, build) == once


@pytest.mark.parametrize("body", ["{", '{"builds": 3}', '{"schema": 2, "builds": []}', "x" * (history.LARGEST + 1)])
def test_another_file_is_neither_read_nor_overwritten(tmp_path: Path, body: str) -> None:
    path = tmp_path / "history.json"
    path.write_text(body)
    with pytest.raises(ReportError, match=r"history|schema"):
        history.load(path)
    assert path.read_text() == body


def test_the_sample_holds_all_states() -> None:
    assert {block.result.state for block in BLOCKS} == {"passed", "failed", "unknown", "not-run"}
    assert msgspec.json.encode(report())
    assert isinstance(report().compared[0], Compared)
