"""The parts of a script that hold no other statements: redirections, variables, simple commands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from truebook.runbooks import shell
from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts import builtins, redirects
from truebook.runbooks.verdicts.commands import Commands, Place
from truebook.runbooks.verdicts.expand import Expander, Word
from truebook.runbooks.verdicts.lines import words
from truebook.runbooks.verdicts.ruling import MANY, Prints, Ruling
from truebook.runbooks.verdicts.variables import UNKNOWN, UNSET, Values, dangerous, limited

GAP = re.compile(rb"(?:[ \t\n]|\\\n)*")
"""What bash skips between two words."""

_NAMED = re.compile(rb"\{[^{}\s]*\}\Z")
"""`{fd}`, right before a redirection."""
_ASSIGNED = re.compile(r"(?<![\w${!#])[A-Za-z_][A-Za-z0-9_]*")
_DEFAULTED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?=")
_HEREDOC_TEXT = re.compile(r"(?:[^\\`$]|\\.|\$(?![A-Za-z0-9_{(@*#?$!'\"-]))*+", re.DOTALL)
_STANDING = ("program", "variable_assignments", "list", "compound_statement", "do_group", "subshell", "if_statement")


class Simple(Commands):
    """Judges what stands alone. Of `source` only; what it finds of whole statements within goes to `_statement`."""

    source: bytes
    expander: Expander

    def _statement(self, node: Node) -> None:
        """Judges any statement."""
        raise NotImplementedError

    def _place(self, node: Node) -> Place:
        return node.start_point[0] + 1, self.expander.text(node).strip()

    def _first_line(self, node: Node) -> Place:
        line, text = self._place(node)
        return line, text.split("\n", 1)[0]

    def _check_gaps(self, node: Node) -> None:
        """The tree sometimes drops text between its nodes, which bash would not."""
        position = -1
        for child in node.children:
            if position >= 0 and not GAP.fullmatch(self.source, position, child.start_byte):
                raise Problem("text that is not understood")
            position = child.end_byte

    # Redirections

    def _redirect(self, node: Node) -> Sequence[Node]:
        """Judges a redirection; the tree hangs words of the command that follow it below it, and these are returned."""
        if self.source[node.start_byte - 1 : node.start_byte] == b"}" and _NAMED.search(
            self.source, max(0, node.start_byte - 200), node.start_byte
        ):
            raise Problem("a redirection that sets a variable to its descriptor")
        if node.type == "heredoc_redirect":
            self._heredoc(node)
            return []
        if node.type == "herestring_redirect":
            for child in node.named_children:
                if child.type != "file_descriptor":
                    self.expander.parts(child)
            return []
        text = self.expander.text(node)
        destinations = node.children_by_field_name("destination")
        operator = next((child.type for child in node.children if not child.is_named), "")
        if not destinations:
            if not re.fullmatch(r"[0-9]*[<>]&-", text):
                raise Problem(f"the redirection `{text}` is not understood")
            return []
        if operator == "<" and destinations[0].start_byte == node.start_byte + 1:
            line = self.source[node.start_byte :].split(b"\n", 1)[0].decode()
            if (name := shell.placeholder(line)) and line.startswith(name):
                raise Problem(f"the placeholder {name} is not filled")
        for reading in self.expander.fields(destinations[0]):
            ruling = redirects.judge(operator, reading)
            if ruling.verdict != "read":
                self.add(self._place(node), ruling)
        return destinations[1:]

    def _heredoc(self, node: Node) -> None:
        self._check_gaps(node)
        quoted = False
        for child in node.children:
            if child.type == "file_redirect":
                self._redirect(child)
            elif child.type == "heredoc_start":
                quoted = self.source[child.start_byte] in b"'\""
            elif child.type == "heredoc_body" and not quoted:
                self.expander.interpolated(child, child.start_byte, child.end_byte, _HEREDOC_TEXT)
            elif child.type == "ERROR":
                raise Problem("not understood as shell")

    # Variables

    def _assignments(self, node: Node) -> None:
        for child in node.named_children:
            self._assignment(child)

    def _assignment(self, node: Node, *, local: bool = False) -> tuple[str, Values]:
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        name = self.expander.text(name_node) if name_node is not None else ""
        if name_node is not None and name_node.type == "subscript":
            if not (found := re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)\[([0-9]+|[A-Za-z_][\w-]*)\]", name)):
                raise Problem(f"`{name}` is not understood")
            self.expander.subscript(found[2])
            name = found[1]
            if value is not None:
                self.expander.value(value)
            self.assign(self._first_line(node), name, frozenset({MANY}))
            return name, frozenset({MANY})
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise Problem(f"`{self.expander.text(node)}` is not understood")
        before = len(self.rows)
        values = self.expander.value(value) if value is not None else frozenset({""})
        if any(child.type == "+=" for child in node.children):
            old = self.scope[name]
            values = UNKNOWN if len(old) * len(values) > 8 else frozenset(a + b for a in old for b in values)
        self.assign(self._first_line(node), name, values, local=local)
        if len(self.rows) == before and node.parent is not None and node.parent.type in _STANDING:
            self.add(self._place(node), Ruling("read", f"sets the variable {name}"))
        return name, values

    def _forget(self, node: Node) -> None:
        """Before a loop: whatever its body may set may already be set."""
        text = self.expander.text(node)
        for name in {*_ASSIGNED.findall(text), *_DEFAULTED.findall(text)}:
            self.scope[name] = limited(self.scope[name] | UNKNOWN)

    def _declaration(self, node: Node) -> None:
        keyword = node.children[0].type
        local = keyword in ("local", "declare", "typeset")
        for child in node.children[1:]:
            text = self.expander.text(child)
            if child.type == "variable_assignment":
                value = child.child_by_field_name("value")
                if value is not None and value.type != "array" and self.expander.braced(value):
                    raise Problem(f"{keyword} of braces, which bash makes several settings of")
                name, _ = self._assignment(child, local=local)
            elif child.type == "variable_name":
                name = text
                if dangerous(name):
                    raise Problem(f"{keyword} {name} changes what other commands do")
                if local:
                    self.assign(self._first_line(child), name, frozenset({""}), local=True)
            elif child.type == "word" and re.fullmatch(r"-[xraAgp]+", text) and keyword != "export":
                continue
            else:
                raise Problem(f"{keyword} {text} is not judged")
            if keyword == "readonly" or (local and re.search(r"\s-[xaAgp]*r", self.expander.text(node))):
                self.readonly.add(name)
        if all(child.type == "word" for child in node.children[1:]):
            self.add(self._place(node), Ruling("secret", "prints all variables"))
            return
        self.add(self._place(node), Ruling("read", f"{keyword} sets variables"))

    def _unset(self, node: Node) -> None:
        for child in node.children[1:]:
            name = self.expander.text(child)
            known = child.type in ("variable_name", "word") and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
            if not known or dangerous(name):
                raise Problem(f"unset {name} is not judged")
            self.scope[name] = self.scope[name] | {""}
        self.add(self._place(node), Ruling("read", "unsets variables"))

    def _substitution(self, node: Node) -> Values:
        """Judges what `$( )` or `<( )` runs; its output is names, or not known."""
        before, feed = self.scope.branch(), self.feed
        self.feed, self.prints = "", ""
        statements = [child for child in node.named_children if child.type != "comment"]
        for child in statements:
            if child.type == "file_redirect":
                self._redirect(child)
            else:
                self._statement(child)
        plain = len(statements) == 1 and statements[0].type in ("command", "pipeline", "redirected_statement")
        result = UNSET if plain and self._printed() == "names" else UNKNOWN
        self.feed, self.prints = feed, ""
        self.scope.clear()
        self.scope.update(before)
        return result

    def _printed(self) -> Prints:
        return self.prints

    def _test(self, node: Node) -> None:
        builtins.check_test(node, self.expander)
        self.add(self._place(node), Ruling("read", "tests a condition"))

    # Simple commands

    def _command(self, node: Node, extra: list[Word] | None = None) -> None:
        place = self._place(node)
        plain = words(place[1], variables=not (self.scope or self.scope.set_somewhere)) if extra is None else None
        if plain is not None:
            self.command(place, plain)
            return
        parts: list[Word] = []
        assigned: list[Node] = []
        position = -1
        for child in node.children:
            start = child.start_byte
            if position >= 0 and (start == position or not GAP.fullmatch(self.source, position, start)):
                raise Problem("words that bash would read otherwise")
            position = child.end_byte
            if child.type == "command_name":
                parts.append(child.children[0])
            elif child.type == "variable_assignment":
                assigned.append(child)
            elif child.type.endswith("_redirect"):
                parts += self._redirect(child)
            elif child.type != "comment":
                parts.append(child)
        readings = self.expander.readings(parts + (extra or []))
        outer = self.scope.branch()
        for child in assigned:
            self._assignment(child)
        for reading in readings:
            self.command(place, reading)
        if assigned:
            self.scope.join(outer)
        if len(readings) != 1:
            self.prints = ""
