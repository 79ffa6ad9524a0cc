"""Words of the tree as the texts that bash would make of them.

Each leaf is read again here by bash's own quoting rules. Where that reading and the tree's disagree, the word is
refused: a verdict must not rest on a word that bash sees differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

from tree_sitter import Node

from truebook.runbooks.shell import Problem, walk
from truebook.runbooks.verdicts.ruling import ANY, MANY, NAME, Argv
from truebook.runbooks.verdicts.variables import UNKNOWN, UNSET, Scope, Values, dangerous

MOST_READINGS = 32
"""A command whose words can be read in more ways is not judged."""

DEEPEST = 40
"""Expansions nested deeper than this are not judged."""

QUOTED, PLAIN, SPLIT = "quoted", "plain", "split"

Part = tuple[Values, str]
"""A piece of a word: what it may be, and whether it is quoted, written plainly, or an expansion that bash splits."""

Word = Node | str
"""A word of the tree, or one that the tree lost and that stands for itself."""

Substitute = Callable[[Node], Values]
"""Judges the commands of a `$( )`, and says what is known of their output."""

_WORD = re.compile(r"(?:[^\s\\'\"$`|&;<>()]|\\[^\n])+")
_EASY = re.compile(r"[A-Za-z0-9_./:,@%+=-]+")
_UNESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STRING_UNESCAPE = re.compile(r"\\([$`\"\\])|\\\n")
_STRING_TEXT = re.compile(r"(?:[^\\\"`$]|\\.|\$(?![A-Za-z0-9_{(@*#?$!'\"-]))*+", re.DOTALL)
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
_SIMPLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!_-])")
_PLAIN_EXPANSION = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LENGTH = re.compile(r"\$\{#[A-Za-z_][A-Za-z0-9_]*(?:\[[@*]\])?\}")
_DEFAULT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:?[-=+?])")
_CUT = re.compile(
    r"\$\{[A-Za-z_][A-Za-z0-9_]*(?:\[(?:[0-9]+|[@*])\])?(?:(?:%%?|##?|//?|\^\^?|,,?)[^}'\"\n]*|:[ 0-9:-]+)?\}"
)
_ARITHMETIC = re.compile(r"[\w\s$+\-*/%()<>=!&|^~?:,{}\x00]*")
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SUBSCRIPT = re.compile(r"(['\"]?)[\w./@:-]+\1")
_ANSI = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ANSI_ESCAPE = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{1,4})|(.))", re.DOTALL
)
_ANSI_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NUMBER_LIKE = re.compile(r"\x00|-?[0-9]*")


class Expander:
    """Expands the words of one script, by what its variables may hold."""

    def __init__(self, source: bytes, scope: Scope, substitute: Substitute) -> None:
        self.source = source
        self.scope = scope
        self.substitute = substitute
        self.depth = 0

    def text(self, node: Node) -> str:
        """The source of `node`."""
        return self.source[node.start_byte : node.end_byte].decode()

    def readings(self, words: list[Word]) -> list[Argv]:
        """All word lists that bash may make of `words`."""
        choices = [[(word,)] if isinstance(word, str) else self.fields(word) for word in words]
        count = 1
        for choice in choices:
            count *= len(choice)
            if count > MOST_READINGS:
                raise Problem("its variables can be read in too many ways")
        return [tuple(field for fields in reading for field in fields) for reading in product(*choices)]

    def fields(self, node: Node) -> list[Argv]:
        """What one word of the source may become: each reading is none, one or more words."""
        if node.type in ("word", "number"):
            text = self.text(node)
            if _EASY.fullmatch(text):
                return [(text,)]
        parts = self.parts(node)
        if _has_braces(parts):
            return [(MANY,)]
        count = 1
        for values, _ in parts:
            count *= len(values)
        if count > MOST_READINGS:
            raise Problem("its variables can be read in too many ways")
        readings: set[Argv] = set()
        for reading in product(*([(value, kind) for value in values] for values, kind in parts)):
            readings |= {_join(reading, _globbed), _join(reading, _unmatched)}
        return sorted(readings)

    def value(self, node: Node) -> Values:
        """What a variable is set to by `=node`: nothing is split, no file names are matched."""
        if node.type == "array":
            for child in node.named_children:
                text = self.text(child)
                if text.startswith("[") and "=" in text:
                    self.subscript(text[1:].partition("]")[0])
                self.parts(child.named_children[-1] if child.type == "variable_assignment" else child)
            return frozenset({MANY})
        parts = self.parts(node)
        count = 1
        for values, _ in parts:
            count *= len(values)
        if count > MOST_READINGS:
            return UNKNOWN
        return frozenset("".join(reading) for reading in product(*(values for values, _ in parts)))

    def parts(self, node: Node) -> list[Part]:
        """The pieces of a word."""
        handler = _HANDLERS.get(node.type)
        if handler is None or self.depth > DEEPEST:
            raise Problem(f"{node.type.replace('_', ' ')} is not judged here")
        self.depth += 1
        try:
            return handler(self, node)
        finally:
            self.depth -= 1

    def _word(self, node: Node) -> list[Part]:
        text = self.text(node)
        if not _WORD.fullmatch(text):
            raise Problem(f"`{text}` is not one plain word")
        if "\\" not in text:
            return [(frozenset({text}), PLAIN)]
        pieces: list[Part] = []
        last = 0
        for found in _UNESCAPE.finditer(text):
            if found.start() > last:
                pieces.append((frozenset({text[last : found.start()]}), PLAIN))
            pieces.append((frozenset({found[1]}), QUOTED))
            last = found.end()
        if last < len(text):
            pieces.append((frozenset({text[last:]}), PLAIN))
        return pieces

    def _number(self, node: Node) -> list[Part]:
        text = self.text(node)
        if not re.fullmatch(r"-?(?:0x)?[0-9A-Fa-f]+(?:#[0-9A-Za-z@_]+)?", text):
            raise Problem(f"`{text}` is not one plain word")
        return [(frozenset({text}), PLAIN)]

    def _raw_string(self, node: Node) -> list[Part]:
        text = self.text(node)
        if len(text) < 2 or text[0] != "'" or text.find("'", 1) != len(text) - 1:
            raise Problem("a quote that bash would close elsewhere")
        return [(frozenset({text[1:-1]}), QUOTED)]

    def _ansi_string(self, node: Node) -> list[Part]:
        found = _ANSI.fullmatch(self.text(node))
        if found is None:
            raise Problem("a quote that bash would close elsewhere")
        return [(frozenset({_ANSI_ESCAPE.sub(_ansi, found[1])}), QUOTED)]

    def _string(self, node: Node) -> list[Part]:
        text = self.text(node)
        if len(text) < 2 or text[0] != '"' or text[-1] != '"':
            raise Problem("a quote that bash would close elsewhere")
        parts = self.interpolated(node, node.start_byte + 1, node.end_byte - 1)
        return [(values, QUOTED) for values, _ in parts] or [(frozenset({""}), QUOTED)]

    def interpolated(self, node: Node, start: int, end: int, allowed: re.Pattern[str] = _STRING_TEXT) -> list[Part]:
        """The expansions below `node`, and the text between them, which must be `allowed`: it may hold no others."""
        parts: list[Part] = []
        position = start
        for child in node.named_children:
            if child.type in ("string_content", "heredoc_content"):
                continue
            self._quoted_text(position, child.start_byte, parts, allowed)
            parts += [(values, QUOTED) for values, _ in self.parts(child)]
            position = child.end_byte
        self._quoted_text(position, end, parts, allowed)
        return parts

    def _quoted_text(self, start: int, end: int, parts: list[Part], allowed: re.Pattern[str]) -> None:
        text = self.source[start:end].decode()
        if not allowed.fullmatch(text):
            raise Problem("quoted text in which bash would see more than the tree does")
        if text:
            parts.append((frozenset({_STRING_UNESCAPE.sub(lambda found: found[1] or "", text)}), QUOTED))

    def _concatenation(self, node: Node) -> list[Part]:
        parts: list[Part] = []
        position = node.start_byte
        for child in node.children:
            if child.start_byte != position:
                raise Problem("words that bash would separate")
            if child.is_named:
                parts += self.parts(child)
            elif self.text(child) not in ("`", "$"):
                parts.append((frozenset({self.text(child)}), PLAIN))
            else:
                raise Problem(f"`{self.text(node)}` is not one plain word")
            position = child.end_byte
        return parts

    def _simple_expansion(self, node: Node) -> list[Part]:
        found = _SIMPLE.fullmatch(self.text(node))
        if found is None:
            raise Problem(f"`{self.text(node)}` is not understood")
        return [(self.variable(found[1]), SPLIT)]

    def variable(self, name: str) -> Values:
        """What `$name` may be."""
        if name in self.scope:
            return self.scope[name]
        if name in ("@", "*"):
            return frozenset({MANY})
        if name in ("#", "?", "$", "!"):
            return UNSET
        return UNKNOWN if name in ("-", "_") or name.isdigit() else self.scope[name]

    def _expansion(self, node: Node) -> list[Part]:
        text = self.text(node)
        if found := _PLAIN_EXPANSION.fullmatch(text):
            return [(self.variable(found[1]), SPLIT)]
        inner = [child for child in node.named_children if child.type not in ("variable_name", "subscript")]
        if _LENGTH.fullmatch(text):
            return [(UNSET, SPLIT)]
        if found := _DEFAULT.match(text):
            return [(self._default(node, inner, found[1], found[2][-1], text[found.end() : -1]), SPLIT)]
        nested = [child for child in walk(node) if child.type in ("command_substitution", "process_substitution")]
        if not _CUT.fullmatch(text) or "$(" in text or "`" in text or nested:
            raise Problem(f"`{text}` is not understood")
        return [(frozenset({MANY if "[" in text else ANY}), SPLIT)]

    def _default(self, node: Node, inner: list[Node], name: str, operator: str, written: str) -> Values:
        """`${X:-default}` and its kin."""
        values = self.variable(name)
        if self.text(node)[2 + len(name)] == ":" and operator != "+":
            values -= {""}
        if operator == "?":
            if "$" in written or "`" in written:
                raise Problem(f"`{self.text(node)}` is not understood")
            return values
        if "".join(self.text(child) for child in inner) != written:
            raise Problem(f"`{self.text(node)}` is not understood")
        default: Values = frozenset({""})
        if inner:
            default = self.value(inner[0]) if len(inner) == 1 else UNKNOWN
            for child in inner[1:]:
                self.parts(child)
        if operator == "=":
            if dangerous(name):
                raise Problem(f"`{self.text(node)}` sets {name}, which changes what other commands do")
            self.scope[name] = values | default
        return values | default | (frozenset({""}) if operator == "+" else frozenset())

    def _command_substitution(self, node: Node) -> list[Part]:
        if self.source[node.start_byte] == 0x60 and b"\\" in self.source[node.start_byte : node.end_byte]:
            raise Problem("a backslash within backticks")
        return [(self.substitute(node), SPLIT)]

    def _process_substitution(self, node: Node) -> list[Part]:
        self.substitute(node)
        return [(frozenset({"/dev/fd/" + NAME}), QUOTED)]

    def _arithmetic(self, node: Node) -> list[Part]:
        self.arithmetic(node)
        return [(UNSET, SPLIT)]

    def arithmetic(self, node: Node) -> None:
        """Judge the commands within, and refuse variables whose text bash would evaluate in its turn."""
        text = self.source[node.start_byte : node.end_byte]
        for child in walk(node):
            if child.type in ("command_substitution", "process_substitution"):
                if self.substitute(child) != UNSET:
                    raise Problem("arithmetic evaluates the text that a command prints, which may hold commands")
                hole = b"\0" * (child.end_byte - child.start_byte)
                start = child.start_byte - node.start_byte
                text = text[:start] + hole + text[start + len(hole) :]
            elif child.type == "subscript":
                raise Problem("an array element within arithmetic")
        plain = text.decode()
        bare = _VARIABLE.sub("0", plain)
        if (
            not _ARITHMETIC.fullmatch(plain)
            or set("${}") & set(bare.removeprefix("$").removeprefix("$"))
            or re.search(r"[\w}]\s+[\w$]", plain)
        ):
            raise Problem("arithmetic that is not understood")
        for name in _NAMES.findall(plain):
            if not all(_NUMBER_LIKE.fullmatch(value) for value in self.scope[name]):
                raise Problem(f"arithmetic evaluates the text of {name}, which may hold commands")
            if re.search(
                rf"\b{name}\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|\b{name}\s*(?:\+\+|--)|(?:\+\+|--)\s*{name}\b", plain
            ):
                if dangerous(name):
                    raise Problem(f"arithmetic sets {name}, which changes what other commands do")
                self.scope[name] = UNSET

    def braced(self, node: Node) -> bool:
        """Whether bash would make several words of a word by its braces."""
        return _has_braces(self.parts(node))

    def subscript(self, text: str) -> None:
        """Refuse a subscript that is more than a name or a number, or the name of a variable whose text bash would
        evaluate in its turn."""
        if not _SUBSCRIPT.fullmatch(text):
            raise Problem(f"the subscript `{text}` is not understood")
        for name in _NAMES.findall(text):
            if not all(_NUMBER_LIKE.fullmatch(value) for value in self.scope[name]):
                raise Problem(f"a subscript evaluates the text of {name}, which may hold commands")

    def _many(self, node: Node) -> list[Part]:
        return [(frozenset({MANY}), SPLIT)]


_HANDLERS: dict[str, Callable[[Expander, Node], list[Part]]] = {
    "word": Expander._word,
    "number": Expander._number,
    "test_operator": Expander._word,
    "variable_name": Expander._word,
    "special_variable_name": Expander._word,
    "raw_string": Expander._raw_string,
    "ansi_c_string": Expander._ansi_string,
    "string": Expander._string,
    "concatenation": Expander._concatenation,
    "simple_expansion": Expander._simple_expansion,
    "expansion": Expander._expansion,
    "command_substitution": Expander._command_substitution,
    "process_substitution": Expander._process_substitution,
    "arithmetic_expansion": Expander._arithmetic,
    "brace_expression": Expander._many,
}


def _ansi(found: re.Match[str]) -> str:
    letter, hexadecimal, octal, point, other = found.groups()
    if letter:
        return _ANSI_LETTERS.get(letter, letter)
    if hexadecimal or octal or point:
        character = chr(int(hexadecimal or point, 16) if not octal else int(octal, 8) % 256)
        return ANY if not character.isprintable() and not character.isspace() else character
    return ANY if other else ""


def _has_braces(parts: list[Part]) -> bool:
    if not any(kind == PLAIN and any("{" in value for value in values) for values, kind in parts):
        return False
    shape = "".join(next(iter(values)) if kind == PLAIN else "q" for values, kind in parts)
    return bool(_BRACES.search(shape))


def _join(parts: tuple[tuple[str, str], ...], match: Callable[[str, str], str]) -> Argv:
    """Split as bash does, and match file names by `match`: both only in plain text and unquoted expansions."""
    fields: list[str] = []
    current: str | None = None
    for text, kind in parts:
        if kind == QUOTED:
            current = (current or "") + text
            continue
        if kind == PLAIN:
            current = (current or "") + match(text, current or "")
            continue
        if ANY in text or MANY in text:
            return (MANY,)
        if text[:1].isspace() and current is not None:
            fields.append(current)
            current = None
        for number, piece in enumerate(text.split()):
            if number and current is not None:
                fields.append(current)
                current = None
            current = (current or "") + match(piece, current or "")
        if text[-1:].isspace() and text.strip() and current is not None:
            fields.append(current)
            current = None
    if current is not None:
        fields.append(current)
    return tuple(fields)


def _unmatched(text: str, _before: str) -> str:
    """A pattern that matches no file stays as it is."""
    return text


def _globbed(text: str, before: str) -> str:
    """A pattern that matches files: they begin as it does, and are anything where it begins with a wildcard."""
    if "*" not in text and "?" not in text and "[" not in text:
        return text
    if "*" not in text and "[" not in text and ("://" in before + text or (before + text).startswith("/")):
        return text  # the question mark of an address
    if not before and text[0] in "*?[":
        return MANY
    return re.sub(r"[*?\[]", NAME, text)
