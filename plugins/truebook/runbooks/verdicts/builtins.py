"""The shell's own commands: those that change what later words mean are refused."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts.expand import Expander
from truebook.runbooks.verdicts.ruling import MANY, Argv, Inner, Ruling, literal, shown, unknown
from truebook.runbooks.verdicts.tools import TOOLS
from truebook.runbooks.verdicts.variables import dangerous

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FRESH = re.compile(r"[A-Za-z0-9_.:-]+")
_PLAIN_FOLDER = re.compile(r"-|[\w./~@%:,\x00][\w./~@%:,+=\x00-]*")
_OTHERS = """
if then else elif fi for while until do done case esac in function select time coproc export declare local readonly
typeset unset test getopts caller logout suspend bg kill history bind complete compgen compopt help
"""
_READ_OTHERWISE = frozenset(_OTHERS.split())
"""Keywords, and builtins that are read by their place in the tree, or by no table."""
_OPERATOR = re.compile(r"-[a-zA-Z]{1,2}|==?|!=|!|=~|[<>]")
_ARITHMETIC_TESTS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_SAFE_SET = re.compile(r"[-+][eEuxfvnCho]*[eEuxfvnC]")
_SAFE_OPTIONS = frozenset({"errexit", "errtrace", "nounset", "xtrace", "pipefail", "noglob", "verbose", "noclobber"})


def _refuse(name: str, why: str) -> Callable[[Argv], Ruling]:
    return lambda _words: unknown(f"{name} {why}")


def _harmless(reason: str) -> Callable[[Argv], Ruling]:
    return lambda _words: Ruling("read", reason)


def _set(words: Argv) -> Ruling:
    position = 0
    while position < len(words):
        word = words[position]
        if word in ("--", "-"):
            break
        if word in ("-o", "+o") or (re.fullmatch(r"[-+][eEuxf]*o", word) and position + 1 < len(words)):
            if position + 1 >= len(words) or words[position + 1] not in _SAFE_OPTIONS:
                return unknown("set -o with an option that is not known to be harmless")
            position += 2
            continue
        if not _SAFE_SET.fullmatch(word):
            return unknown(f"set {shown(word)} is not known to be harmless")
        position += 1
    if not words:
        return Ruling("secret", "prints all variables")
    return Ruling("read", "sets the shell's options")


def _read(words: Argv) -> Ruling:
    names: list[str] = []
    position = 0
    asks = False
    while position < len(words):
        word = words[position]
        position += 1
        asks = asks or (word.startswith("-") and "p" in word)
        if word in ("-r", "-s", "-a", "-ra", "-rs", "-sr", "-ar"):
            continue
        if word in ("-p", "-d", "-n", "-t", "-u", "-rp", "-rsp", "-sp", "-srp", "-rd", "-rn"):
            position += 1
            continue
        if not _NAME.fullmatch(word) or dangerous(word):
            return unknown(f"read {shown(word)} is not judged")
        names.append(word)
    if asks:
        return Ruling("interactive", "asks and waits for an answer")
    return Ruling("read", "reads a line", assigns=tuple(names or ["REPLY"]))


def _mapfile(words: Argv) -> Ruling:
    names = [word for word in words if word != "-t"]
    if len(names) > 1 or not all(_NAME.fullmatch(name) and not dangerous(name) for name in names):
        return unknown("mapfile is judged with -t and one name only")
    return Ruling("read", "reads lines", assigns=tuple(names or ["MAPFILE"]))


def _command(words: Argv) -> Ruling:
    if words[:1] in (("-v",), ("-V",)):
        return Ruling("read", "says where a command is")
    if not words or words[0].startswith("-"):
        return unknown("this form of command is not judged")
    return Ruling("read", f"runs {shown(words[0])}", (Inner(words, transparent=True),))


def hides(name: str) -> bool:
    """Whether an alias or a function of this name would change what a known command or a keyword does."""
    return name in TOOLS or name in BUILTINS or name in _READ_OTHERWISE or not _FRESH.fullmatch(name)


def _alias(words: Argv) -> Ruling:
    """The block's shell expands aliases: a new name only makes a command that no table knows."""
    for word in words:
        name, equals, _ = word.partition("=")
        if not equals or MANY in word or hides(name):
            return unknown(f"alias {shown(word)} may change what a known command does")
    return Ruling("read", "names an alias, whose use is not judged")


def _trap(words: Argv) -> Ruling:
    if words[:1] in (("-p",), ("-l",), ("-",)):
        return Ruling("read", "asks for or resets traps")
    if len(words) < 2 or words[0].startswith("-") or not literal(words[0]):
        return unknown("a trap whose commands are not known")
    return Ruling("read", "sets a trap", (Inner(script=words[0], where="in a trap"),))


