"""What happened to one shell block, as HTML. Whatever came from a page, a command or an API is escaped; colours are
the stylesheet's, and never the only sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from truebook.model import BlockResult, Claim, Copyable, FilledValue, Planned, RequestRecord
from truebook.pages import fields
from truebook.pages.escape import visible
from truebook.redact import hide

LINE_LIMIT = 300
"""Characters of a reason or a command that are shown."""
MOST = 40
"""Rows of requests that are shown."""

_DONE = {"run": "Ran", "dry-run": "Dry-run"}
_NOT_DONE = {
    "parse": "Not run",
    "skip": "Skipped",
    "refuse": "Never run here",
    "run": "Not run yet",
    "dry-run": "Not run yet",
    "prove": "Not checked yet",
}
_HOLDS = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A block with its result. `origin` says where state came from: `recording homelab.json`. `copied` is what readers
    copy of it, None where that can't be told. A result is old `stale_after` seconds after it was found."""

    planned: Planned
    result: BlockResult
    origin: str = ""
    replayed: bool = False
    copied: Copyable | None = None
    stale_after: float = 86400.0


def opening(one: ShownResult) -> str:
    """The start tag of the element around a block, with what a page's script needs to know of it; and a warning in
    words where it destroys something."""
    result = one.result
    data = {"verdict": result.verdict, "plan": result.plan, "result": result.state}
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    if result.started_at:
        attributes += f' data-stale-after="{one.stale_after:.0f}"'
    if one.copied is not None:
        attributes += f' data-commands="{fields.data(one.copied)}"'
    return f'<div class="truebook-block" id="{anchor(result)}"{attributes}>{_warning(one)}'


def anchor(result: BlockResult) -> str:
    """The id of the element around a block, by which other pages link to it: the first of a page is 1."""
    return f"truebook-block-{result.ordinal + 1}"


def outcome(result: BlockResult) -> str:
    """What came of a block, in the one or two words that its line begins with."""
    if result.state == "passed":
        return _DONE.get(result.plan) or f"Proved{' in part' if partly(result) else ''}"
    if result.state == "failed":
        return "Failed"
    if result.state == "unknown":
        return "Could not be tested"
    # One with a time was looked at, and does not wait for it.
    return "Not run" if result.started_at else _NOT_DONE[result.plan]


def partly(result: BlockResult) -> bool:
    """Whether it passed without all of it being told."""
    return result.state == "passed" and any(claim.holds is not True for claim in result.claims)


def _warning(one: ShownResult) -> str:
    """Whatever else a block does, and whatever comes of it."""
    judgement = one.planned.judgement
    found = [command.reason for command in judgement.commands if command.verdict == "destructive"]
    if not found and one.result.verdict != "destructive":
        return ""
    why = next(filter(None, [*found, judgement.reason]), "")
    reason = f": {_text(why)}" if why else ""
    return f'<p class="truebook-block__warning" data-search-exclude><strong>Destructive</strong>{reason}</p>'


def closing(one: ShownResult) -> str:
    """The line in words, what is behind it, and the end tag. The site's search leaves it out."""
    result = one.result
    return (
        f'<details class="truebook-result truebook-result--{escape(result.state)}'
        f'{" truebook-result--partly" if partly(result) else ""}" data-search-exclude>'
        f'<summary><span class="truebook-result__said">{_text(said(one))}</span>'
        f"{_aside(one)}</summary>"
        f'<dl class="truebook-result__facts">{"".join(_facts(one))}</dl></details></div>'
    )


def said(one: ShownResult) -> str:
    """The one line that is always seen."""
    result = one.result
    words = outcome(result)
    if result.state == "passed":
        if result.plan in _DONE:
            return words
        # What could not be told is not kept quiet.
        return f"{words}: {sum(claim.holds is True for claim in result.claims)} of {len(result.claims)} claims"
    if result.state == "failed":
        place = f" at line {result.failed_line}" if result.failed_line else ""
        return f"{words}{place}: {result.reason}"
    reason = result.reason.removeprefix("could not be told: " if result.state == "unknown" else "not run: ")
    return f"{words}: {reason}" if reason else words


