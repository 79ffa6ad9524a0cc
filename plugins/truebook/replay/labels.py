"""Label selectors: the grammar of `-l` and of `?labelSelector=`, with the API server's messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from truebook.replay.quoting import quote

Labels = Mapping[str, str]
Predicate = Callable[[Labels], bool]

NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
TOKEN = re.compile(r"\s*(?:(==|!=|[=!(),<>])|([^\s=!(),<>]+))")
SET_OPERATORS = ("in", "notin")
OPERATORS = {"=", "==", "!=", "<", ">", *SET_OPERATORS}
SYMBOLS = {"=", "==", "!=", "<", ">", "!", "(", ")", ",", ""}
NAME_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    f"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{NAME}')"
)
VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


class SelectorError(ValueError):
    """A selector that cannot be read; the message is the API server's."""


def parse(selector: str) -> Predicate:
    """A predicate over an object's labels. Raises SelectorError."""
    return _Parser(selector).parse()


class _Parser:
    def __init__(self, selector: str) -> None:
        self.tokens = [symbol or word for symbol, word in TOKEN.findall(selector)]
        self.position = 0

    def parse(self) -> Predicate:
        requirements: list[Predicate] = []
        while True:
            if self._next() in SYMBOLS - {"!", ""}:
                raise SelectorError(f"found '{self._next()}', expected: !, identifier, or 'end of string'")
            if not self._next():
                break
            try:
                requirements.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            after = self._take()
            if not after:
                break
            if after != ",":
                raise SelectorError(f"found '{after}', expected: ',' or 'end of string'")
            if self._next() in SYMBOLS - {"!"}:
                raise SelectorError(f"found '{self._next()}', expected: identifier after ','")
        return lambda labels: all(holds(labels) for holds in requirements)

    def _requirement(self) -> Predicate:
        absent = self._next() == "!"
        if absent:
            self._take()
        key = self._identifier("identifier")
        _check_key(key)
        if absent:
            return lambda labels: key not in labels
        if self._next() in ("", ","):
            return lambda labels: key in labels
        operator = self._take()
        if operator not in OPERATORS:
            raise SelectorError(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._set() if operator in SET_OPERATORS else self._value()
        return _predicate(key, operator, values)

    def _set(self) -> set[str]:
        opening = self._take()
        if opening != "(":
            raise SelectorError(f"found '{opening}' expected: '('")
        if self._next() in SYMBOLS - {",", ")"}:
            raise SelectorError(f"found '{self._next()}', expected: ',', ')' or identifier")
        values: set[str] = set()
        expect_value = True
        while True:
            found = self._take()
            if found in (",", ")"):
                if expect_value:  # "(,a)", "(a,)", "()": an empty value
                    values.add("")
                if found == ")":
                    return values
                expect_value = True
            elif expect_value and found not in SYMBOLS:
                values.add(found)
                expect_value = False
            else:
                expected = "',', or identifier" if expect_value else "',' or ')'"
                raise SelectorError(f"found '{found}', expected: {expected}")

    def _value(self) -> set[str]:
        return {""} if self._next() in ("", ",") else {self._identifier("identifier")}

    def _identifier(self, expected: str) -> str:
        token = self._take()
        if token in SYMBOLS:
            raise SelectorError(f"found '{token}', expected: {expected}")
        return token

    def _next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self.position += 1
        return token


def _predicate(key: str, operator: str, values: set[str]) -> Predicate:
    if operator in ("<", ">"):
        limit = _integer(next(iter(values)))
        if limit is None:
            invalid = next(iter(values))
            rule = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise SelectorError(f"values[0]: Invalid value: {quote(invalid)}: {rule}")
        return lambda labels: _compare(operator, labels.get(key), limit)
    for index, value in enumerate(sorted(values)):
        problems = value_problems(value)
        if problems:
            raise SelectorError(f"values[{index}][{key}]: Invalid value: {quote(value)}: {'; '.join(problems)}")
    if operator in ("in", "=", "=="):
        return lambda labels: labels.get(key) in values
    return lambda labels: labels.get(key) not in values


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else None


def _compare(operator: str, label: str | None, limit: int) -> bool:
    value = None if label is None else _integer(label)
    return value is not None and (value < limit if operator == "<" else value > limit)


def _check_key(key: str) -> None:
    problems = key_problems(key)
    if problems:
        raise SelectorError(f"<nil>: Invalid value: {quote(key)}: {'; '.join(problems)}")


def key_problems(key: str) -> list[str]:
    """What is wrong with a label's or annotation's key, in the API server's words."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return [
            f"a valid label key {NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    problems = []
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif slash and not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", prefix):
        problems.append(
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
            "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
            "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part must be no more than 63 bytes")
    if not re.fullmatch(NAME, name):
        problems.append(f"name part {NAME_RULE}")
    return problems


def value_problems(value: str) -> list[str]:
    """What is wrong with a label's value, in the API server's words."""
    problems = [] if len(value) <= 63 else ["must be no more than 63 bytes"]
    if not re.fullmatch(f"({NAME})?", value):
        problems.append(VALUE_RULE)
    return problems
