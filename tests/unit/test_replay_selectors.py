"""Label and field selectors; that they fail with the API server's words is held by tests/real/test_differential.py."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truebook.replay import labels
from truebook.replay.kubernetes import fields

LABELS = {"app": "web", "tier": "front", "weight": "7", "example.com/team": "a", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        (" app = web ", True),
        ("app=db", False),
        ("app!=web", False),
        ("nope!=web", True),
        ("app", True),
        ("!app", False),
        ("!nope", True),
        ("app in (db, web)", True),
        ("app in (db)", False),
        ("app notin (db)", True),
        ("app notin (web)", False),
        ("nope notin (web)", True),
        ("empty=", True),
        ("empty in ()", True),
        ("app=", False),
        ("weight>6", True),
        ("weight<6", False),
        ("app>1", False),
        ("nope<1", False),
        ("example.com/team=a,tier,!nope", True),
        ("app=web,tier=back", False),
    ],
)
def test_label_selectors(selector: str, selected: bool) -> None:
    assert labels.parse(selector)(LABELS) is selected


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("app,", "found '', expected: identifier after ','"),
        ("!app=x", "found '=', expected: ',' or 'end of string'"),
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("app in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("app===x", "unable to parse requirement: found '=', expected: identifier"),
    ],
)
def test_label_selectors_that_cannot_be_read(selector: str, message: str) -> None:
    with pytest.raises(labels.SelectorError) as caught:
        labels.parse(selector)
    assert str(caught.value) == message


@given(st.text(alphabet="ab=!<>(), /.-", max_size=20))
def test_any_text_is_a_selector_or_an_error(text: str) -> None:
    with contextlib.suppress(labels.SelectorError):
        assert labels.parse(text)({}) in (True, False)


POD: dict[str, Any] = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"nodeName": "node-a", "restartPolicy": "Always"},
    "status": {"phase": "Running", "podIPs": [{"ip": "10.1.0.4"}]},
}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("metadata.name=web", True),
        ("metadata.name!=web", False),
        ("metadata.name==web,metadata.namespace=shop", True),
        ("status.phase!=Succeeded,status.phase!=Failed,spec.nodeName=node-a", True),
        ("status.podIP=10.1.0.4", True),
        ("spec.hostNetwork=false", True),
        ("spec.schedulerName=", True),
        ("metadata.name=a\\,b", False),
        (",", True),
    ],
)
def test_field_selectors(selector: str, selected: bool) -> None:
    assert fields.parse(selector, "pods", False)(POD) is selected


@pytest.mark.parametrize(
    ("key", "custom", "selector", "message"),
    [
        ("pods", False, "nope=x", "field label not supported: nope"),
        ("velero.io/backups", True, "nope=x", "field label not supported: nope"),
        (
            *("apps/deployments", False, "nope=x"),
            '"nope" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("batch/jobs", False, "nope=x", 'field label "nope" not supported for Job'),
        ("pods", False, "x", "invalid selector: 'x'; can't understand 'x'"),
        ("pods", False, "metadata.name=a\\x", "invalid field selector: invalid escape sequence: \\x"),
    ],
)
def test_field_selectors_that_are_not_supported(key: str, custom: bool, selector: str, message: str) -> None:
    with pytest.raises(labels.SelectorError) as caught:
        fields.parse(selector, key, custom)
    assert str(caught.value) == message


def test_a_custom_resource_is_selected_by_the_fields_that_its_definition_names() -> None:
    selector = fields.parse("spec.color=red", "example.com/gadgets", True, ["spec.color"])
    assert selector({"spec": {"color": "red"}})
    assert not selector({"spec": {"color": "blue"}})
