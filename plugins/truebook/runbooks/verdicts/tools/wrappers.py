"""Programs that run another command: its verdict counts, and the wrapper's own on top."""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.files import printed
from truebook.runbooks.verdicts.order import rank
from truebook.runbooks.verdicts.ruling import ANY, MANY, Argv, Inner, Ruling, Tool, literal, shown, unknown
from truebook.runbooks.verdicts.table import Parsed, Program, Rule, Verb
from truebook.runbooks.verdicts.variables import dangerous

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=.*", re.DOTALL)
_SHELL_OPTIONS = re.compile(r"-[euxv]*c[euxv]*")
SHELLS = frozenset({"sh", "bash", "zsh", "ash", "dash", "ksh", "fish"})


def _passes_on(reason: str, skip: int = 0, *, needs_number: bool = False) -> Rule:
    def judged(parsed: Parsed) -> Ruling:
        words = tuple((parsed.rest or [])[skip:])
        if not words:
            return unknown(f"{reason}, but names no command")
        if needs_number and not re.fullmatch(r"[0-9.]+[smhd]?", (parsed.rest or [""])[0]):
            return unknown("a limit that is not a plain number")
        return Ruling("read", reason, (Inner(words, transparent=True),))

    return judged


def env(words: Argv) -> Ruling:
    """`env [-i] [-u NAME] [NAME=value]… command`."""
    position = 0
    names: list[str] = []
    while position < len(words):
        word = words[position]
        if word in ("-i", "-", "--ignore-environment"):
            position += 1
        elif word in ("-u", "--unset"):
            position += 2
        elif word.startswith("-") or ANY in word[:1] or MANY in word:
            return unknown(f"env {shown(word)} is not judged")
        elif found := _ASSIGNMENT.fullmatch(word):
            if dangerous(found[1]):
                return unknown(f"sets {found[1]}, which changes what other commands do")
            names.append(found[1])
            position += 1
        elif "=" in word:
            return unknown(f"env {shown(word)} is not judged")
        else:
            inner = Inner(words[position:], transparent=True)
            return Ruling("read", "runs a command", (inner,), assigns=tuple(names))
    return Ruling("secret", "prints the environment")


def shell(words: Argv) -> Ruling:
    """`sh -c 'text'`: the text is judged as a script; any other form runs what is not known, or waits."""
    position = 0
    while position < len(words) and re.fullmatch(r"-[euxv]+", words[position]):
        position += 1
    if position + 1 < len(words) and words[position] in ("-o", "+o"):
        if words[position + 1] != "pipefail":
            return unknown("a shell option that is not judged")
        position += 2
    rest = words[position:]
    if not rest or rest in (("-l",), ("-i",), ("-il",), ("--login",)):
        return Ruling("interactive", "opens a shell", opens_shell=True)
    if not _SHELL_OPTIONS.fullmatch(rest[0]) or len(rest) < 2:
        return unknown("runs a script that is not seen here")
    if not literal(rest[1]):
        return unknown("runs text that is not known before the script runs")
    return Ruling("read", "runs a script", (Inner(script=rest[1], where="in the inner shell", transparent=False),))


_SUDO_FLAGS = (
    "n,non-interactive E,preserve-env? H,set-home k K b S,stdin u,user= g,group= i,login s,shell A P help,h l,list v"
)


def _sudo(parsed: Parsed) -> Ruling:
    words = tuple(parsed.rest or [])
    names: list[str] = []
    while words and (found := _ASSIGNMENT.fullmatch(words[0])):
        if dangerous(found[1]):
            return unknown(f"sets {found[1]}, which changes what other commands do")
        names.append(found[1])
        words = words[1:]
    if parsed.on("i") or parsed.on("s") or words[:1] == ("su",):
        return Ruling("interactive", "opens a shell of another user", opens_shell=True)
    if parsed.on("b") or parsed.on("A") or not words:
        return unknown("this form of sudo is not judged")
    inner = Inner(words, where="as another user")
    return Ruling("exec", "runs as another user of this machine", (inner,), assigns=tuple(names))


