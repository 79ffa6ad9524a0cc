"""Filling: values for the placeholders of a block.

`<name>` first, `$NAME` that nothing on the page sets second. A value comes from the first of these that has one:

1. `--var NAME=value`;
2. the environment: variables that the setting `runbooks.environment` allows, and any `TRUEBOOK_VAR_NAME`;
3. the block's own option `values`;
4. the page's front matter, `truebook: {values: {NAME: value}}`;
5. the setting `runbooks.values`;
6. the inventory: one component, the page's own first, answers for all of a block.

Names match by their words (`app-name`, `APP_NAME`, `appName`), and by their meaning (`namespace` fills `<ns>`).
What is called like a secret is never filled from the cluster or the environment, and its value is shown nowhere.
A placeholder without a value is missing, and its block is not run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from truebook.model import Block, FilledValue, Filling, Inventory
from truebook.redact import REDACTED, is_secret_name
from truebook.runbooks.fill.choose import Choice, choose
from truebook.runbooks.fill.facts import Facts, read_facts
from truebook.runbooks.fill.roles import Wish, alike, canonical, wish
from truebook.runbooks.fill.scan import PROVIDED, Token, names_set, shouted, tokens
from truebook.runbooks.fill.write import written

__all__ = [
    "ENVIRONMENT_PREFIX",
    "Facts",
    "Memo",
    "Variables",
    "asked",
    "fill",
    "from_environment",
    "names_set",
    "read_facts",
    "stand_in",
]

_REACH = 500
"""Characters of a command, on either side of a placeholder, that may say what it asks for."""

_PLACES = 50
"""Places of one placeholder that are looked at."""

Memo = dict[tuple[object, ...], dict[str, Choice]]

ENVIRONMENT_PREFIX = "TRUEBOOK_VAR_"
"""`TRUEBOOK_VAR_APP_NAME=vault` fills `<app-name>`."""

_COMMAND_ENDS = re.compile(r"\n|;|&&|\|\|?|\$\(|`")
_BRACED = re.compile(r"(?<![$\w{\\\"'])\{([a-z][a-z0-9_-]{1,40})\}(?!\})")
_BRACKETED = re.compile(r"(?:(?<=\s)|(?<=[/=]))\[([a-z][a-z0-9 _-]{2,40})\](?=\s|/|$)")


@dataclass(frozen=True, slots=True)
class Variables:
    """Values that were given, by where: pairs of an origin (`--var`, `environment`, …) and its names and values."""

    chain: tuple[tuple[str, Mapping[str, str]], ...] = ()
    _index: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for origin, values in self.chain:
            for name, value in values.items():
                self._index.setdefault(canonical(name), (value, origin))
        for origin, values in self.chain:
            for name, value in values.items():
                if role := alike(name):
                    self._index.setdefault(f"role:{role}", (value, origin))

    def with_block(self, values: Mapping[str, str]) -> Variables:
        """These, with the block's own: behind `--var` and the environment, before all else."""
        if not values:
            return self
        first = [entry for entry in self.chain if entry[0] in ("--var", "environment")]
        rest = [entry for entry in self.chain if entry[0] not in ("--var", "environment")]
        return Variables((*first, ("block", values), *rest))

    def get(self, name: str) -> tuple[str, str] | None:
        """The value for a name and its origin. Its own name goes before one of the same meaning."""
        role = alike(name)
        return self._index.get(canonical(name)) or (self._index.get(f"role:{role}") if role else None)