def _aside(one: ShownResult) -> str:
    """Where and when, for those that were tested."""
    result = one.result
    if not result.started_at:
        return ""
    where = f"{result.cluster or 'a cluster without a name'}{' (recorded)' if one.replayed else ''}"
    return (
        f' <span class="truebook-result__when"><time datetime="{_text(result.started_at)}">'
        f"{_text(_readable(result.started_at))}</time> on {_text(where)}</span>"
    )


def _facts(one: ShownResult) -> Iterator[str]:
    result, judgement = one.result, one.planned.judgement
    yield _fact("Verdict", f"{_word(result.verdict)} {_text(judgement.reason)}")
    if judgement.commands:
        yield _list("Commands", (_command(one, place) for place in range(len(judgement.commands))))
    yield _fact("Plan", f"{_word(result.plan)} {_text(one.planned.reason)}")
    # What a dry run or a proof is, the line above says already.
    if result.reason and result.reason != one.planned.reason:
        yield _fact("Result", f"{_word(result.state)} {_text(result.reason)}")
    if result.values:
        yield _list("Values", map(_value, result.values))
    if result.claims:
        yield _list("Claims", map(_claim, result.claims))
    if result.requests:
        yield _list("Requests", _requests(result.requests))
    if result.started_at:
        yield _fact("When", _when(one))
        yield _fact("Where", _where(one))
    if result.tools:
        yield _fact("Tools", _text(", ".join(f"{name} {version}" for name, version in sorted(result.tools.items()))))
    for note in one.planned.filling.notes:
        yield _fact("Note", _text(note))
    if one.planned.block.options.output and result.output:
        yield _fact("Output", f"<pre><samp>{_output(result.output)}</samp></pre>")


def _command(one: ShownResult, place: int) -> str:
    command = one.planned.judgement.commands[place]
    lines = one.planned.block.lines
    line = lines[min(max(command.line, 1), len(lines)) - 1] if lines else one.planned.block.line
    text = hide(command.text, one.planned.filling.secrets)
    return f"<code>{_text(text)}</code> {_word(command.verdict)} {_text(command.reason)} (line {line})"


def _value(value: FilledValue) -> str:
    source = value.origin if value.evidence is None else f"{value.origin}: {value.evidence}"
    return f"<code>{_text(value.placeholder)}</code> is <code>{_text(value.value)}</code>, from {_text(source)}"


def _claim(claim: Claim) -> str:
    source = f" <code>{_text(claim.source)}</code>" if claim.source else ""
    return f"{_word(_HOLDS[claim.holds])} {_text(claim.text)}{source}"


def _requests(requests: tuple[RequestRecord, ...]) -> Iterator[str]:
    for one in requests[:MOST]:
        reason = f", {one.reason}" if one.reason else ""
        yield (
            f"{_word(one.decision)} <code>{_text(f'{one.method} {one.path}')}</code> "
            f"{_text(f'{one.system}: {one.status}{reason}')}"
        )
    if len(requests) > MOST:
        yield f"and {len(requests) - MOST} more"


def _when(one: ShownResult) -> str:
    result = one.result
    cached = "; nothing changed since, so it was not run again" if result.cached else ""
    return _text(f"{_readable(result.started_at)}, in {result.duration:.2f} s{cached}")


def _where(one: ShownResult) -> str:
    what = "a recording, replayed" if one.replayed else "live"
    origin = f": {one.origin}" if one.origin else ""
    return _text(f"{one.result.cluster or 'a cluster without a name'}, {what}{origin}")


def _fact(name: str, html: str) -> str:
    return f"<dt>{name}</dt><dd>{html}</dd>"


def _list(name: str, items: Iterable[str]) -> str:
    return _fact(name, f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")


def _word(word: str) -> str:
    """A word of ours that stands out."""
    return f'<span class="truebook-result__word">{escape(word)}</span>'


def _text(text: str) -> str:
    return escape(visible(text, LINE_LIMIT))


def _output(text: str) -> str:
    return "\n".join(
        escape("".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in line))
        for line in text.rstrip().split("\n")
    )


def _readable(stamp: str) -> str:
    """`2026-11-24T05:30:00Z` as `24 November 2026, 05:30 UTC`; anything else as it stands."""
    try:
        moment = datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return stamp
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
