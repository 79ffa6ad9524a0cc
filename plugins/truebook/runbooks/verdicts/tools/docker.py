"""docker, podman and crictl: the containers of one machine. Flags from `docker <verb> --help` of 20 and later."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.ruling import Argv, Inner, Ruling, shown, unknown
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Program, Verb

_GLOBAL = (
    "help,h config= context,c= debug,D host,H= log-level= tls tlscacert= tlscert= tlskey= tlsverify connection= "
    "identity= url= remote runtime-endpoint,r= image-endpoint,i= timeout="
)
_EFFECTS: Effects = {
    flag: ("unknown", f"--{flag} brings credentials or an address of its own")
    for flag in (
        "config", "context", "host", "tls", "tlscacert", "tlscert", "tlskey", "tlsverify", "connection", "identity",
        "url", "remote", "runtime-endpoint", "image-endpoint",
    )
}  # fmt: skip
_LIST = (
    "all,a filter,f= format= no-trunc quiet,q latest,l last,n= size,s digests output,o= name= state= label= image= "
    "verbose,v"
)
_FOLLOW: Effects = {"follow": ("interactive", "follows a log, and never ends")}
_DELETE = "all,a force,f volumes,v link,l filter= no-prune"

_FIELDS = re.compile(r"(?:[\w ,:/=-]|\{\{ ?(?:\.[A-Za-z]+)+ ?\}\})+")
_ENVIRONMENT = re.compile(r"\.(?:Env|Cmd|Args|Entrypoint|Config|HostConfig|Info)\w* ?\}|\.Env")
"""Fields that hold the environment, or whole objects in which it is."""

_Row = tuple[VerdictKind, str, str]


def _rows(rows: Mapping[str, _Row], effects: Effects | None = None) -> dict[str, Verb]:
    """A row per verb; verbs that mean the same are joined by commas."""
    return {
        verb: Verb(verdict, reason, flags, effects or {})
        for verbs, (verdict, reason, flags) in rows.items()
        for verb in verbs.split(",")
    }


def _inspect(parsed: Parsed) -> Ruling | None:
    """A template that follows fields by their names, none of which holds the environment or the arguments."""
    written = parsed.last("format")
    fields = _FIELDS.fullmatch(written) is not None and not _ENVIRONMENT.search(written)
    return Ruling("read", "reads about objects") if fields else None


def _stats(parsed: Parsed) -> Ruling | None:
    return Ruling("read", "reads usage") if parsed.on("no-stream") else None


def _events(parsed: Parsed) -> Ruling | None:
    return Ruling("read", "reads events") if "until" in parsed.flags else None


_VERBS: Mapping[str, Verb] = {
    **_rows({
        "ps,container ls,container list,container ps,pods": ("read", "lists containers", _LIST),
        "images,image ls,image list": ("read", "lists images", _LIST),
        "volume ls,network ls,volume list,network list": ("read", "lists objects", _LIST),
        "image inspect,volume inspect,network inspect,inspecti,inspectp": (
            "read", "reads about objects", "format,f= output,o= quiet,q"
        ),
        "version": ("read", "reads versions", "format,f="),
        "info,system info": ("read", "reads about the system", "format,f= output,o="),
        "system df": ("read", "reads usage", "format= verbose,v"),
        "top,container top": ("read", "lists processes", ""),
        "port,container port": ("read", "lists ports", ""),
        "diff,container diff": ("read", "lists changed files", ""),
        "history,image history": ("read", "reads an image's layers", "format= human,H no-trunc quiet,q"),
        "imagefsinfo": ("read", "reads usage", "output,o="),
        "start,container start": ("write", "starts containers", ""),
        "stop,container stop": ("write", "stops containers", "time,t= signal,s= timeout,t="),
        "restart,container restart": ("write", "restarts containers", "time,t= signal,s= timeout,t="),
        "pause,unpause,container pause,container unpause": ("write", "pauses containers or lets them go on", ""),
        "rename,container rename": ("write", "renames a container", ""),
        "tag,image tag": ("write", "names an image", ""),
        "pull,image pull": ("write", "downloads an image", "all-tags,a disable-content-trust platform= quiet,q"),
        "push,image push": ("write", "uploads an image", "all-tags,a disable-content-trust quiet,q"),
        "load,image load": ("write", "adds images", "input,i= quiet,q"),
        "network create": ("write", "creates a network", "driver,d= subnet= gateway= internal attachable label="),
        "volume create": ("write", "creates a volume", "driver,d= label= name= opt,o="),
        "kill,container kill": ("destructive", "kills containers", "signal,s="),
        "rm,container rm,rmp": ("destructive", "deletes containers", _DELETE),
        "stopp": ("destructive", "stops pods", ""),
        "rmi,image rm": ("destructive", "deletes images", f"{_DELETE} prune,q"),
        "volume rm,network rm": ("destructive", "deletes objects", _DELETE),
        "system prune,container prune,image prune,volume prune,network prune,builder prune": (
            "destructive", "deletes all that is not in use", f"{_DELETE} filter=",
        ),
        "cp,container cp": ("exec", "copies files into or out of a container", "archive,a follow-link,L quiet,q"),
        "attach,container attach": ("interactive", "attaches to a process", "detach-keys= no-stdin sig-proxy?"),
        "wait,container wait": ("interactive", "waits until a container stops", ""),
        "login": ("unknown", "brings credentials of its own", "username,u= password,p= password-stdin"),
    }),
    **_rows({
        "logs,container logs": (
            "read", "reads logs", "follow,f tail= since= until= timestamps,t details previous,p limit-bytes="
        ),
    }, _FOLLOW),
    **dict.fromkeys(("inspect", "container inspect"), Verb(
        "secret", "prints a container's environment, which may hold credentials",
        "format,f= size,s type= output,o= quiet,q", rule=_inspect,
    )),
    "stats": Verb(
        "interactive", "follows usage, and never ends", "all,a format= no-stream no-trunc", rule=_stats
    ),
    "events": Verb("interactive", "follows events, and never ends", "filter,f= format= since= until=", rule=_events),
}  # fmt: skip
_EXEC = "detach,d detach-keys= env,e= env-file= interactive,i privileged tty,t user,u= workdir,w= sync,s timeout="
_RUN = (
    "rm detach,d name= env,e= env-file= volume,v= publish,p= network= net= interactive,i tty,t user,u= workdir,w= "
    "entrypoint= label,l= restart= memory,m= cpus= hostname,h= pull= platform= quiet,q init read-only privileged "
    "cap-add= cap-drop= add-host= mount= publish-all,P tmpfs= shm-size= security-opt= device= pid= ipc= ulimit="
)


def _execute(parsed: Parsed) -> Ruling:
    target, *words = parsed.rest or [""]
    if not target:
        return unknown("exec without a container")
    where = f"in {shown(target)}"
    inner = (Inner(tuple(words), where=where, elsewhere=True),) if words else ()
    if parsed.on("tty"):
        return Ruling("interactive", f"opens a terminal {where}", inner, opens_shell=not words)
    return Ruling("exec", f"runs a command {where}", inner)


def _run(parsed: Parsed) -> Ruling:
    if parsed.on("tty") or parsed.on("interactive"):
        return Ruling("interactive", "runs an image and attaches to it", opens_shell=True)
    return Ruling("exec", "runs an image")


def _tool(name: str) -> Callable[[Argv], Ruling]:
    """`exec` and `run` end their flags at the first other word; the rest has a table."""
    table = Cli(name, _VERBS, _GLOBAL, _EFFECTS)
    execute = Program(f"{name} exec", Verb("exec", "", f"{_EXEC} help", rule=_execute), stop=True)
    run = Program(f"{name} run", Verb("exec", "", f"{_RUN} help", rule=_run), stop=True)

    def judged(words: Argv) -> Ruling:
        if words[:1] == ("container",) and words[1:2] in (("exec",), ("run",)):
            words = words[1:]
        if words[:1] == ("exec",):
            return execute(words[1:])
        if words[:1] == ("run",):
            return run(words[1:])
        return table(words)

    return judged


DOCKER, PODMAN, CRICTL = _tool("docker"), _tool("podman"), _tool("crictl")
