"""A system's credential: from a file or an environment variable, and never anywhere else."""

from __future__ import annotations

import os

from truebook.errors import ConfigError
from truebook.settings import Settings, SystemSettings


def bearer(token: str) -> dict[str, str]:
    """`Authorization: Bearer …`, what most systems want."""
    return {"Authorization": f"Bearer {token}"}


def raw(settings: Settings, name: str, variable: str) -> tuple[str, str]:
    """What the file holds that the settings of the system `name` name, else the variable that they name, else the
    system's own `variable`; empty where there is none. With it the words for where that is.

    Raises ConfigError where a file that is named can't be read.
    """
    ours = settings.systems.get(name, SystemSettings())
    if ours.token_file is None:
        chosen = ours.token_env or variable
        return os.environ.get(chosen, "").strip(), f"${chosen}"
    place = f"systems.{name}.token_file {ours.token_file}"
    try:
        return ours.token_file.expanduser().read_text(encoding="utf-8").strip(), place
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(
            f"systems.{name}.token_file can't be read: {said}: {ours.token_file}",
            path=settings.path,
            line=ours.line or None,
        ) from error


def token(settings: Settings, name: str, variable: str) -> tuple[str, str]:
    """As `raw`; it must be one word. Raises ConfigError where it is not."""
    found, place = raw(settings, name, variable)
    if found and not (found.isascii() and found.isprintable() and " " not in found):
        raise ConfigError(f"{place} holds no token: it must be one word", path=settings.path)
    return found, place
