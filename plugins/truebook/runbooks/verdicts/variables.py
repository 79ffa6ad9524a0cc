"""What is known of a script's variables at one point of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truebook.runbooks.verdicts.ruling import ANY, NAME

Values = frozenset[str]
"""All texts that a variable may hold; marks stand for what is not known."""

UNSET: Values = frozenset({NAME})
"""A variable that the script does not set: whoever fills it puts a name there, and the filled text is judged again."""

_MAYBE_EMPTY: Values = frozenset({NAME, ""})

UNKNOWN: Values = frozenset({ANY})

_BASH_SETS = re.compile(
    r"_|REPLY|MAPFILE|OPTARG|OPTIND|COPROC|HISTCMD|SHELLOPTS|BASHOPTS|"
    r"BASH_(?:REMATCH|COMMAND|ARGV|ARGV0|ARGC|EXECUTION_STRING|SOURCE|LINENO|ALIASES|CMDS)|(?:COMP|READLINE)_[A-Z]+"
)


def set_by_bash(name: str) -> bool:
    """Whether bash itself puts text of the script's, or of what it reads, into `name`: it may be any text."""
    return bool(_BASH_SETS.fullmatch(name))


MOST_VALUES = 8
"""A variable that may hold more texts than these is not followed."""

_DANGEROUS = re.compile(
    r"PATH|IFS|ENV|HOME|SHELL|CDPATH|TMPDIR|EDITOR|VISUAL|PAGER|BROWSER|MANPAGER|SHELLOPTS|BASHOPTS|GLOBIGNORE|"
    r"PROMPT_COMMAND|PS[0-4]|FUNCNEST|EXECIGNORE|HISTFILE|HISTCONTROL|POSIXLY_CORRECT|OPTIND|OPTARG|"
    r"HOSTALIASES|LOCPATH|NLSPATH|LOCALDOMAIN|RES_OPTIONS|TERMINFO|TERMCAP|TZDIR|TAR_OPTIONS|"
    r"KUBECONFIG|KUBERC|KUBECACHEDIR|KUBE_EDITOR|DOCKER_CONFIG|KREW_ROOT|"
    r"(?:BASH|LD|DYLD|GLIBC|MALLOC|GCONV|KUBECTL|KUBERNETES|GIT|HELM|VAULT|BAO|ARGOCD|VELERO|MC|OC|SSH|SUDO|CURL|SSL|"
    r"OPENSSL|GREP|AWK|GAWK|LESS|JQ|YQ|PYTHON|PERL|RUBY|JAVA|XDG|DOCKER|GOOGLE|AWS|AZURE)_[A-Z0-9_]*|"
    r"SYSTEMD_[A-Z]+|(?:SYSTEM_)?WGETRC|RIPGREP_CONFIG_PATH|NETRC|GNUPGHOME|LESSCLOSE|RSYNC_RSH|"
    r"NODE_(?:OPTIONS|PATH|EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)|RUBYOPT|RUBYLIB|PYTHON[A-Z]*|LESS|BASH|GO(?:DEBUG|FLAGS|PROXY)|"
    r"PERL5LIB|PERL5OPT|PYTHONPATH|LESSOPEN|GODEBUG|(?i:(?:https?|ftp|all|no|socks)_proxy)"
)
_HARMLESS = re.compile(r"(?:VAULT|BAO|ARGOCD|VELERO|HELM)_(?:NAMESPACE|NS|FORMAT|POD|POD_NAME|VERSION|RELEASE)")


def dangerous(name: str) -> bool:
    """Whether setting `name` changes which programs run, what they read, or whom they talk to."""
    return bool(_DANGEROUS.fullmatch(name)) and not _HARMLESS.fullmatch(name)


class Scope(dict[str, Values]):
    """The variables that were set so far; one that is missing is `UNSET`, or what bash has put there."""

    set_somewhere: frozenset[str] = frozenset()
    """Variables that the script sets at some place, and that are not filled in for that: empty where it has not yet."""

    def __missing__(self, name: str) -> Values:
        return UNKNOWN if set_by_bash(name) else _MAYBE_EMPTY if name in self.set_somewhere else UNSET

    def branch(self, values: Mapping[str, Values] | None = None) -> Scope:
        """A copy for a part of the script that may not run, or whose changes are lost; with other values if given."""
        made = Scope(self if values is None else values)
        made.set_somewhere = self.set_somewhere
        return made

    def join(self, other: Mapping[str, Values]) -> None:
        """Allow for both: the part that `other` comes from may have run or not."""
        for name in set(self) | set(other):
            self[name] = limited(self[name] | (other[name] if name in other else self.__missing__(name)))


def limited(values: Values) -> Values:
    """`values`, or any text where there are too many of them to follow."""
    return values if len(values) <= MOST_VALUES else UNKNOWN
