"""Shares of a run: whole, balanced, the same for everybody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.runbooks_run.samples import planned
from truebook.model import Planned
from truebook.runbooks.shards import share


def blocks(sessions: list[tuple[int, int]]) -> list[Planned]:
    return [
        planned(f"true {number}", path=f"{page}.md", session=f"{page}-{session}")
        for number, (page, session) in enumerate(sessions)
    ]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=30), st.integers(1, 9))
def test_every_block_is_in_one_share_and_sessions_stay_together(sessions: list[tuple[int, int]], of: int) -> None:
    whole = blocks(sessions)
    shares = [share(whole, number, of) for number in range(1, of + 1)]
    assert sorted(id(one) for part in shares for one in part) == sorted(map(id, whole))
    for part in shares:
        assert part == [one for one in whole if any(one is other for other in part)]  # in their order
    homes = [{(one.block.path, one.block.session) for one in part} for part in shares]
    assert sum(map(len, homes)) == len(set().union(*homes))


def test_shares_are_balanced_by_what_blocks_took_before() -> None:
    whole = [planned("true", path=f"{page}.md", session=str(page)) for page in range(6)]
    seconds = dict(zip(((one.block.path, one.block.line) for one in whole), (60, 30, 30, 20, 20, 20), strict=True))
    loads = [sum(seconds[(one.block.path, one.block.line)] for one in share(whole, n, 3, seconds)) for n in (1, 2, 3)]
    assert loads == [60, 70, 50] or max(loads) - min(loads) <= 20


def test_a_new_block_counts_as_the_middle_one() -> None:
    whole = [planned("true", path=f"{page}.md", session=str(page)) for page in range(3)]
    seconds = {(whole[0].block.path, whole[0].block.line): 10.0}
    shares = [share(whole, n, 3, seconds) for n in (1, 2, 3)]
    assert [len(part) for part in shares] == [1, 1, 1]
