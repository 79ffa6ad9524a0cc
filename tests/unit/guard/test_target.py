"""Targets are read in one way or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truebook.guard import target


@pytest.mark.parametrize(
    ("raw", "path", "query"),
    [
        ("/", "/", ()),
        ("/api/v1/pods", "/api/v1/pods", ()),
        ("/api/v1/pods?", "/api/v1/pods", ()),
        ("/a/system:node", "/a/system:node", ()),
        ("/a/system%3Anode", "/a/system:node", ()),
        ("/a/with%20space", "/a/with space", ()),
        ("/a?x=1&y=a%2Cb&z", "/a", (("x", "1"), ("y", "a,b"), ("z", ""))),
        ("/a?x=a+b%2B", "/a", (("x", "a b+"),)),
        ("/a?x=a=b", "/a", (("x", "a=b"),)),
        ("/a?x=%C3%A9", "/a", (("x", "é"),)),
        ("/a?x=/b/../c", "/a", (("x", "/b/../c"),)),
    ],
)
def test_read(raw: str, path: str, query: tuple[tuple[str, str], ...]) -> None:
    assert target.parse(raw) == (path, query)
    assert target.parse(target.encode(path, query)) == (path, query)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "",
            "api",
            "*",
            "http://other/api",
            "//api",
            "/api//v1",
            "/api/",
            "/api/v1/",
            "/./api",
            "/api/..",
            "/api/../x",
        ),
        *("/api/%2e%2e/x", "/api/%2E/x", "/api/.%2e/x", "/api%2fv1", "/api%2Fv1", "/%61pi", "/api/%25/x"),
        *(
            "/api/%5cx",
            "/api\\x",
            "/api;x",
            "/api/pods;a=b",
            "/api%3bx",
            "/api/%00",
            "/api/\x00",
            "/api/%0d%0a",
            "/a%7f",
        ),
        *("/api/é", "/api/%C3%A9", "/api/%ff", "/api/%c0%ae", "/api/%", "/api/%2", "/api/%zz", "/a b", "/a\tb", "/a#b"),
        *("/a?x=1;y=2", "/a?x=%", "/a?x=%g0", "/a?x=%ff", "/a?x=%00", "/a?x=%0a", "/a?x=\\", "/a?x#y", "/a?x=é"),
        *("/a?=1", "/a?&x=1", "/a?x=1&", "/a?x=1&&y=2", "/a?x=<", "/a?x=^", "/" + "a" * 20_000),
    ],
)
def test_refused(raw: str) -> None:
    with pytest.raises(target.NotCanonical):
        target.parse(raw)


@given(st.text(alphabet=st.sampled_from("/ab.%2eEfF5cC;?&=+ \\#\x00é:d"), max_size=30))
def test_what_is_read_is_written_in_one_way(raw: str) -> None:
    try:
        path, query = target.parse(raw)
    except target.NotCanonical:
        return
    written = target.encode(path, query)
    assert target.parse(written) == (path, query)
    assert target.encode(*target.parse(written)) == written
    assert written.isascii()
    assert not any(bad in written.partition("?")[0] for bad in ("//", "/./", "/../", ";", "\\", "%2f", "%2F", "%2e"))
