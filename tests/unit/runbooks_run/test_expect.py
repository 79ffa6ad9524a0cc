"""Expectations against outputs, as tables."""

from __future__ import annotations

import time
from typing import get_args

import pytest

from truebook.model import Expectation, ExpectationKind
from truebook.runbooks.expect import KINDS, Mismatch, compare, glob, lines, regex, table
from truebook.runbooks.expect.comment import fragments

PODS = """NAME                     READY   STATUS    RESTARTS      AGE   IP
vault-0                  1/1     Running   2 (3h ago)    41d   10.42.0.17
grafana-7d9f8b6c5d-x2x4z 1/1     Running   0             3d2h  10.42.0.18
"""


def why(kind: ExpectationKind, text: str, output: str) -> str:
    found = compare([Expectation(kind, text, 7)], output)
    assert all(one.line == 7 for one in found)
    return found[0].why if found else ""


def test_every_kind_has_a_module() -> None:
    assert set(KINDS) == set(get_args(ExpectationKind))


@pytest.mark.parametrize(
    ("text", "output", "difference"),
    [
        ("a\nb", "a\nb\n", ""),
        ("a  \nb", "\na\nb\n\n", ""),
        ("a", "a\nb\n", "the output has further lines"),
        ("a\n...", "a\nb\nc\n", ""),
        ("...\nc", "a\nb\nc\n", ""),
        ("a\n...\nc", "a\nc\n", ""),
        ("a\n...\nc", "a\nb\nd\n", "the output lacks the line 'c'"),
        ("...\nb\n...\nb\n...", "a\nb\nc\n", "the output lacks the line 'b'"),
        ("b", "a\n", "the output lacks the line 'b'"),
        ("a* (glob)\nb", "abc\nb\n", ""),
        ("pod/[a-z]+-\\d (regex)", "pod/vault-0\n", ""),
        ("pod/[a-z]+ (regex)", "pod/vault-0\n", "the output lacks the line 'pod/[a-z]+ (regex)'"),
        ("[ (regex)", "a\n", "not a regular expression: unterminated character set at position 0"),
        ("", "", ""),
    ],
)
def test_lines(text: str, output: str, difference: str) -> None:
    assert why("literal", text, output) == difference


def test_one_of_several_is_a_part() -> None:
    both = [Expectation("literal", "a", 1), Expectation("literal", "c", 3)]
    assert compare(both, "a\nb\nc\n") == ()
    assert compare(both, "a\nb\n") == (Mismatch(3, "the output lacks the line 'c'"),)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "", True),
        ("*", "", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*b*", "abc", True),
        ("a*c", "abcd", False),
        ("*a*b", "ab ab", True),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("[a]", "[a]", True),
        ("a**b", "axyb", True),
    ],
)
def test_glob(pattern: str, text: str, matches: bool) -> None:
    assert glob.matches(pattern, text) is matches


def test_no_pattern_takes_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    assert not glob.matches("*a" * 60 + "b", "a" * 2000)
    assert why("literal", "...\n" * 500 + "x", "y\n" * 2000) == "the output lacks the line 'x'"
    monkeypatch.setattr(regex, "SECONDS", 0.5)
    assert why("regex", "(a+)+b", "a" * 60) == "the expression took longer than 0.5 s"
    assert why("regex", "(" * 200_000, "a") != ""
    assert time.monotonic() - started < 60


def test_glob_and_regex_of_one_line() -> None:
    assert why("glob", "pod/*", "pod/x\n") == ""
    assert why("regex", "pod/.", "pod/x\n") == ""
    assert why("regex", "pod/.", "pod/xy\n") != ""


