"""Secrets inside longer strings: assignments, flags, headers, URLs and the shapes of well-known tokens."""

from __future__ import annotations

import re
from functools import lru_cache

from truebook.redact.look import may_hold_secret
from truebook.redact.names import WORDS, ends_as_secret, is_secret_name

REDACTED = "REDACTED"

_PLACEHOLDER = re.compile(
    r"""\$[A-Z_][A-Z0-9_]*            # $PASSWORD
      | \$\{[A-Za-z_][\w.]*\}         # ${PASSWORD}, not ${PASSWORD:-hunter2}
      | \$\([A-Za-z_][\w.]*\)         # $(PASSWORD)
      | \{\{-?\s*[\w.$]+\s*-?\}\}     # {{ .password }}
      | <[A-Za-z][\w -]*>             # <password>
      | (?i:true|false|yes|no|null|none|~)
      | \*+ | REDACTED""",
    re.VERBOSE | re.ASCII,
)
_KEYED = re.compile(
    rf"(?<![\w./\-])(?=[\w./\-]*?(?:{WORDS}))(?P<key>[\w./\-]++(?: (?:key|string|word|phrase))?)"
    r"""(?P<middle>\\*["']?[ \t]*(?:=>|:=|=|:(?!//)))(?P<space>[ \t]*)""",
    re.ASCII | re.IGNORECASE,
)
_FLAG = re.compile(
    rf"(?<![\w\-])--(?=[\w.\-]*?(?:{WORDS}))(?P<key>[\w.\-]++)[ \t]+(?P<value>[^\s\-|&;][^\s\"']*)",
    re.ASCII | re.IGNORECASE,
)
_PAIR = re.compile(
    rf"(?<![\w.\-])(?:name|key)\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?(?=[\w./\-]*?(?:{WORDS}))(?P<key>[\w./\-]++)"
    r"""(?P<middle>\\*["']?[ \t]*,?\s*\\*["']?value\\*["']?[ \t]*[:=])(?P<space>[ \t]*)""",
    re.ASCII | re.IGNORECASE,
)
_LINE_HEAD = re.compile(r"""[ \t]*(?:-[ \t]+|--?|\#[ \t]*)?(?:export[ \t]+|set[ \t]+)?\\*["']?""", re.IGNORECASE)
_OPEN = re.compile(r"""\\*["']""")
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}[ \t]*(?:#[^\n]*)?(?=\r?\n|\Z)")
_LIST = re.compile(r"(?:\r?\n[ \t]*-[ \t]+(?![^\n]*:(?:[ \t]|$))[^\n]+)+", re.MULTILINE)
_WORD = re.compile(r"""(?:(?:bearer|basic|token|digest)[ \t]+)?[^\s"'\\]+""", re.IGNORECASE)
_PARAMETER = re.compile(r"""[^\s"'\\&#]+""")

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags | re.ASCII), replacement)
    for pattern, flags, replacement in (
        # A private key goes with its frame; a truncated one to the end.
        (
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
            REDACTED,
        ),
        # The same in base64; certificates begin otherwise.
        (r"LS0tLS1CRUdJTiB(?!DRVJUSUZJQ0FURS)[A-Za-z0-9+/=]+", 0, REDACTED),
        (r'("auth\\*"[ \t]*:[ \t]*\\*")[A-Za-z0-9+/=]{8,}', 0, rf"\1{REDACTED}"),
        (r"(?<![\w-])(-u|--user)([ =][ \t]*[^\s:\"'=]+:)[^\s\"']+", 0, rf"\1\2{REDACTED}"),
        # https://user:password@host and https://token@host; the user of ssh://git@host stays.
        (r"(?<=://)[^\s/?#\"'<>@:]*:[^\s/?#\"'<>]*@", 0, f"{REDACTED}@"),
        (r"(?<=://)[^\s/?#\"'<>@:]*:(?!\d{1,5}(?:[/?#\s\"']|$))[^\s\"'<>@]*@", 0, f"{REDACTED}@"),
        (r"(?<=http://)[^\s/?#\"'<>]*@|(?<=https://)[^\s/?#\"'<>]*@", re.IGNORECASE, f"{REDACTED}@"),
        (r"(?<=[?&;])((?:x-amz-)?sig(?:nature)?|key|auth|code|jwt|sas)=[^&\s\"'#]+", re.IGNORECASE, rf"\1={REDACTED}"),
        # Bounded where it may begin within a word, lest a hostile text take quadratic time.
        (r"(?:(?<![\w-])eyJ[\w-]{8,}+|(?<=[_-])eyJ[\w-]{8,400}+)\.[\w-]{8,}+(?:\.[\w-]*+)*", 0, REDACTED),
        (r"gh[pousr]_[A-Za-z0-9]{16,}+|github_pat_\w{16,}+", 0, REDACTED),
        (r"gl(?:pat|dt|rt|ptt|oas|cbt|ft|soat|imt|agent)-[\w.-]{16,}+", 0, REDACTED),
        (r"(?<![\w.-])(?:hv[sbr]\.[\w-]{16,}+|[sbr]\.[A-Za-z0-9]{24}(?![\w.-]))", 0, REDACTED),
        (r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])", 0, REDACTED),
        (r"xox[a-z]-[\w-]{8,}+|xapp-[\w-]{8,}+", 0, REDACTED),
        (r"(hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/)[\w/-]+", 0, rf"\1{REDACTED}"),
        (r"(?<![\w-])(?:sk|rk|pk)[-_](?:live|test|proj|ant)[-_][\w-]{8,}+", 0, REDACTED),
        (r"(?<!\w)(?:AIza[\w-]{35}|ya29\.[\w-]{16,}+|npm_[A-Za-z0-9]{36}|pypi-[\w-]{16,}+|glsa_\w{24,}+)", 0, REDACTED),
        (r"(?<!\w)(?:dop_v1_\w{32,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|AGE-SECRET-KEY-1\w{16,}+)", 0, REDACTED),
        (r"\$(?:2[aby]\$\d\d|argon2\w*\$v=\d+\$[\w=,]+|[156y]|apr1)\$[\w./$+]{20,}+", 0, REDACTED),
        (rf"(<(?=[\w:.\-]*?(?:{WORDS}))[\w:.\-]++>)[^<]+", re.IGNORECASE, rf"\1{REDACTED}"),
        (
            r"\b(bearer|basic)([ \t]+)(?!=*REDACTED)(?=[^\s\"']{20}|[^\s\"']*[0-9=])[\w.~+/=-]{6,}+",
            re.IGNORECASE,
            rf"\1\2{REDACTED}",
        ),
    )
)


