"""From a page's text to its blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from truebook.errors import ConfigError
from truebook.model import Block, Expectation
from truebook.runbooks.blocks import expectations, lines, options, prompts
from truebook.runbooks.blocks.commands import looks_like_command
from truebook.runbooks.blocks.render import Fence, Renderer

SHELL = frozenset({"bash", "sh", "shell", "zsh", "console", "shell-session", "bash-session", "shellsession"})
"""Languages of fences that are shell, in lower case."""


class Finder:
    """Finds the blocks of many pages that are rendered alike."""

    def __init__(
        self,
        extensions: Sequence[Any],
        extension_configs: Mapping[str, Mapping[str, Any]],
        *,
        folder: Path | None = None,
        shown: Callable[[Path], str] = str,
        timeout: float = 30.0,
    ) -> None:
        """`folder` is where included files must lie (None: nothing is included), `shown` how their paths are shown.
        `timeout` in seconds is that of blocks that say none."""
        self._shown = shown
        self._timeout = timeout
        self._renderer = Renderer(extensions, extension_configs, folder=folder)

    def find(self, text: str, *, path: str, first_line: int = 1) -> tuple[list[Block], list[ConfigError]]:
        """The page's blocks in the order that they are shown in, and what is wrong with their options.

        `text` is the page without its front matter, `first_line` the number of its first line in the file. A page that
        the site's Markdown cannot render has no blocks: no browser shows it either; that is one of the errors.
        """
        if "```" not in text and "~~~" not in text and "8<-" not in text:
            return [], []
        try:
            fences = self._renderer.fences(text, first_line=first_line)
        except Exception as error:  # whatever an extension raises, and Markdown's own recursion
            return [], [
                ConfigError(f"cannot be rendered as Markdown ({type(error).__name__})", path=path, line=first_line)
            ]
        blocks: list[Block] = []
        problems: list[ConfigError] = []
        for place, fence in enumerate(fences):
            if (language := _shell(fence)) is None:
                continue
            included = fence.origin.path
            where = self._shown(Path(included)) if included else path
            found, wrong = options.parse(fence.info, fence.before, timeout=self._timeout)
            line = fence.origin.line or first_line
            problems += [options.error(problem, where, line) for problem in wrong]
            following = fences[place + 1] if place + 1 < len(fences) else None
            made = _block(fence, language, where, line, len(blocks), following)
            session = f"{path}#{found.session}" if found.session else path
            expected = made.expectations + _option(found.expect, line)
            blocks.append(replace(made, options=found, session=session, expectations=expected, fence=place))
        return blocks, problems


def find_blocks(
    text: str,
    *,
    path: str,
    extensions: Sequence[Any],
    extension_configs: Mapping[str, Mapping[str, Any]],
    first_line: int = 1,
    folder: Path | None = None,
) -> list[Block]:
    """The blocks of one page. Raises ConfigError that names all that is wrong with their options."""
    blocks, problems = Finder(extensions, extension_configs, folder=folder).find(text, path=path, first_line=first_line)
    raise_all(problems)
    return blocks


def raise_all(problems: Sequence[ConfigError]) -> None:
    """Raise one error that says all of them, a line each; nothing where there are none."""
    if problems:
        first, *others = problems
        raise ConfigError("\n".join([first.message, *map(str, others)]), path=first.path, line=first.line)


def _shell(fence: Fence) -> str | None:
    """The language of a fence that is shell (empty where it is untagged), None for any other."""
    if not fence.shown.code:
        return None
    language = fence.shown.language.lower()
    if language:
        return language if language in SHELL else None
    for line in fence.shown.text.split("\n")[:50]:
        if line.strip() and not line.lstrip().startswith("#"):
            typed = prompts.prompt(line)
            return "" if looks_like_command(line if typed is None else typed) else None
    return None


def _block(fence: Fence, language: str, where: str, line: int, ordinal: int, following: Fence | None) -> Block:
    source = fence.shown.text.split("\n")
    while source and not source[-1].strip():
        source.pop()
    numbers = _numbers(fence, line, len(source))
    split = prompts.split(source, numbers, language=language)
    last = lines.origin(fence.lines[-1])
    same_file = last is not None and last.path == fence.origin.path
    return Block(
        path=where,
        line=line,
        end_line=last.line if last is not None and same_file and last.line >= line else line + len(fence.lines) - 1,
        heading=fence.shown.heading,
        tab=fence.shown.tab,
        language=language,
        source="\n".join(source),
        script=split.script,
        lines=tuple(numbers[place] for place in split.lines),
        places=split.lines,
        ordinal=ordinal,
        expectations=split.expectations + _output(fence, following),
    )


def _numbers(fence: Fence, line: int, count: int) -> list[int]:
    """The file's line of each line of code. One that was included into the fence has that of the line before."""
    numbers: list[int] = []
    for place in range(count):
        text = fence.lines[place + 1] if place + 1 < len(fence.lines) else ""
        found = lines.origin(text)
        if found is not None and found.path == fence.origin.path and found.line:
            numbers.append(found.line)
        else:
            numbers.append(numbers[-1] if numbers else line)
    return numbers


def _output(fence: Fence, following: Fence | None) -> tuple[Expectation, ...]:
    """What the fence after this one says that it prints: it stands right below, or below a sentence that says so."""
    if following is None or not following.shown.code:
        return ()
    end, start = lines.origin(fence.lines[-1]), following.origin
    if end is None or end.path != start.path or start.line <= end.line or following.shown.tab != fence.shown.tab:
        return ()
    between = (
        [line for line in following.before[-(start.line - end.line - 1) :] if line.strip(" \t>")]
        if start.line - end.line > 1
        else []
    )
    lead = bool(between) and expectations.is_lead(between[-1])
    language = following.shown.language.lower()
    near = start.line - end.line <= (4 if lead else 2)
    holds_output = language in expectations.OUTPUT_LANGUAGES or (lead and language in {"", "json"})
    if not near or not holds_output or (between and not lead):
        return ()
    found = expectations.of_text(following.shown.text, start.line + 1)
    return () if found is None else (found,)


def _option(expect: str, line: int) -> tuple[Expectation, ...]:
    found = expectations.of_text(expect, line) if expect else None
    return () if found is None else (found,)