@pytest.mark.parametrize(
    ("text", "output", "difference"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}', ""),
        ('{"a": {"b": [1, 3]}}', '{"a": {"b": [1, 2, 3]}}', ""),
        ('{"a": [3, 1]}', '{"a": [1, 3]}', "the output lacks .a[1]"),
        ('{"a": "..."}', '{"a": 5}', ""),
        ('{"a": 1}', '{"a": 2}', ".a is 2, not 1"),
        ('{"a": 1}', '{"a": true}', ".a is true, not 1"),
        ('{"a": 1}', '{"b": 1}', "the output lacks .a"),
        ('{"a": 1}', "[1]", "the value is no object"),
        ("[1]", '{"a": 1}', "the value is no list"),
        ('{"a": 1}', 'warning\n{"x": 0}\n{\n "a": 1\n}\n', ""),
        ('{"a": 1}', "none", "the output holds no JSON"),
        ('{"a": 1}', "[" * 100_000, "the JSON can't be compared"),
    ],
)
def test_json(text: str, output: str, difference: str) -> None:
    assert why("json", text, output) == difference


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        (PODS, ""),
        ("NAME     STATUS   AGE\nvault-0  Running  5m", ""),
        ("NAME    RESTARTS\nvault-0  2", ""),
        ("NAME    IP\nvault-0  10.0.0.1", ""),
        ("NAME                      READY\ngrafana-5c7f9bb8d-zzzzz   1/1", ""),
        ("NAME      READY\ngrafana-5c7f9bb8d-zzzzz   0/1", "the output lacks the row 'grafana-5c7f9bb8d-zzzzz  0/1'"),
        ("NAME     STATUS\nvault-1  Running", "the output lacks the row 'vault-1  Running'"),
        ("NAME     STATUS\nvault-0  ...", ""),
        ("NAME     STATUS\n...", ""),
        ("NAME     NODE\nvault-0  one", "the output holds no table with the columns NAME, NODE"),
        ("NAME   STATUS\nvault-0   Running\nvault-0   Running", "the output lacks the row 'vault-0  Running'"),
    ],
)
def test_table(text: str, difference: str) -> None:
    assert why("table", text, PODS) == difference


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("5m", "3d2h", True),
        ("5m ago", "<unknown>", True),
        ("5m", "5", False),
        ("10.0.0.1", "10.42.0.1", True),
        ("fd00::1", "10.42.0.1", True),
        ("10.0.0.1", "<none>", False),
        ("web-abcde", "web-fghjk", False),  # a and e are no letters of Kubernetes' own
        ("web-bcdfg", "web-hjklm", True),
        ("web-bcdfg", "api-hjklm", False),
        ("web-bcdfg", "web", False),
        ("3", "3 (2d ago)", True),
        ("3 (5m ago)", "4 (2d ago)", False),
        ("Running", "Pending", False),
    ],
)
def test_cells(wanted: str, found: str, same: bool) -> None:
    assert table.same(wanted, found) is same


def test_empty_cells_are_found_by_their_columns() -> None:
    output = "NAME      CLASS   HOSTS         ADDRESS     PORTS\ngrafana   nginx   grafana.lan               80\n"
    assert why("table", "NAME      HOSTS         ADDRESS   PORTS\ngrafana   grafana.lan             80", output) == ""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Running", ["Running"]),
        ("3/3 Running", ["3/3 Running"]),
        ("should show `vault-0` and `vault-1`", ["vault-0", "vault-1"]),
        ('"ok"', ["ok"]),
        ("three pods", []),
        ("Should show three pods", []),
        ("all pods of the namespace are Running by now", []),
        ("the pods' names aren't shown", []),
        ("HTTP/1.1 200 OK.", ["HTTP/1.1 200 OK"]),
    ],
)
def test_fragments_of_comments(text: str, parts: list[str]) -> None:
    assert fragments(text) == parts


def test_comments() -> None:
    assert why("comment", "running", "x  RUNNING\n") == ""
    assert why("comment", "`Sealed   false`", "Sealed          false\n") == ""
    assert why("comment", "Sealed: false", "Sealed          true\n") == "the output lacks 'Sealed: false'"


def test_long_outputs_are_looked_at_in_part() -> None:
    assert why("literal", "...\nx", "y\n" * lines.LINES + "x\n") != ""
