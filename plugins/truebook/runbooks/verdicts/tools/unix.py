"""The usual small programs: those that only print, and those that write files here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.files import printed
from truebook.runbooks.verdicts.ruling import ANY, MANY, Argv, Prints, Ruling, Tool, literal, shown, unknown
from truebook.runbooks.verdicts.table import Effects, Parsed, Program, Rule, Verb
from truebook.runbooks.verdicts.variables import dangerous

LONGEST_SLEEP = 600
"""Seconds; a longer sleep counts as waiting."""


def _reads_files(parsed: Parsed) -> Ruling | None:
    if any(word.startswith(("/dev/tcp", "/dev/udp")) for word in parsed.all_operands()):
        return unknown("opens a connection")
    return printed(parsed.all_operands())


def _no_second(parsed: Parsed) -> Ruling | None:
    """The second operand of `uniq` is a file that it writes."""
    if len(parsed.all_operands()) > 1:
        return Ruling("local", "writes the file that its second word names")
    return _reads_files(parsed)


def _no_operand(reason: str) -> Rule:
    return lambda parsed: unknown(reason) if parsed.all_operands() else None


def _bounded(parsed: Parsed) -> Ruling | None:
    seconds = 0.0
    for word in parsed.all_operands():
        found = re.fullmatch(r"([0-9]*\.?[0-9]+)([smhd]?)", word)
        if found is None:
            return Ruling("interactive", f"sleeps for {shown(word)}, which is not a plain time")
        seconds += float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]
    return Ruling("interactive", f"sleeps longer than {LONGEST_SLEEP} s") if seconds > LONGEST_SLEEP else None


def _date(parsed: Parsed) -> Ruling | None:
    if any(not word.startswith("+") for word in parsed.all_operands()):
        return unknown("date may set the clock")
    name = all(re.fullmatch(r"\+[\w%:.][\w%:.-]*", word) for word in parsed.all_operands())
    return Ruling("read", "prints the time", prints="names" if name and parsed.operands else "")


def _processes(parsed: Parsed) -> Ruling | None:
    """Letters without a dash are options too, and `e` among them shows what processes have in their environment."""
    if any(re.search(r"e|\W", word) for word in parsed.all_operands()):
        return Ruling("secret", "prints the environment of processes")
    return None


def _needs(flag: str, reason: str) -> Rule:
    return lambda parsed: None if flag in parsed.flags else Ruling("interactive", reason)


def _needs_operand(reason: str) -> Rule:
    return lambda parsed: None if parsed.all_operands() else Ruling("interactive", reason)


def _remove(parsed: Parsed) -> Ruling | None:
    """Only what lies below /tmp is ours to throw away."""
    if all(word.startswith("/tmp/") and ".." not in word and literal(word) for word in parsed.all_operands()):  # noqa: S108
        return Ruling("local", "removes files below /tmp")
    return None


def _tar(parsed: Parsed) -> Ruling | None:
    return Ruling("read", "lists an archive") if "list" in parsed.flags else None


_FOLLOW: Effects = {
    "follow": ("interactive", "follows a file, and never ends"),
    "F": ("interactive", "follows a file, and never ends"),
    "output": ("local", "writes a file"),
}


def _row(
    verdict: VerdictKind,
    reason: str,
    flags: str = "",
    rule: Rule | None = None,
    prints: Prints = "",
    effects: Effects | None = None,
) -> Verb:
    return Verb(verdict, reason, f"{flags} help version" if "help" not in flags else flags, effects or {}, rule, prints)


_DIGITS = "0 1 2 3 4 5 6 7 8 9"
_COUNT = f"lines,n= bytes,c= quiet,q silent verbose,v zero-terminated,z {_DIGITS}"
_VERBS: Mapping[str, Verb] = {
    # text
    "cat": _row("read", "prints files", "show-all,A number-nonblank,b e show-ends,E number,n squeeze-blank,s t T v "
        "u", _reads_files),
    "tac": _row("read", "prints files", "separator,s= before,b", _reads_files),
    "head": _row("read", "prints the first lines", _COUNT, _reads_files),
    "tail": _row("read", "prints the last lines", f"{_COUNT} follow,f? F retry pid= "
        f"sleep-interval,s=", _reads_files, effects=_FOLLOW),
    "sort": _row(
        "read", "sorts lines",
        "ignore-leading-blanks,b dictionary-order,d ignore-case,f general-numeric-sort,g month-sort,M "
        "human-numeric-sort,h "
        "numeric-sort,n reverse,r version-sort,V key,k= unique,u field-separator,t= check,c stable,s output,o= "
        "zero-terminated,z",
        _reads_files, effects=_FOLLOW,
    ),
    "uniq": _row(
        "read", "drops repeated lines",
        "count,c repeated,d unique,u ignore-case,i skip-fields,f= skip-chars,s= check-chars,w= all-repeated,D? "
        "zero-terminated,z",
        _no_second,
    ),
    "wc": _row("read", "counts", "bytes,c chars,m lines,l words,w max-line-length,L", _reads_files, "names"),
    "cut": _row(
        "read", "cuts columns",
        "bytes,b= characters,c= delimiter,d= fields,f= complement only-delimited,s output-delimiter= "
        "zero-terminated,z", _reads_files,
    ),
    "tr": _row("read", "replaces characters", "complement,c,C delete,d squeeze-repeats,s truncate-set1,t"),
    "column": _row("read", "lines up columns", "table,t separator,s= output-separator,o= columns,c= table-columns,N= "
        "json,J"),
    "paste": _row("read", "joins lines", "delimiters,d= serial,s zero-terminated,z", _reads_files),
    "join": _row("read", "joins files", "1= 2= t= o= a= v= i", _reads_files),
    "comm": _row("read", "compares files", "1 2 3", _reads_files),
    "nl": _row("read", "numbers lines", "b= n= w= s=", _reads_files),
    "fold": _row("read", "breaks lines", "width,w= spaces,s bytes,b", _reads_files),
    "rev": _row("read", "turns lines round", "", _reads_files),
    "diff": _row(
        "read", "compares files",
        "u unified,U= recursive,r brief,q side-by-side,y ignore-all-space,w ignore-space-change,b new-file,N color? "
        "context,c "
        "ignore-case,i exclude,x= label= width,W= suppress-common-lines",
        _reads_files,
    ),
    "cmp": _row("read", "compares files", "silent,s quiet verbose,l", _reads_files),
    "base64": _row("read", "encodes or decodes", "decode,d D ignore-garbage,i wrap,w=", _reads_files),
    "md5sum": _row("read", "adds up a digest", "check,c binary,b", _reads_files),
    "sha1sum": _row("read", "adds up a digest", "check,c binary,b", _reads_files),
    "sha256sum": _row("read", "adds up a digest", "check,c binary,b ignore-missing quiet status", _reads_files),
    "xxd": _row("read", "dumps bytes", "p plain", _no_second),
    "hexdump": _row("read", "dumps bytes", "C n=", _reads_files),
    "strings": _row("read", "prints text in files", "n= a", _reads_files),
    "zcat": _row("read", "prints files", "f", _reads_files),
    # values
    "true": _row("read", "does nothing"),
    "false": _row("read", "does nothing"),
    "seq": _row("read", "counts", "separator,s= format,f= equal-width,w", None, "names"),
    "date": _row(
        "read", "prints the time", "date,d= utc,u universal iso-8601,I? rfc-3339= rfc-email,R reference,r= v= j", _date,
    ),
    "sleep": _row("read", "waits a moment", "", _bounded),
    "basename": _row("read", "prints a name", "multiple,a suffix,s="),
    "dirname": _row("read", "prints a name"),
    "realpath": _row("read", "prints a name", "canonicalize-existing,e canonicalize-missing,m no-symlinks,s "
        "relative-to="),
    "readlink": _row("read", "prints a name", "canonicalize,f canonicalize-existing,e no-newline,n"),
    "expr": _row("read", "adds up"),
    "uuidgen": _row("read", "prints random text", "random,r time,t", None, "names"),
    # this machine
    "ls": _row(
        "read", "lists files",
        "all,a almost-all,A l human-readable,h recursive,R reverse,r t S 1 directory,d inode,i classify,F? color? "
        "size,s g o G Z "
        "numeric-uid-gid,n sort= time= full-time time-style= X v L p",
    ),
    "pwd": _row("read", "prints the folder", "L P"),
    "whoami": _row("read", "prints who one is", "", None, "names"),
    "id": _row("read", "prints who one is", "user,u group,g groups,G name,n real,r"),
    "groups": _row("read", "prints who one is"),
    "hostname": _row("read", "prints the name", "fqdn,f short,s ip-address,i all-ip-addresses,I "
        "domain,d", _no_operand("sets the name")),
    "uname": _row("read", "prints the system", "all,a s n r v m p i o"),
    "arch": _row("read", "prints the system"),
    "nproc": _row("read", "prints the number of processors", "all ignore=", None, "names"),
    "uptime": _row("read", "prints the time since the start", "pretty,p since,s"),
    "df": _row("read", "prints free space", "human-readable,h inodes,i all,a type,t= print-type,T local,l total x= k "
        "m H P"),
    "du": _row(
        "read", "adds up sizes",
        "human-readable,h summarize,s all,a max-depth,d= total,c apparent-size bytes,b one-file-system,x exclude= k m",
    ),
    "free": _row("read", "prints memory", "human,h bytes,b mebi,m gibi,g total,t wide,w si kibi,k m"),
    "ps": _row("read", "lists processes", "e f A a u x w o= p= C= U= user= sort= no-headers pid= ppid= L", _processes),
    "pgrep": _row("read", "finds processes", "full,f list-name,l list-full,a exact,x newest,n oldest,o count,c"),
    "lsblk": _row("read", "lists disks", "fs,f output,o= bytes,b all,a noheadings,n json,J list,l paths,p nodeps,d"),
    "stat": _row("read", "reads about files", "format,c= dereference,L file-system,f terse,t printf="),
    "file": _row("read", "reads about files", "brief,b mime,i mime-type dereference,L"),
    "which": _row("read", "says where a program is", "all,a"),
    "nslookup": _row("read", "asks a name server", "type= query= timeout= debug port= "
        "norecurse", _needs_operand("asks for names")),
    "host": _row("read", "asks a name server", "t= a v 4 6 W= T"),
    "ping": _row(
        "read", "asks whether a host answers", "count,c= i= interval= W= w= q n 4 6 s= I= D",
        _needs("count", "pings until it is stopped"),
    ),
    "traceroute": _row("read", "asks for the way to a host", "n m= w= q= I T 4 6 p="),
    "getent": _row("read", "looks names up", "s="),
    "ss": _row("read", "lists sockets", "t u l n p a tcp udp listening numeric processes all s 4 6 H o e m i x"),
    "netstat": _row("read", "lists sockets", "t u l n p a r s 4 6 i tcp udp listening numeric"),
    "journalctl": _row(
        "read", "reads the log",
        "unit,u= follow,f no-pager since,S= until,U= lines,n= reverse,r boot,b? priority,p= output,o= dmesg,k "
        "identifier,t= "
        "grep,g= pager-end,e catalog,x system user quiet,q disk-usage list-boots",
        effects={**_FOLLOW, "output": ("read", "")},
    ),
    "clear": _row("read", "clears the terminal"),
    "tput": _row("read", "asks the terminal"),
    "man": _row("interactive", "opens a pager"),
    "less": _row("interactive", "opens a pager", "N S R F X i n"),
    "more": _row("interactive", "opens a pager"),
    "top": _row("interactive", "refreshes until it is stopped", "b n= d= p= u= H o= c 1"),
    "htop": _row("interactive", "refreshes until it is stopped"),
    "vi": _row("interactive", "opens an editor"),
    "vim": _row("interactive", "opens an editor"),
    "nano": _row("interactive", "opens an editor"),
    "yes": _row("interactive", "prints until it is stopped"),
    # files
    "tee": _row("local", "writes files", "append,a ignore-interrupts,i"),
    "touch": _row("local", "writes files", "a c m date,d= reference,r= t= no-create"),
    "mkdir": _row("local", "makes folders", "parents,p mode,m= verbose,v"),
    "mktemp": _row("local", "makes a file", "directory,d dry-run,u tmpdir,p? suffix= t quiet,q", None, "names"),
    "cp": _row(
        "local", "copies files",
        "recursive,r R archive,a force,f interactive,i no-clobber,n preserve,p? update,u verbose,v target-directory,t= "
        "no-dereference,P dereference,L symbolic-link,s link,l no-target-directory,T backup? d",
    ),
    "mv": _row("local", "moves files", "force,f interactive,i no-clobber,n verbose,v target-directory,t= "
        "no-target-directory,T update,u"),
    "ln": _row("local", "links files", "symbolic,s force,f no-dereference,n verbose,v relative,r "
        "no-target-directory,T"),
    "chmod": _row("local", "changes files", "recursive,R verbose,v changes,c silent,f quiet reference="),
    "rm": _row("destructive", "removes files", "recursive,r R force,f interactive,i verbose,v dir,d I "
        "one-file-system", _remove),
    "rmdir": _row("local", "removes empty folders", "parents,p verbose,v ignore-fail-on-non-empty"),
    "tar": _row(
        "local", "packs or unpacks files",
        "create,c extract,x list,t gzip,z bzip2,j xz,J verbose,v file,f= directory,C= strip-components= exclude= "
        "wildcards "
        "to-stdout,O same-permissions,p zstd auto-compress,a",
        _tar,
    ),
    "gzip": _row("local", "packs files", "decompress,d stdout,c force,f keep,k list,l recursive,r 9 1 verbose,v"),
    "gunzip": _row("local", "unpacks files", "stdout,c force,f keep,k list,l"),
}  # fmt: skip


def echo(words: Argv) -> Ruling:
    """Prints its words, whatever they are."""
    return Ruling("read", "prints text")


def printf(words: Argv) -> Ruling:
    """Prints its words; `-v` sets a variable, whose name bash evaluates."""
    if words and (MANY in words[0] or words[0].startswith(ANY)):
        return unknown("printf by a format that is not known before the script runs")
    if words[:1] == ("-v",):
        if len(words) < 3 or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", words[1]) or dangerous(words[1]):
            return unknown("printf -v sets a variable that is not judged")
        return Ruling("read", "sets a variable", assigns=(words[1],))
    if words and words[0].startswith("-v"):
        return unknown("printf -v sets a variable that is not judged")
    if any(re.search(r"%[-+ #0'*.0-9hlLjzt]*n", word.replace("%%", "")) for word in words[:2]):
        return unknown("printf %n sets a variable that is not judged")
    return Ruling("read", "prints text")


def test(words: Argv) -> Ruling:
    """`test`: only `-v` and `-R` evaluate text, as the name of a variable."""
    for number, word in enumerate(words):
        if word in ("-v", "-R") or MANY in word or (word.startswith(ANY) and number == 0):
            return unknown("a test that may evaluate text")
    return Ruling("read", "tests a condition")


_DIG = re.compile(
    r"@[\w.:-]+|\+(?:no)?(?:short|trace|tcp|dnssec|answer|comments|question|stats|all|noall|recurse|cmd|authority|additional|"
    r"search|time=\d+|tries=\d+|retry=\d+)|-[46x]|[\w.\x00:-]+"
)


def dig(words: Argv) -> Ruling:
    """`dig @server name type +short`; `-f` and `-k` read files."""
    position = 0
    while position < len(words):
        if words[position] in ("-t", "-p", "-c", "-b"):
            position += 2
            continue
        if not _DIG.fullmatch(words[position]) or words[position][:2] in ("-f", "-k", "-y"):
            return unknown(f"dig {shown(words[position])} is not judged")
        position += 1
    return Ruling("read", "asks a name server")


PROGRAMS: dict[str, Tool] = {
    **{name: Program(name, verb) for name, verb in _VERBS.items()},
    "echo": echo,
    ":": echo,
    "printf": printf,
    "test": test,
    "dig": dig,
}
