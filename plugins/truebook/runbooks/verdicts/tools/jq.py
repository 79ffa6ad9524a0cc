"""jq and yq: programs that read JSON and YAML, and what their expressions can reach beyond it."""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.files import printed
from truebook.runbooks.verdicts.ruling import MARKS, Ruling, shown, unknown
from truebook.runbooks.verdicts.table import Effects, Parsed, Program, Verb

_ENVIRONMENT = re.compile(r"(?<![.\w$])(?:env|\$ENV|\$__prog_args|strenv|envsubst)\b|\$ENV\b")
_MODULES = re.compile(r"(?<![.\w$])(?:import|include|input_filename|load\w*|system|get_search_list|modulemeta)\b")
_STRING = re.compile(r'"(?:[^"\\]|\\(?!\().)*"')

_JQ_FLAGS = (
    "raw-output,r raw-output0 compact-output,c exit-status,e slurp,s sort-keys,S ascii-output,a join-output,j "
    "monochrome-output,M color-output,C null-input,n raw-input,R tab indent= stream seq arg+ argjson+ slurpfile+ "
    "rawfile+ "
    "args jsonargs unbuffered help,h version,V"
)


def expression(text: str) -> Ruling | None:
    """What an expression may do beyond reading its input."""
    if any(mark in text for mark in MARKS):
        return unknown(f"the expression `{shown(text)}` is not known before the script runs")
    bare = _STRING.sub('""', text)
    if _ENVIRONMENT.search(bare):
        return Ruling("secret", "may print the environment")
    if _MODULES.search(bare):
        return unknown("the expression reads other files")
    return None


def _jq(parsed: Parsed) -> Ruling | None:
    operands = parsed.all_operands()
    named = [text.partition("=")[2] for flag in ("slurpfile", "rawfile") for text in parsed.flags.get(flag, [])]
    return (expression(operands[0]) if operands else None) or printed([*operands[1:], *named])


JQ = Program("jq", Verb("read", "reads JSON", _JQ_FLAGS, rule=_jq))

_YQ_FLAGS = (
    "inplace,i output-format,o= input-format,p= prettyPrint,P exit-status,e no-colors,M colors,C no-doc,N "
    "null-input,n indent,I= "
    "unwrapScalar,r? raw-output raw-output-r yaml-output,y split-exp,s= expression= from-file= front-matter,f= "
    "header-preprocess verbose,v "
    "help,h version,V slurp exit compact-output,c arg+"
)
_YQ_VERBS = frozenset({"e", "eval", "ea", "eval-all"})
_YQ_EFFECTS: Effects = {
    "inplace": ("local", "changes files"),
    "split-exp": ("local", "writes files"),
    "from-file": ("unknown", "reads its expression from a file"),
}


def _yq(parsed: Parsed) -> Ruling | None:
    for text in [*parsed.all_operands(), *parsed.flags.get("expression", [])]:
        ruling = expression(text)
        if ruling is not None:
            return ruling
    words = parsed.all_operands()
    words = words[1:] if words[:1] and words[0] in _YQ_VERBS else words
    # Without an expression the first is a file as well.
    return printed(words[1:] if len(words) > 1 else [word for word in words if not word.startswith(".")])


YQ = Program("yq", Verb("read", "reads YAML", _YQ_FLAGS, _YQ_EFFECTS, _yq))
