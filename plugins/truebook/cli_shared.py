"""What all commands of the CLI have in common."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from truebook import pipeline
from truebook.errors import TruebookError
from truebook.redact import printable

if TYPE_CHECKING:
    from truebook.settings import Settings

DEFAULT_CONFIG = Path("truebook.yml")


def say(message: str) -> None:
    """Lines for people, on stderr. What a cluster, a file or a path put into them is shown, never obeyed."""
    click.echo("\n".join(map(printable, message.split("\n"))), err=True)


def reported(command: Callable[..., int | None]) -> Callable[..., None]:
    """Show truebook's own errors as one message and end with their exit code."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            code = command(*args, **options)
        except TruebookError as error:
            say(f"truebook: {error}")
            code = error.exit_code
        except BrokenPipeError:  # who reads what is printed has read enough; click ends quietly
            raise
        except OSError as error:
            say(f"truebook: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}")
            code = TruebookError.exit_code
        sys.exit(code or 0)

    return run


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=None,
    help=f"Settings and catalog.  [default: {DEFAULT_CONFIG}, where there is one]",
)
recording_option = click.option(
    "--recording",
    type=click.Path(path_type=Path),
    default=None,
    help=f"Use this recording and no cluster.  [env: {pipeline.VARIABLE}]",
)


def load_settings(config: Path | None) -> Settings:
    """The file that is named, else the default one where there is one."""
    if config is None and DEFAULT_CONFIG.exists():
        config = DEFAULT_CONFIG
    return pipeline.load_settings(config)
