"""How bash runs a block, and what it says of it on the way.

The block is sourced, so that line numbers are those of its script. Semantics are those of `set -eE -o pipefail`, with
one exception: a program that is cut off by its reader (`kubectl … | head -1`) did not fail. What the author sets (`set
+e`) holds from there on; it is for all to read.

What is not the block's own comes first; then bash says `gate` and waits until it is told to go on, or ends.

Reports go to one file descriptor, as lines: `error LINE STATUS`, `exit LINE`, `end`, and after that the
variables, for the next block of the session (see `session`). The block and all that it starts could write there too.
Reports can make a result worse, never better: the status is that of the process, and a block that ends with 0 but did
not come to its end is no pass.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from truebook.runbooks.sandbox import session
from truebook.runbooks.sandbox.command import BLOCK
from truebook.runbooks.sandbox.limits import Limits
from truebook.runbooks.sandbox.session import Session

START = "start"
SCRIPT = "script"
STATE = "state"
AT_GATE = b"gate\n"
GO = b"go\n"

_START = r"""
# Where one can't be set, a lower one holds already.
for __truebook_limit in '-c 0' '-t @CPU@' '-f @FILE@' '-n @FILES@' '-d @DATA@' '-u @PROCESSES@'; do
  ulimit $__truebook_limit 2>/dev/null
done
unset __truebook_limit
__truebook_failed() {
  local status=$1 line=$2 file=$3 code; shift 3
  [[ $- == *e* || -n ${__truebook_soft-} ]] || return 0
  if (( $# > 1 )) && (( ${!#} == 0 )); then
    for code; do (( code == 0 || code == 141 )) || break; done
    if (( code == 0 || code == 141 )); then
      # Only cut off by its reader: go on, and see to errexit from here.
      set +e; __truebook_soft=1; return 0
    fi
  fi
  [[ $file == @BLOCK@/script && $BASH_SUBSHELL == 0 ]] && printf 'error %d %d\n' "$line" "$status" >&@REPORT@
  [[ $- == *e* ]] || builtin exit "$status"
}
exit() {
  local status=${1-$?}
  [[ $BASH_SUBSHELL == 0 ]] && printf 'exit %d\n' "${BASH_LINENO[0]}" >&@REPORT@
  builtin exit "$status"
}
__truebook_end() {
  local __truebook_status=$? __truebook_codes=("${PIPESTATUS[@]}") __truebook_code
  trap - ERR
  if (( ${#__truebook_codes[@]} > 1 )) && (( ${__truebook_codes[-1]} == 0 )); then
    # The last pipeline of all: here too, what was only cut off by its reader did not fail.
    for __truebook_code in "${__truebook_codes[@]}"; do
      (( __truebook_code == 0 || __truebook_code == 141 )) || break
    done
    (( __truebook_code == 0 || __truebook_code == 141 )) && __truebook_status=0
  fi
  set +eux
  printf 'end\n' >&@REPORT@
  builtin declare -p >&@REPORT@ 2>/dev/null
  builtin exit "$__truebook_status"
}
# The gate: what follows is a block's, which may come much later or never.
printf 'gate\n' >&@REPORT@
IFS= read -r -u @GATE@ && [[ $REPLY == go ]] || builtin exit 1
exec @GATE@<&-
unset REPLY
[[ -s @BLOCK@/state ]] && source @BLOCK@/state 2>/dev/null
shopt -s expand_aliases
@ALIASES@
trap '__truebook_failed $? $LINENO "${BASH_SOURCE[0]}" "${PIPESTATUS[@]}"' ERR
set -eE -o pipefail
source @BLOCK@/script
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a block said of itself. `failed` is the script's line of the first command that failed, 0 for none; `exited`
    that of an explicit exit, `ended` whether it came to its end, `session` what it says to hand on to the next."""

    failed: int = 0
    exited: int = 0
    ended: bool = False
    session: Session = field(default_factory=Session)


def start(limits: Limits, aliases: Mapping[str, str], report: int, gate: int, block: str = BLOCK) -> str:
    """What bash reads first. `report` is the file descriptor for reports, `gate` the one that says when to begin,
    `block` the folder of the block's files."""
    named = "\n".join(f"alias -- {shlex.quote(f'{name}={text}')}" for name, text in aliases.items())
    values = {
        "ALIASES": named,
        "BLOCK": block,
        "CPU": str(limits.cpu),
        "FILE": str(limits.file * 1024),  # in KiB, but for the posix mode's 512 bytes
        "FILES": str(limits.files),
        "DATA": str(limits.memory * 1024),
        "PROCESSES": str(limits.processes),
        "GATE": str(gate),
        "REPORT": str(report),
    }
    text = _START
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def script(block: str) -> str:
    """The block's script with the mark of its end. An empty line before it, as the last one may be continued."""
    return f"{block}\n\n__truebook_end\n"


def arguments(block: str = BLOCK) -> list[str]:
    """The command that runs a block."""
    return ["/bin/bash", "--noprofile", "--norc", f"{block}/{START}"]


def read_report(report: bytes) -> Report:
    """What was reported; lines that make no sense are not."""
    head, mark, state = (b"\n" + report).partition(b"\nend\n")
    failed = exited = 0
    for line in head.split(b"\n"):
        words = line.split(b" ")
        if len(words) < 2 or not words[1].isdigit() or len(words[1]) > 9:
            continue
        if words[0] == b"error" and not failed:
            failed = int(words[1])
        elif words[0] == b"exit":
            exited = int(words[1])
    return Report(failed, exited, bool(mark), session.read(state) if mark else Session())
