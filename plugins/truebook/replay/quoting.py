"""Text that callers sent, quoted in messages as Go's `%q` does it: the servers that are replayed are written in Go."""

from __future__ import annotations

ESCAPES = {'"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPES["\v"] = "\\v"
LONE_BYTES = range(0xDC80, 0xDD00)
"""What `surrogateescape` makes of bytes that are no UTF-8."""


def quote(text: str) -> str:
    """The text in double quotes, on one line."""
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    if char in ESCAPES:
        return ESCAPES[char]
    if char.isprintable():
        return char
    if code in LONE_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def readable(text: str) -> str:
    """The text with a replacement character for each byte that is no UTF-8: JSON can't hold those."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
