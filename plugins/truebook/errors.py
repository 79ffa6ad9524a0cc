"""Every error truebook raises on purpose.

    TruebookError
    ├── ConfigError        a setting, a catalog line or an option is wrong        (exit 2)
    ├── RegionError        a region in a page is wrong                            (exit 2)
    ├── RecordingError     a recording cannot be read or written                  (exit 2)
    ├── ReportError        a report, baseline or history cannot be read or merged (exit 2)
    └── SourceError        a live system did not answer as it should              (exit 2)
        ├── Unreachable    refused, reset, timed out, cut off, bad certificate
        ├── Denied         401, 403
        ├── NotServed      404 for a whole API: it is not installed
        └── BadAnswer      not JSON, too large, an unexpected status

A message starts with `path:line` where there is one and ends with the offending item or the fix.
Messages never carry a foreign body unvetted: see `redact.excerpt`.
"""

from __future__ import annotations

from pathlib import Path


class TruebookError(Exception):
    """Base of all errors that are shown to the user without a traceback."""

    exit_code = 2

    def __init__(self, message: str, *, path: Path | str | None = None, line: int | None = None) -> None:
        self.message = message
        self.path = path
        self.line = line
        where = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(where + message)


class ConfigError(TruebookError):
    """A setting, a catalog line or an option is wrong."""


class RegionError(TruebookError):
    """A region in a page is wrong."""


class RecordingError(TruebookError):
    """A recording cannot be read or written."""


class ReportError(TruebookError):
    """A report, a baseline or a history cannot be read, written or merged."""


class SourceError(TruebookError):
    """A live system did not answer as it should."""


class Unreachable(SourceError):
    """Refused, reset, timed out, cut off, or the certificate is not trusted."""


class Denied(SourceError):
    """The system answered 401 or 403."""


class NotServed(SourceError):
    """The system answered 404 for a whole API: it is not installed."""


class BadAnswer(SourceError):
    """Not JSON, too large, or a status that makes no sense here."""