def _end_of_quote(text: str, start: int, delimiter: str) -> int:
    """Where the string that was opened by `delimiter` ends; the end of the text where it is not closed.

    A quote with more backslashes before it than the delimiter has is one within the string, however deep it is quoted.
    """
    at = start
    while (at := text.find(delimiter, at)) >= 0:
        if text[at - 1] != "\\" or at == start:
            return at
        at += 1
    return len(text)


def _end_of_block(text: str, line_start: int, end_of_line: int) -> int:
    """Where the lines end that are indented deeper than the one at `line_start`."""
    indent = len(text[line_start:]) - len(text[line_start:].lstrip(" \t"))
    at = end_of_line
    while at < len(text):
        end = text.find("\n", at + 1)
        end = len(text) if end < 0 else end
        line = text[at + 1 : end]
        if line.strip() and len(line) - len(line.lstrip(" \t")) <= indent:
            break
        at = end
    return at


def is_placeholder(value: str) -> bool:
    """Whether `value` stands for a secret that is not there, or for none: `${TOKEN}`, `{{ .password }}`, `null`."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None


def _extent(text: str, match: re.Match[str], line_start: int, first: bool) -> tuple[int, int]:
    """Where the value of a matched key begins and ends. `first` says that the key begins its line."""
    start = match.end()
    if opened := _OPEN.match(text, start):
        return opened.end(), _end_of_quote(text, opened.end(), opened.group())
    if first and (items := _LIST.match(text, start)):
        return start, items.end()
    if first and (block := _BLOCK.match(text, start)):
        return start, _end_of_block(text, line_start, block.end())
    if text.startswith("{", start):
        return start, start
    if text.startswith("[", start):
        end = text.find("]", start)
        return start + 1, len(text) if end < 0 else end
    if first:
        end = text.find("\n", start)
        return start, len(text) if end < 0 else end
    in_query = match.start() > 0 and text[match.start() - 1] in "?&;"
    value = (_PARAMETER if in_query else _WORD).match(text, start)
    return start, value.end() if value else start


def _pairs(text: str) -> str:
    """Take out the value of `name: DB_PASSWORD` and `value: x`, as in a list of environment variables."""
    parts: list[str] = []
    done = 0
    for match in _PAIR.finditer(text):
        if match.start() < done or not is_secret_name(match["key"]):
            continue
        line_start = text.rfind("\n", 0, match.end()) + 1
        start, end = _extent(text, match, line_start, "\n" in match["middle"])
        if start < end and not is_placeholder(text[start:end]):
            parts += (text[done:start], REDACTED)
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _assignments(text: str) -> str:
    """Take out the values of keys that are called like a secret: YAML, JSON, INI, shell, queries."""
    parts: list[str] = []
    done = line_start = 0
    for match in _KEYED.finditer(text):
        if match.start() < done or not is_secret_name(match["key"]):
            continue
        # `image: acme/token:1.2` and `web-token:apps/Deployment` are no assignments; `password:hunter2` is one.
        tight = match["middle"] == ":" and not match["space"] and text[match.end() : match.end() + 1] not in "\r\n\"'"
        if tight and ("/" in match["key"] or not ends_as_secret(match["key"])):
            continue
        line_start = max(line_start, text.rfind("\n", line_start, match.start()) + 1)
        first = _LINE_HEAD.fullmatch(text, line_start, match.start()) is not None
        start, end = _extent(text, match, line_start, first)
        if start < end and not is_placeholder(text[start:end]):
            parts += (text[done:start], REDACTED)
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _flag(match: re.Match[str]) -> str:
    if not is_secret_name(match["key"]) or is_placeholder(match["value"]):
        return match.group()
    return match.group()[: match.start("value") - match.start()] + REDACTED


def _scrub(text: str) -> str:
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return _FLAG.sub(_flag, _pairs(_assignments(text)))


@lru_cache(maxsize=32768)
def _short(text: str) -> str:
    return _scrub(text) if may_hold_secret(text.encode("utf-8", "surrogatepass")) else text


def redact_text(text: str) -> str:
    """`text` without what looks like a secret in it; the same object where there is nothing to take out."""
    if len(text) <= 256:
        found = _short(text)
        return text if found == text else found
    return _scrub(text) if may_hold_secret(text.encode("utf-8", "surrogatepass")) else text
