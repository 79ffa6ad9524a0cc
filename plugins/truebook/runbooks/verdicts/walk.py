"""Walks a script as bash would run it and collects a verdict on each simple command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from tree_sitter import Node

from truebook.model import CommandVerdict
from truebook.runbooks import shell
from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts import builtins, filters
from truebook.runbooks.verdicts.commands import DEEPEST, MOST_COMMANDS, Place
from truebook.runbooks.verdicts.expand import Expander, Word
from truebook.runbooks.verdicts.ruling import ANY, MANY, Argv, Ruling, unknown
from truebook.runbooks.verdicts.simple import GAP, Simple
from truebook.runbooks.verdicts.variables import UNKNOWN, UNSET, Scope

_READS = re.compile(r"0?<")
_FOREVER = re.compile(r"(?:true|:|\[\[? +(?:1|true) +\]\]?|\(\( *1 *\)\))\s*;?")
_LEAVES_LOOP = re.compile(r"(?<![\w-])(?:break|exit|return)(?![\w-])")
_FILLED = re.compile(
    r"\[(\[)? -z (\"?)\$(\{)?(?P<name>[A-Za-z_]\w*)(?(3)\})\2 \](?(1)\]) && (?P=name)=[\w./:@%+-]+", re.ASCII
)
"""A variable that is empty is set to some text: `[ -z "$NS" ] && NS=default`."""


class Walker(Simple):
    """One script's walk. `scope` and `aliases` are what the script starts with."""

    def __init__(
        self, script: str, *, scope: Scope, aliases: Mapping[str, str], depth: int = 0, budget: list[int] | None = None
    ) -> None:
        super().__init__(scope=scope, aliases=aliases, depth=depth, budget=budget or [MOST_COMMANDS])
        self.text = script
        self.source: bytes
        self.expander: Expander
        self.functions: dict[str, list[Node]] = {}
        self.calling: list[str] = []

    def run(self) -> tuple[CommandVerdict, ...]:
        """The verdicts in the order of their lines."""
        root, self.source = shell.parse(self.text)
        self.expander = Expander(self.source, self.scope, self._substitution)
        self._check_gaps(root)
        self._children(root)
        return tuple(sorted(self.rows.values(), key=lambda row: row.line))

    # Statements

    def _statement(self, node: Node) -> None:
        self.depth += 1
        try:
            if self.depth > DEEPEST:
                raise Problem("nested too deeply")
            handler = _STATEMENTS.get(node.type)
            if handler is None:
                raise Problem(f"{node.type.replace('_', ' ')} is not judged")
            if node.type not in ("command", "redirected_statement"):
                self._check_gaps(node)
            handler(self, node)
        except Problem as problem:
            self.add(self._place(node), unknown(problem.reason))
        finally:
            self.depth -= 1

    def _children(self, node: Node) -> None:
        """The statements below `node`, in order."""
        self.prints = ""
        for child in node.named_children:
            if child.type != "comment":
                self._statement(child)

    def _optional(self, statements: Iterable[Node]) -> None:
        """Statements that may not run, or may run only in part."""
        before = self.scope.branch()
        for statement in statements:
            self._statement(statement)
        if self.scope != before:
            self.scope.join(before)

    def _apart(self, statements: Iterable[Node]) -> None:
        """Statements in a process of their own: what they set is lost."""
        before = self.scope.branch()
        for statement in statements:
            self._statement(statement)
        if self.scope != before:
            self.scope.clear()
            self.scope.update(before)

    def _list(self, node: Node) -> None:
        later: list[Node] = []
        filled = _FILLED.fullmatch(self.expander.text(node))
        while node.type == "list":
            node, *others = [child for child in node.named_children if child.type != "comment"]
            later = others + later
        self._statement(node)
        self._optional(later)
        if filled is not None and filled["name"] not in self.readonly:
            self.scope[filled["name"]] -= {""}
        self.prints = ""

    def _pipeline(self, node: Node) -> None:
        outer, flow, fed = self.feed, self.feed, self.fed
        for child in node.named_children:
            if child.type == "comment":
                continue
            self.feed, self.prints = flow, ""
            self._apart([child])
            self.fed = True
            flow = self.prints or filters.passed_on(self.expander.text(child), flow)
        self.feed, self.prints, self.fed = outer, flow, fed

    def _subshell(self, node: Node) -> None:
        self._apart(child for child in node.named_children if child.type != "comment")

    def _compound(self, node: Node) -> None:
        if node.children[0].type == "((":
            self.expander.arithmetic(node)
            self.add(self._place(node), Ruling("read", "arithmetic"))
            return
        self._children(node)

    def _if(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        if condition is None:
            raise Problem("an if without a condition")
        self._statement(condition)
        self._optional(child for child in node.named_children if child != condition and child.type != "comment")

    def _block(self, node: Node) -> None:
        self._optional(child for child in node.named_children if child.type != "comment")

    def _loop(self, node: Node) -> None:
        self._forget(node)
        conditions = node.children_by_field_name("condition")
        text = self.expander.text(conditions[0]) if conditions else ""
        body = node.child_by_field_name("body")
        endless = node.children[0].type == "while" and _FOREVER.fullmatch(text)
        if endless and body is not None and not _LEAVES_LOOP.search(self.expander.text(body)):
            self.add(self._first_line(node), Ruling("interactive", "a loop that never ends"))
        self._optional(child for child in node.named_children if child.type != "comment")

    def _for(self, node: Node) -> None:
        if node.children[0].type == "select":
            self.add(self._first_line(node), Ruling("interactive", "select waits for an answer"))
        variable = node.child_by_field_name("variable")
        words = node.children_by_field_name("value")
        if variable is None:
            raise Problem("a for loop without a variable")
        self._forget(node)
        values: set[str] = set() if words else {ANY}
        for word in words:
            if word.type == "brace_expression" and re.fullmatch(r"\{[0-9]+\.\.[0-9]+\}", self.expander.text(word)):
                values |= UNSET
                continue
            for reading in self.expander.fields(word):
                values |= {ANY if MANY in field else field for field in reading}
        self.assign(self._first_line(node), self.expander.text(variable), frozenset(values))
        body = node.child_by_field_name("body")
        self._optional([body] if body is not None else [])

    def _c_for(self, node: Node) -> None:
        self._forget(node)
        body = node.child_by_field_name("body")
        if body is None:
            raise Problem("a loop without a body")
        head = self.source[node.start_byte : body.start_byte].decode()
        found = re.fullmatch(
            r"for\s*\(\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*\d+\s*;\s*\1\s*[<>]=?\s*\d+\s*;\s*(?:\1(?:\+\+|--)|(?:\+\+|--)\1)\s*\)\)\s*;?\s*",
            head,
        )
        if found is None:
            raise Problem("a loop that is not understood")
        self.assign(self._first_line(node), found[1], UNSET)
        self._optional([body])

    def _case(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is not None:
            self.expander.parts(value)
        for item in node.named_children:
            if item.type != "case_item":
                continue
            body = []
            for position, child in enumerate(item.children):
                if item.field_name_for_child(position) == "value":
                    if child.type == "extglob_pattern":
                        if not re.fullmatch(r"[^\s();&|`$\"'\\]+", self.expander.text(child)):
                            raise Problem("a pattern that is not understood")
                    else:
                        self.expander.parts(child)
                elif child.is_named and child.type not in ("comment", "extglob_pattern"):
                    body.append(child)
            self._optional(body)

    def _function(self, node: Node) -> None:
        found, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if found is None or body is None or node.parent is None or node.parent.type != "program":
            raise Problem("a function that is defined within something else")
        name = self.expander.text(found)
        if builtins.hides(name) or name in self.aliases:
            raise Problem(f"the function {name} hides a command that is known")
        if any(child.type.endswith("_redirect") for child in node.children):
            raise Problem("a function with a redirection")
        self.functions.setdefault(name, []).append(body)

    def _redirected(self, node: Node) -> None:
        body = node.child_by_field_name("body")
        heredocs = [child for child in node.children if child.type == "heredoc_redirect"]
        extra: list[Word] = []
        after: list[Node] = []
        piped: list[Node] = []
        for heredoc in heredocs:
            for position, child in enumerate(heredoc.children):
                name = heredoc.field_name_for_child(position)
                if name == "argument":
                    extra.append(child)
                elif child.type == "pipeline":
                    piped += child.named_children
                elif name == "right":
                    after.append(child)
        position = node.start_byte
        for child in node.children:
            gap = self.source[position : child.start_byte]
            if gap.strip() == b"-" and gap[:1].isspace() and gap[-1:].isspace():
                extra.insert(0, "-")  # the tree drops this word before a heredoc
            elif not GAP.fullmatch(gap):
                raise Problem("text that is not understood")
            position = child.end_byte
            if child.type.endswith("_redirect"):
                extra += self._redirect(child)
        if extra and (body is None or body.type != "command"):
            raise Problem("words after a redirection that are not understood")
        fed = self.fed
        self.fed = fed or any(_READS.match(self.expander.text(child)) for child in node.children[1:])
        if body is not None and extra:
            self._command(body, extra)
        elif body is not None:
            self._statement(body)
        self.fed = True
        self._apart(piped)
        self.fed = fed
        self._optional(after)

    def call(self, place: Place, name: str, arguments: Argv) -> None:
        """A call of a function of this script: its body is judged with these arguments."""
        if name in self.calling or self.depth > DEEPEST:
            raise Problem(f"the function {name} calls itself")
        before = self.scope.branch()
        for number in range(1, 10):
            known = number <= len(arguments) and not any(MANY in word for word in arguments[:number])
            self.scope[str(number)] = frozenset({arguments[number - 1]}) if known else UNKNOWN
        self.calling.append(name)
        for body in self.functions[name]:
            self._optional([body])
        self.calling.pop()
        for number in range(1, 10):
            self.scope.pop(str(number), None)
            if str(number) in before:
                self.scope[str(number)] = before[str(number)]
        self.scope.join({key: value for key, value in before.items() if not key.isdigit()})

    def script(self, text: str, *, aliases: Mapping[str, str]) -> tuple[CommandVerdict, ...]:
        """Judges text that an inner shell runs."""
        inherited = self.scope.branch(dict.fromkeys(self.scope, UNKNOWN))
        return judge_script(text, scope=inherited, aliases=aliases, depth=self.depth + 1, budget=self.budget)


def judge_script(
    script: str,
    *,
    scope: Scope,
    aliases: Mapping[str, str],
    depth: int = 0,
    budget: list[int] | None = None,
    before: tuple[CommandVerdict, ...] = (),
) -> tuple[CommandVerdict, ...]:
    """A row per command of `script`, after those of lines `before`; or one row that says why none could be judged."""
    try:
        return before + Walker(script, scope=scope, aliases=aliases, depth=depth, budget=budget).run()
    except Problem as problem:
        lines = script.split("\n")
        line = min(max(problem.line, 1), len(lines))
        return (CommandVerdict(line, lines[line - 1].strip(), "unknown", problem.reason),)


_STATEMENTS: dict[str, Callable[[Walker, Node], None]] = {
    "list": Walker._list,
    "pipeline": Walker._pipeline,
    "command": Walker._command,
    "redirected_statement": Walker._redirected,
    "negated_command": Walker._block,
    "subshell": Walker._subshell,
    "compound_statement": Walker._compound,
    "if_statement": Walker._if,
    "elif_clause": Walker._block,
    "else_clause": Walker._block,
    "do_group": Walker._block,
    "while_statement": Walker._loop,
    "for_statement": Walker._for,
    "c_style_for_statement": Walker._c_for,
    "case_statement": Walker._case,
    "function_definition": Walker._function,
    "declaration_command": Walker._declaration,
    "unset_command": Walker._unset,
    "variable_assignment": Walker._assignment,  # type: ignore[dict-item]
    "variable_assignments": Walker._assignments,
    "test_command": Walker._test,
}