def from_environment(environment: Mapping[str, str], allowed: Collection[str]) -> dict[str, str]:
    """What of the environment may fill placeholders: nothing that is not meant to."""
    found = {
        name.removeprefix(ENVIRONMENT_PREFIX): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    return {name: environment[name] for name in allowed if name in environment} | found


def fill(
    block: Block,
    *,
    inventory: Inventory | None,
    variables: Variables | None = None,
    page_component: str | None = None,
    session_names: Collection[str] = (),
    facts: Facts | None = None,
    memo: Memo | None = None,
) -> Filling:
    """The block's script with all placeholders that have a value; pure.

    `session_names` are variables that earlier blocks of its session set. `facts` are the names of the cluster's
    objects. `memo`, where it is given, remembers what was chosen: for blocks with the same inventory and facts. The
    script keeps its lines: line i of it is line i of `block.script`.
    """
    script = block.script
    here = names_set(script)
    found = [
        token
        for token in tokens(script)
        if token.kind == "placeholder"
        or not (token.name in here or token.name in session_names or token.name in PROVIDED)
    ]
    given = (variables or Variables()).with_block(block.options.values)
    notes = _other_styles(script)
    values = _given(found, given)
    wishes = _wishes(script, [token for token in found if token.text not in values], values)
    if inventory is not None and wishes:
        key = (page_component, *((text, *asked) for text, asked in wishes.items()))
        chosen = None if memo is None else memo.get(key)
        if chosen is None:
            chosen = choose(wishes, inventory=inventory, facts=facts or Facts(), page_component=page_component)
            if memo is not None:
                memo[key] = chosen
        for text, choice in chosen.items():
            values[text] = FilledValue(text, choice.value, "inventory", choice.evidence)
    filled, used, refused = _put(script, found, values)
    notes += [f"{text}: its value cannot be written there" for text in refused]
    missing = dict.fromkeys(token.text for token in found if token.text not in used)
    missing |= dict.fromkeys(token.text for token in shouted(script))
    names = {token.text: token.name for token in found}
    secrets = {text for text in used if is_secret_name(names[text])}
    shown = (replace(values[text], value=REDACTED) if text in secrets else values[text] for text in used)
    hidden = tuple(values[text].value for text in used if text in secrets)
    return Filling(filled, tuple(shown), tuple(missing), tuple(notes), hidden)


def asked(script: str) -> dict[str, list[Wish]]:
    """What each placeholder and variable of a script asks of the cluster, at each place that it stands in."""
    return _wishes(script, sorted([*tokens(script), *shouted(script)], key=lambda token: token.start), {})


def stand_in(script: str) -> tuple[str, dict[str, str]]:
    """The script with a plain word for each placeholder that is left, and what each word stands for.

    For a verdict on what a block would do if it were filled: it is not to be run.
    """
    words: dict[str, str] = {}
    pieces: list[str] = []
    at = 0
    for token in tokens(script):
        if token.kind == "placeholder":
            word = words.setdefault(token.text, f"unfilled{len(words)}x")
            pieces += [script[at : token.start], word]
            at = token.end
    return "".join([*pieces, script[at:]]), {word: text for text, word in words.items()}


def _given(found: Iterable[Token], variables: Variables) -> dict[str, FilledValue]:
    values: dict[str, FilledValue] = {}
    for token in found:
        given = variables.get(token.name)
        if given is None or token.text in values:
            continue
        value, origin = given
        if origin == "environment" and is_secret_name(token.name):
            continue
        values[token.text] = FilledValue(token.text, value, origin)
    return values


def _wishes(script: str, found: Sequence[Token], given: Mapping[str, FilledValue]) -> dict[str, list[Wish]]:
    """What each placeholder asks of the cluster, at each place that it stands in."""
    wishes: dict[str, list[Wish]] = {}
    seen: Counter[str] = Counter()
    starts = [0, *(match.end() for match in _COMMAND_ENDS.finditer(script))]
    place = 0
    for token in found:
        while place + 1 < len(starts) and starts[place + 1] <= token.start:
            place += 1
        seen[token.text] += 1
        if is_secret_name(token.name) or seen[token.text] > _PLACES:
            continue
        ending = _COMMAND_ENDS.search(script, token.end)
        before = script[max(starts[place], token.start - _REACH) : token.start]
        after = script[token.end : min(ending.start() if ending else len(script), token.end + _REACH)]
        for text, value in given.items():  # a namespace that was given says where to look
            before, after = before.replace(text, value.value), after.replace(text, value.value)
        one = wish(token.name, before, after)
        if one.role:
            wishes.setdefault(token.text, [])
            if one not in wishes[token.text]:
                wishes[token.text].append(one)
    return wishes


def _put(
    script: str, found: Sequence[Token], values: Mapping[str, FilledValue]
) -> tuple[str, dict[str, None], dict[str, None]]:
    """The script with the values in it, the placeholders that got theirs, and those whose value was refused."""
    used: dict[str, None] = {}
    refused: dict[str, None] = {}
    for token in found:
        if token.text in values:
            fits = written(values[token.text].value, token.mode, token.until) is not None
            (used if fits else refused).setdefault(token.text)
    pieces: list[str] = []
    at = 0
    for token in found:
        if token.text not in used or token.text in refused:
            used.pop(token.text, None)
            continue
        pieces += [script[at : token.start], written(values[token.text].value, token.mode) or ""]
        at = token.end
    return "".join([*pieces, script[at:]]), used, refused


def _other_styles(script: str) -> list[str]:
    """Placeholders of other styles, which are said and not guessed."""
    found = dict.fromkeys(token.text for token in shouted(script))
    bare = re.sub(r"'[^']*'", "''", script)
    for pattern in (_BRACED, _BRACKETED):
        found |= dict.fromkeys(match.group() for match in pattern.finditer(bare))
    return [f"{text} may be a placeholder (write <{canonical(text.strip('{}[]'))}>)" for text in found]