_SSH_FLAGS = (
    "p= l= i= o= F= J= L= R= D= E= b= c= m= W= S= w= I= O= Q= e= B= P= t T q v n N f A a C g K k M s X x Y y 4 6 V G"
)


def ssh(words: Argv) -> Ruling:
    """`ssh host [command]`: everything after a bare `ssh host` is typed on that host."""
    return _SSH(words)


def _ssh(parsed: Parsed) -> Ruling:
    rest = parsed.rest or []
    if parsed.on("N") or parsed.on("f"):
        return Ruling("interactive", "holds a connection open")
    if not rest:
        return unknown("ssh without a host")
    host = shown(rest[0])
    if len(rest) == 1:
        return Ruling("interactive", f"opens a shell on {host}", opens_shell=True)
    script = " ".join(rest[1:])
    if not literal(script):
        return Ruling("unknown", f"runs text on {host} that is not known before the script runs")
    return Ruling("exec", f"runs a command on {host}", (Inner(script=script, where=f"on {host}", elsewhere=True),))


_SSH = Program("ssh", Verb("exec", "runs a command on another machine", _SSH_FLAGS, rule=_ssh), stop=True)

_XARGS_FLAGS = (
    "0,null r,no-run-if-empty t,verbose n,max-args= P,max-procs= I,replace= L,max-lines= d,delimiter= s,max-chars= "
    "x,exit "
    "E= a,arg-file= help"
)


def _xargs(parsed: Parsed) -> Ruling:
    effect = printed(parsed.flags.get("a", [])) or Ruling("read", "runs a command on what it reads")
    words = tuple(parsed.rest or ["echo"])
    if "I" in parsed.flags:
        hole = parsed.last("I")
        if not hole or not literal(hole) or hole in words[0]:
            return unknown("xargs chooses the program by what it reads")
        filled = tuple(word.replace(hole, ANY) for word in words)
    else:
        filled = (*words, MANY)
    return Ruling(effect.verdict, effect.reason, (Inner(filled, where="by xargs", fed=True),))


def _watch(parsed: Parsed) -> Ruling:
    words = parsed.rest or []
    if not words or not all(literal(word) for word in words):
        return unknown("watches a command that is not known before the script runs")
    if parsed.on("x"):
        return Ruling("interactive", "repeats a command, and never ends", (Inner(tuple(words), where="repeated"),))
    script = " ".join(words)
    return Ruling("interactive", "repeats a command, and never ends", (Inner(script=script, where="repeated"),))


_FIND_WRITES = {"-fprint": 1, "-fprint0": 1, "-fls": 1, "-fprintf": 2}
"""How many words each takes, the file first."""
_FIND_TESTS = {
    **dict.fromkeys(
        [
            "-name",
            "-iname",
            "-path",
            "-ipath",
            "-regex",
            "-iregex",
            "-type",
            "-size",
            "-mtime",
            "-mmin",
            "-ctime",
            "-cmin",
            "-atime",
            "-amin",
            "-newer",
            "-user",
            "-group",
            "-perm",
            "-maxdepth",
            "-mindepth",
            "-printf",
            "-links",
            "-inum",
            "-wholename",
            "-regextype",
            "-anewer",
            "-cnewer",
            "-fstype",
            "-samefile",
        ],
        1,
    ),
    **dict.fromkeys(
        [
            "-print",
            "-print0",
            "-ls",
            "-empty",
            "-prune",
            "-quit",
            "-not",
            "-a",
            "-o",
            "-and",
            "-or",
            "!",
            "(",
            ")",
            "-xdev",
            "-mount",
            "-depth",
            "-true",
            "-false",
            "-follow",
            "-readable",
            "-writable",
            "-executable",
            "-nouser",
            "-nogroup",
            "-noleaf",
            "-daystart",
            "-L",
            "-P",
            "-H",
        ],
        0,
    ),
}