def _exec(words: Argv) -> Ruling:
    if not words or words[0].startswith("-"):
        return unknown("exec changes the shell's own files")
    return Ruling("read", f"becomes {shown(words[0])}", (Inner(words),))


def _wait(words: Argv) -> Ruling:
    return (
        Ruling("read", "waits for jobs")
        if all(not word.startswith("-") for word in words)
        else unknown("wait with flags")
    )


def _type(words: Argv) -> Ruling:
    return Ruling("read", "says what a command is")


def _hash(words: Argv) -> Ruling:
    return unknown("hash with flags changes which program runs") if words else Ruling("read", "lists programs")


def _folder(words: Argv) -> Ruling:
    """A folder's name gets into PWD and OLDPWD, where later words may be split by it."""
    known = all(_PLAIN_FOLDER.fullmatch(word) for word in words)
    return Ruling("read", "changes the folder", assigns=() if known else ("PWD", "OLDPWD", "DIRSTACK"))


_RUNS_TEXT = "runs text that is not known before the script runs"
BUILTINS: dict[str, Callable[[Argv], Ruling]] = {
    "set": _set,
    "read": _read,
    "mapfile": _mapfile,
    "readarray": _mapfile,
    "command": _command,
    "builtin": _command,
    "alias": _alias,
    "trap": _trap,
    "exec": _exec,
    "wait": _wait,
    "type": _type,
    "hash": _hash,
    "eval": _refuse("eval", _RUNS_TEXT),
    "source": _refuse("source", _RUNS_TEXT),
    ".": _refuse("source", _RUNS_TEXT),
    "coproc": _refuse("coproc", "is not judged"),
    "let": _refuse("let", "evaluates text that may hold commands"),
    "shopt": _refuse("shopt", "changes how words are read"),
    "enable": _refuse("enable", "changes which program runs"),
    "unalias": _harmless("forgets an alias"),
    "cd": _folder,
    "pushd": _folder,
    "popd": _folder,
    "dirs": _harmless("lists folders"),
    "exit": _harmless("ends the script"),
    "return": _harmless("ends the function"),
    "break": _harmless("ends the loop"),
    "continue": _harmless("goes on with the loop"),
    "shift": _harmless("shifts the arguments"),
    "jobs": _harmless("lists jobs"),
    "times": _harmless("prints times"),
    "ulimit": _harmless("limits the shell itself"),
    "umask": _harmless("sets the mask of new files"),
    "disown": _refuse("disown", "lets a process outlive the script"),
    "fg": lambda _words: Ruling("interactive", "brings a job to the terminal"),
}


def check_test(node: Node, expander: Expander) -> None:
    """Raise `Problem` for a `[ ]` or `[[ ]]` that bash would read as something else than one test.

    `[ a > b ]` writes a file, `[ a && b ]` runs `b`, and `[[ $x -eq 1 ]]` evaluates the text of `x`.
    """
    double = node.children[0].type == "[["
    stack = list(node.children[1:-1])
    operators: list[str] = []
    operands: list[Node] = []
    while stack:
        part = stack.pop()
        if part.type in ("unary_expression", "binary_expression", "negation_expression") or (
            double and part.type == "parenthesized_expression"
        ):
            stack.extend(part.children)
        elif part.type == "regex" and double:
            if not re.fullmatch(r"[^\s;&<>\"'`$]*\$?|[^\s;&<>\"'`$]*\$[|)][^\s;&<>\"'`$]*", expander.text(part)):
                raise Problem("a pattern that is not understood")
        elif part.type == "extglob_pattern" and double:
            if not re.fullmatch(r"[^\s;&<>\"'`$()|]+", expander.text(part)):
                raise Problem("a pattern that is not understood")
        elif part.is_named and part.type != "test_operator":
            operands.append(part)
        else:
            operators.append(expander.text(part))
    for operator in operators:
        joined = double and operator in ("&&", "||", "(", ")")
        if not joined and (not _OPERATOR.fullmatch(operator) or (not double and operator in "<>")):
            raise Problem(f"`{operator}` in a test is not understood")
    values = [frozenset().union(*expander.fields(operand)) for operand in operands]
    if double and _ARITHMETIC_TESTS & set(operators):
        for known in values:
            if not all(re.fullmatch(r"\x00|-?[0-9]+|", value) for value in known):
                raise Problem("the test evaluates the text of a variable, which may hold commands")
    if {"-v", "-R"} & set(operators):
        for known in values:
            if not all(_NAME.fullmatch(value) for value in known):
                raise Problem("the test evaluates the name of a variable, which may hold commands")
    if not double and any("]" in known for known in values):
        raise Problem("a test that ends elsewhere")
