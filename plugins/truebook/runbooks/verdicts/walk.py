"""Walks a script as bash would run it and collects a verdict on each simple command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from tree_sitter import Node

from truebook.model import CommandVerdict
from truebook.runbooks import shell
from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts import builtins, filters, redirects
from truebook.runbooks.verdicts.commands import DEEPEST, MOST_COMMANDS, Commands, Place
from truebook.runbooks.verdicts.expand import Expander, Word
from truebook.runbooks.verdicts.lines import read as read_lines
from truebook.runbooks.verdicts.lines import words
from truebook.runbooks.verdicts.ruling import ANY, MANY, Argv, Prints, Ruling, unknown
from truebook.runbooks.verdicts.tools import TOOLS
from truebook.runbooks.verdicts.variables import UNKNOWN, UNSET, Scope, Values, dangerous, limited

_ASSIGNED = re.compile(r"(?<![\w${!#])[A-Za-z_][A-Za-z0-9_]*")
_DEFAULTED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?=")
_READS = re.compile(r"0?<")
_HEREDOC_TEXT = re.compile(r"(?:[^\\`$]|\\.|\$(?![A-Za-z0-9_{(@*#?$!'\"-]))*+", re.DOTALL)
_GAP = re.compile(rb"(?:[ \t\n]|\\\n)*")
_STANDING = ("program", "variable_assignments", "list", "compound_statement", "do_group", "subshell", "if_statement")
_FOREVER = re.compile(r"(?:true|:|\[\[? +(?:1|true) +\]\]?|\(\( *1 *\)\))\s*;?")
_LEAVES_LOOP = re.compile(r"(?<![\w-])(?:break|exit|return)(?![\w-])")


class Walker(Commands):
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
        shell.refuse_text(self.text)
        if not self.scope and self._plain_lines():
            return tuple(self.rows.values())
        root, self.source = shell.parse(self.text)
        self.expander = Expander(self.source, self.scope, self._substitution)
        self._check_gaps(root)
        self._children(root)
        return tuple(sorted(self.rows.values(), key=lambda row: row.line))

    def _plain_lines(self) -> bool:
        """Judges a script of plain lines, and says whether it was one."""
        lines = read_lines(self.text)
        if lines is None:
            return False
        for number, commands in lines:
            self._plain_line(number, commands)
        if self.scope and "$" in self.text:  # a command set a variable, and a line may use it
            self.rows.clear()
            self.scope.clear()
            self.elsewhere = ""
            return False
        return True

    def _plain_line(self, number: int, commands: list[tuple[str, Argv]]) -> None:
        self.feed = ""
        for position, (text, argv) in enumerate(commands):
            if argv[0] == "=":
                self.scope[argv[1]] = frozenset({argv[2]})
                export = text.startswith("export") and not text.startswith("export=")
                reason = "export sets variables" if export else f"sets the variable {argv[1]}"
                self.add((number, text), Ruling("read", reason))
                continue
            self.fed = position > 0
            try:
                self.command((number, text), argv)
            except Problem as problem:
                self.add((number, text), unknown(problem.reason))
            if len(commands) > 1:
                self.feed = self.prints or filters.passed_on(text, self.feed)

    def _place(self, node: Node) -> Place:
        return node.start_point[0] + 1, self.expander.text(node).strip()

    def _first_line(self, node: Node) -> Place:
        line, text = self._place(node)
        return line, text.split("\n", 1)[0]

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

    def _check_gaps(self, node: Node) -> None:
        """The tree sometimes drops text between its nodes, which bash would not."""
        position = -1
        for child in node.children:
            if position >= 0 and not _GAP.fullmatch(self.source, position, child.start_byte):
                raise Problem("text that is not understood")
            position = child.end_byte

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
        while node.type == "list":
            node, *others = [child for child in node.named_children if child.type != "comment"]
            later = others + later
        self._statement(node)
        self._optional(later)
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
        if name in TOOLS or name in builtins.BUILTINS or name in self.aliases:
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
            elif not _GAP.fullmatch(gap):
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

    def _redirect(self, node: Node) -> Sequence[Node]:
        """Judges a redirection; the tree hangs words of the command that follow it below it, and these are returned."""
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
        plain = words(place[1], variables=not self.scope) if extra is None else None
        if plain is not None:
            self.command(place, plain)
            return
        parts: list[Word] = []
        assigned: list[Node] = []
        position = -1
        for child in node.children:
            start = child.start_byte
            if position >= 0 and (start == position or not _GAP.fullmatch(self.source, position, start)):
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
        inherited = Scope(dict.fromkeys(self.scope, UNKNOWN))
        return judge_script(text, scope=inherited, aliases=aliases, depth=self.depth + 1, budget=self.budget)


def judge_script(
    script: str, *, scope: Scope, aliases: Mapping[str, str], depth: int = 0, budget: list[int] | None = None
) -> tuple[CommandVerdict, ...]:
    """A row per command of `script`, or one row that says why none could be judged."""
    try:
        return Walker(script, scope=scope, aliases=aliases, depth=depth, budget=budget).run()
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