def find(words: Argv) -> Ruling:
    """`find` prints names; `-exec` runs commands on them, `-delete` and `-fprint` write."""
    position = 0
    effects = [Ruling("read", "finds files")]
    inner: list[Inner] = []
    while position < len(words):  # to the end: an action that is harmless does not speak for those after it
        word = words[position]
        position += 1
        if MANY in word or word.startswith(ANY):
            return unknown(f"`{shown(word)}` may stand for an action")
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((n for n in range(position, len(words)) if words[n] in (";", "+")), None)
            if end is None:
                return unknown(f"find {word} without an end")
            command = words[position:end]
            if not command or "{}" in command[0]:
                return unknown("find chooses the program by what it finds")
            filled = tuple("./" + ANY if part == "{}" else part.replace("{}", ANY) for part in command)
            inner.append(Inner(filled, where="by find"))
            position = end + 1
        elif word == "-delete":
            effects.append(Ruling("destructive", "deletes files"))
        elif word in _FIND_WRITES:
            effects.append(Ruling("local", "writes a file"))
            position += _FIND_WRITES[word]
        elif word in _FIND_TESTS:
            position += _FIND_TESTS[word]
        elif word.startswith("-"):
            return unknown(f"find {shown(word)} is not known here")
    # What runs is given the files by a name that is not known here.
    if inner and (found := printed(words)):
        effects.append(found)
    effect = max(effects, key=lambda ruling: rank(ruling.verdict))
    return Ruling(effect.verdict, effect.reason, tuple(inner))


def time(words: Argv) -> Ruling:
    """The shell's `time`, and `/usr/bin/time`."""
    if words[:1] == ("-p",):
        words = words[1:]
    if words and words[0].startswith("-"):
        return unknown("this form of time is not judged")
    return Ruling("read", "times a command", (Inner(words, transparent=True),) if words else ())


def su(words: Argv) -> Ruling:
    """`su` opens another user's shell."""
    if "-c" in words:
        return unknown("runs text as another user")
    return Ruling("interactive", "opens a shell of another user", opens_shell=True)


WRAPPERS: dict[str, Tool] = {
    "env": env,
    "printenv": lambda _words: Ruling("secret", "prints the environment"),
    **dict.fromkeys(sorted(SHELLS - {"fish"}), shell),
    "sudo": Program("sudo", Verb("exec", "", _SUDO_FLAGS, rule=_sudo), stop=True),
    "su": su,
    "ssh": ssh,
    "time": time,
    "timeout": Program(
        "timeout",
        Verb(
            "read",
            "",
            "k,kill-after= s,signal= foreground preserve-status v,verbose",
            rule=_passes_on("limits a command's time", 1, needs_number=True),
        ),
        stop=True,
    ),
    "nice": Program("nice", Verb("read", "", "n,adjustment=", rule=_passes_on("runs a command")), stop=True),
    "nohup": Program(
        "nohup",
        Verb(
            "local",
            "",
            "",
            rule=lambda parsed: Ruling(
                "local",
                "writes nohup.out and outlives the script",
                (Inner(tuple(parsed.rest or [])),) if parsed.rest else (),
            ),
        ),
        stop=True,
    ),
    "stdbuf": Program(
        "stdbuf", Verb("read", "", "i,input= o,output= e,error=", rule=_passes_on("runs a command")), stop=True
    ),
    "xargs": Program("xargs", Verb("read", "", _XARGS_FLAGS, rule=_xargs), stop=True),
    "watch": Program(
        "watch",
        Verb(
            "interactive",
            "",
            "n,interval= d,differences? t,no-title b,beep e,errexit g,chgexit c,color x,exec p,precise",
            rule=_watch,
        ),
        stop=True,
    ),
    "find": find,
}
