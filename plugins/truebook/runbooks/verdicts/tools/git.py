"""git. Only `push` reaches another machine's repository; the rest reads, or writes files here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truebook.runbooks.verdicts.files import printed
from truebook.runbooks.verdicts.ruling import ANY, NAME, Ruling, unknown
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Rule, Verb

_GLOBAL = (
    "C= no-pager P help,h no-optional-locks no-replace-objects bare literal-pathspecs c= git-dir= work-tree= "
    "exec-path? paginate,p config-env= namespace="
)
_EFFECTS: Effects = {
    **{
        flag: ("unknown", f"{flag} may name programs that git runs")
        for flag in ("c", "git-dir", "work-tree", "exec-path", "config-env", "paginate")
    },
    "output": ("local", "--output writes a file"),
    "interactive": ("interactive", "asks before it goes on"),
    "patch": ("interactive", "asks before it goes on"),
    "edit": ("interactive", "opens an editor"),
}
_DIFF = (
    "stat? numstat shortstat summary name-only name-status cached staged p u unified,U= raw patch-with-stat color? "
    "no-color "
    "word-diff? ignore-all-space,w ignore-space-change,b exit-code quiet,q no-ext-diff no-textconv text,a minimal "
    "find-renames,M? no-renames diff-filter= relative? merge-base R output= S= G= check submodule? dirstat? "
    "compact-summary"
)
_LOG = (
    f"{_DIFF} oneline graph decorate? no-decorate all branches? tags? remotes? max-count,n= skip= since= until= "
    f"after= before= "
    "author= committer= grep= i E F pretty? format= abbrev-commit abbrev= no-abbrev-commit merges no-merges "
    "first-parent "
    "follow reverse date= topo-order date-order left-right cherry-pick cherry-mark L= show-signature no-show-signature "
    "0 1 2 3 4 5 6 7 8 9 full-history simplify-by-decoration boundary no-patch,s source invert-grep"
)
_REMOTE_HELPER = re.compile(r"^[\w+.-]*::|^-")


def _no_helper(rule: Rule | None = None) -> Rule:
    """A URL like `ext::sh -c …` names a program that git runs."""

    def judged(parsed: Parsed) -> Ruling | None:
        for word in parsed.all_operands():
            if _REMOTE_HELPER.match(word) or word.startswith((ANY, NAME + "::")):
                return unknown(f"the address {word} may name a program that git runs")
        return rule(parsed) if rule else None

    return judged


def _lists(flags_that_list: frozenset[str], change: str) -> Rule:
    """`git tag` and `git branch` list, until they are given a name or told to change something."""

    def judged(parsed: Parsed) -> Ruling | None:
        if parsed.flags.keys() & {"delete", "D", "move", "M", "force"}:
            return Ruling("local", change)
        if parsed.all_operands() and not parsed.flags.keys() & flags_that_list:
            return Ruling("local", change)
        return None

    return judged


def _push(parsed: Parsed) -> Ruling | None:
    if helper := _no_helper()(parsed):
        return helper
    if parsed.on("dry-run"):
        return Ruling("read", "compares with the remote")
    forced = any(word.startswith(("+", ":")) for word in parsed.all_operands()[1:])
    if forced or any(parsed.on(flag) for flag in ("force", "force-with-lease", "delete", "mirror", "prune")):
        return Ruling("destructive", "replaces or deletes what the remote holds")
    return None


def _compares(parsed: Parsed) -> Ruling | None:
    """Outside of a repository, or by `--no-index`, any two files are compared."""
    return printed(parsed.all_operands())


def _commit(parsed: Parsed) -> Ruling | None:
    if parsed.flags.keys() & {"message", "file", "no-edit", "reuse-message", "fixup", "dry-run"}:
        return None
    return Ruling("interactive", "opens an editor")


def _config(parsed: Parsed) -> Ruling | None:
    operands = parsed.all_operands()
    reads = parsed.flags.keys() & {"get", "get-all", "get-regexp", "list", "show-origin", "name-only"} or operands[
        :1
    ] in (
        ["get"],
        ["list"],
    )
    if reads or (len(operands) == 1 and not parsed.flags.keys() & {"unset", "unset-all", "edit", "add"}):
        return (
            Ruling("secret", "prints settings, which may hold tokens")
            if "list" in parsed.flags or operands == ["list"]
            else None
        )
    return unknown("git config may name programs that git runs")


def _remote(parsed: Parsed) -> Ruling | None:
    operands = parsed.all_operands()
    if not operands or operands[0] in ("get-url", "show"):
        return None
    return _no_helper()(parsed) or Ruling("local", "changes the list of remotes")


def _stash(parsed: Parsed) -> Ruling | None:
    return None if parsed.all_operands()[:1] in (["list"], ["show"]) else Ruling("local", "changes files")


def _reflog(parsed: Parsed) -> Ruling | None:
    return Ruling("local", "changes history") if parsed.all_operands()[:1] in (["expire"], ["delete"]) else None


def _submodule(parsed: Parsed) -> Ruling | None:
    if parsed.all_operands()[:1] in ([], ["status"], ["summary"]):
        return None
    return unknown("git submodule may run programs")


def _verb_list(parsed: Parsed) -> Ruling | None:
    return (
        None
        if parsed.all_operands()[:1] in (["list"], ["status"], ["show"], ["exists"], [])
        else Ruling("local", "changes the repository")
    )


def _local(reason: str, flags: str = "", rule: Rule | None = None) -> Verb:
    return Verb("local", reason, flags, rule=rule)


_FETCH = (
    "all prune,p tags,t no-tags depth= force,f dry-run quiet,q verbose,v progress unshallow recurse-submodules? jobs,j="
)
_VERBS: Mapping[str, Verb] = {
    "status": Verb(
        "read", "reads the state", "short,s branch,b porcelain? long verbose,v untracked-files,u? ignored? z "
            "show-stash column?"
    ),
    "log": Verb("read", "reads history", _LOG),
    "show": Verb("read", "reads a commit", _LOG),
    "diff": Verb("read", "compares", f"{_DIFF} no-index patch", rule=_compares),
    "whatchanged": Verb("read", "reads history", _LOG),
    "shortlog": Verb("read", "reads history", "numbered,n summary,s email,e all no-merges since= until="),
    "blame": Verb("read", "reads history", "L= w M C e s l root"),
    "rev-parse": Verb(
        "read", "reads names", "short? abbrev-ref? verify quiet,q show-toplevel git-dir symbolic-full-name "
            "is-inside-work-tree "
        "show-prefix show-cdup all branches tags", prints="names"
    ),
    "rev-list": Verb("read", "reads history", "count all max-count,n= since= until= no-merges left-right reverse"),
    "describe": Verb("read", "reads names", "tags all always long dirty? abbrev= match= exact-match contains "
        "first-parent"),
    "ls-files": Verb("read", "lists files", "others,o cached,c modified,m deleted,d exclude-standard stage,s z "
        "error-unmatch"),
    "ls-tree": Verb("read", "lists files", "r d t l name-only full-tree z"),
    "ls-remote": Verb(
        "read", "reads the remote's names", "heads,h tags,t branches,b exit-code quiet,q symref refs sort= get-url "
            "upload-pack= exec=",
        dict.fromkeys(("upload-pack", "exec"), ("unknown", "names a program that is run")), _no_helper(),
    ),
    "cat-file": Verb("read", "reads an object", "p t s e batch-check"),
    "grep": Verb("read", "searches", "n line-number i v l c w E F e= name-only,files-with-matches all-match quiet,q "
        "cached"),
    "merge-base": Verb("read", "reads history", "is-ancestor all,a fork-point octopus"),
    "for-each-ref": Verb("read", "lists names", "format= sort= count= contains= merged= points-at="),
    "show-ref": Verb("read", "lists names", "heads tags verify hash,s? dereference,d quiet,q"),
    "name-rev": Verb("read", "reads names", "name-only tags all always"),
    "reflog": Verb("read", "reads history", f"{_LOG}", rule=_reflog),
    "fsck": Verb("read", "checks the repository", "full no-progress unreachable no-dangling"),
    "count-objects": Verb("read", "counts", "verbose,v human-readable,H"),
    "version": Verb("read", "prints the version", "build-options"),
    "help": Verb("read", "prints help"),
    "config": Verb(
        "read", "reads a setting",
        "global system local get get-all= get-regexp= list,l show-origin show-scope name-only unset= unset-all= add= "
        "replace-all edit,e default= type= bool int file,f=",
        rule=_config,
    ),
    "remote": Verb("read", "lists remotes", "verbose,v all push tags f t= m=", rule=_remote),
    "branch": Verb(
        "read", "lists branches",
        "all,a remotes,r list,l verbose,v vv show-current contains? merged? no-merged? sort= format= color? column? "
        "delete,d D move,m M force,f track,t? set-upstream-to,u= no-track copy points-at=",
        rule=_lists(frozenset({"list", "contains", "merged", "no-merged", "points-at"}), "changes branches"),
    ),
    "tag": Verb(
        "read", "lists tags",
        "list,l n? contains? merged? no-merged? sort= format= points-at= delete,d annotate,a message,m= file,F= "
        "force,f sign,s "
        "verify,v",
        rule=_lists(frozenset({"list", "contains", "merged", "no-merged", "points-at"}), "changes tags"),
    ),
    "stash": Verb("read", "lists stashes", "p stat message,m= include-untracked,u keep-index,k all,a "
        "quiet,q", rule=_stash),
    "worktree": Verb("read", "lists work trees", "porcelain force,f b= detach", rule=_verb_list),
    "submodule": Verb("read", "lists submodules", "quiet,q recursive", rule=_submodule),
    "push": Verb(
        "write", "writes to the remote",
        "force,f force-with-lease? force-if-includes delete,d mirror prune tags all dry-run,n set-upstream,u quiet,q "
        "verbose,v "
        "follow-tags no-verify atomic push-option,o= porcelain receive-pack= exec= progress",
        dict.fromkeys(("receive-pack", "exec"), ("unknown", "names a program that is run")), _push,
    ),
    "add": _local("stages files", "all,A update,u force,f verbose,v patch,p interactive,i edit,e intent-to-add,N "
        "dry-run,n"),
    "commit": _local(
        "commits",
        "message,m= all,a amend no-edit file,F= no-verify,n quiet,q signoff,s allow-empty author= date= gpg-sign,S? "
        "fixup= "
        "reuse-message,C= dry-run patch,p edit,e verbose,v allow-empty-message",
        _commit,
    ),
    "pull": _local("fetches and merges", f"{_FETCH} rebase,r? no-rebase ff-only no-ff ff autostash "
        f"no-edit", _no_helper()),
    "fetch": _local("fetches", _FETCH, _no_helper()),
    "clone": _local(
        "downloads a repository",
        "depth= branch,b= single-branch no-single-branch quiet,q verbose,v recursive recurse-submodules? bare mirror "
        "no-checkout,n "
        "filter= sparse progress origin,o= no-tags jobs,j= shallow-submodules",
        _no_helper(),
    ),
    "init": _local("makes a repository", "quiet,q bare initial-branch,b="),
    "checkout": _local("changes files", "b= B= force,f quiet,q track,t? detach,d ours theirs orphan= patch,p merge,m"),
    "switch": _local("changes files", "create,c= C= force,f quiet,q detach,d track,t? discard-changes"),
    "restore": _local("changes files", "source,s= staged,S worktree,W quiet,q ours theirs patch,p"),
    "reset": _local("changes files", "hard soft mixed merge keep quiet,q patch,p N"),
    "merge": _local(
        "merges", "no-edit no-ff ff-only squash message,m= abort continue quit quiet,q strategy-option,X= no-commit "
            "edit,e"
    ),
    "rebase": _local("rewrites history", "abort continue skip onto= autostash quiet,q root interactive,i "
        "rebase-merges? autosquash"),
    "cherry-pick": _local("commits", "no-commit,n x abort continue quit mainline,m= signoff,s edit,e"),
    "revert": _local("commits", "no-edit no-commit,n abort continue quit mainline,m= signoff,s edit,e"),
    "mv": _local("moves files", "force,f verbose,v k dry-run,n"),
    "rm": _local("removes files", "force,f cached r quiet,q dry-run,n ignore-unmatch"),
    "clean": _local("removes files", "force,f d x X dry-run,n quiet,q exclude,e= interactive,i"),
    "apply": _local("changes files", "check stat index cached reverse,R 3way,3 p= whitespace= reject"),
    "gc": _local("repacks", "aggressive prune? auto quiet"),
}  # fmt: skip

GIT = Cli("git", _VERBS, _GLOBAL, _EFFECTS)
