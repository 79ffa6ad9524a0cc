"""The MinIO client."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Verb

_GLOBAL = (
    "help,h quiet,q json no-color disable-pager,dp limit-download= limit-upload= config-dir,C= debug insecure "
    "resolve= custom-header,H="
)
_EFFECTS: Effects = {
    "config-dir": ("unknown", "--config-dir brings credentials of its own"),
    "insecure": ("unknown", "--insecure does not check whom it talks to"),
    "resolve": ("unknown", "--resolve brings an address of its own"),
    "custom-header": ("unknown", "--custom-header may bring credentials"),
    "debug": ("secret", "--debug prints headers"),
}


def _copies(parsed: Parsed) -> Ruling | None:
    if len(parsed.operands) > 1 and parsed.operands[-1].startswith(("/", "./", "../", "~")):
        return Ruling("local", "downloads files")
    return None


def _find(parsed: Parsed) -> Ruling | None:
    if parsed.flags.keys() & {"exec", "watch"}:
        return None
    return Ruling("read", "lists objects")


def _rows(rows: Mapping[str, tuple[VerdictKind, str, str]]) -> dict[str, Verb]:
    return {name: Verb(verdict, reason, flags) for name, (verdict, reason, flags) in rows.items()}


_TREE = "recursive,r versions rewind= incomplete,I summarize storage-class= zip"
_VERBS: Mapping[str, Verb] = {
    **_rows({
        "ls": ("read", "lists objects", _TREE),
        "tree": ("read", "lists objects", "files,f depth,d= rewind="),
        "du": ("read", "adds up sizes", "depth,d= recursive,r versions rewind="),
        "stat": ("read", "reads about objects", "recursive,r versions version-id,vid= rewind= no-list"),
        "diff": ("read", "compares buckets", ""),
        "ready": ("read", "asks for health", "cluster-read maintenance"),
        "ping": ("read", "asks for health", "count,c= error-count,e= interval,i= node= exit,x"),
        "version info": ("read", "reads settings", ""),
        "ilm rule ls": ("read", "reads rules", "expiry transition"),
        "ilm rule export": ("read", "reads rules", ""),
        "anonymous get": ("read", "reads a policy", ""),
        "anonymous list": ("read", "reads policies", "recursive"),
        "tag list": ("read", "reads tags", "recursive,r versions"),
        "event list": ("read", "lists events", "event= prefix= suffix="),
        "quota info": ("read", "reads a quota", ""),
        "encrypt info": ("read", "reads settings", ""),
        "retention info": ("read", "reads settings", "recursive,r default versions"),
        "replicate ls": ("read", "reads rules", "status="),
        "replicate status": ("read", "reads state", "backlog nodes"),
        "admin info": ("read", "reads state", "offline"),
        "admin user list": ("read", "lists users", ""),
        "admin user info": ("read", "reads about a user", ""),
        "admin group list": ("read", "lists groups", ""),
        "admin group info": ("read", "reads about a group", ""),
        "admin policy list": ("read", "lists policies", ""),
        "admin policy info": ("read", "reads a policy", "policy-file,f="),
        "admin policy entities": ("read", "reads who has a policy", "user,u= group,g= policy,p="),
        "admin decommission status": ("read", "reads state", ""),
        "cat": ("secret", "prints what is stored", "rewind= version-id,vid= offset= tail= part-number= zip"),
        "head": ("secret", "prints what is stored", "lines,n= rewind= version-id,vid= zip"),
        "sql": ("secret", "prints what is stored", "query,e= recursive,r"),
        "alias list": ("secret", "prints access keys", ""),
        "share download": ("secret", "makes a link that needs no password", "expire,E= recursive,r version-id="),
        "share upload": ("secret", "makes a link that needs no password", "expire,E= recursive,r content-type,T="),
        "admin config get": ("secret", "prints settings, passwords among them", ""),
        "admin config export": ("secret", "prints settings, passwords among them", ""),
        "admin prometheus generate": ("secret", "makes a token and prints it", "public"),
        "admin user svcacct add": ("secret", "makes keys and prints them", "access-key= secret-key= policy= name= "
            "description="),
        "alias set": ("unknown", "brings credentials and an address of its own", "api= path="),
        "alias remove": ("local", "writes the client's settings", ""),
        "get": ("local", "downloads a file", "version-id,vid="),
        "mb": ("write", "makes a bucket", "region= ignore-existing,p with-lock,l with-versioning"),
        "put": ("write", "uploads a file", "parallel,P= part-size,s= storage-class,sc="),
        "pipe": ("write", "uploads what it reads", "storage-class,sc= attr= tags="),
        "anonymous set": ("write", "changes who may read a bucket", "recursive,r"),
        "anonymous set-json": ("write", "changes who may read a bucket", ""),
        "version enable": ("write", "changes a bucket", ""),
        "version suspend": ("write", "changes a bucket", ""),
        "tag set": ("write", "changes tags", "recursive,r versions"),
        "quota set": ("write", "changes a quota", "size="),
        "ilm rule add": ("write", "changes rules", "expire-days= prefix= tags= noncurrent-expire-days= "
            "transition-days= transition-tier="),
        "event add": ("write", "changes events", "event= prefix= suffix= ignore-existing,p"),
        "replicate add": ("write", "changes rules", "remote-bucket= priority= replicate= sync"),
        "undo": ("write", "takes a change back", "recursive,r force last= dry-run"),
        "admin user add": ("write", "adds a user", ""),
        "admin user enable": ("write", "changes a user", ""),
        "admin user disable": ("write", "changes a user", ""),
        "admin policy create": ("write", "writes a policy", ""),
        "admin policy attach": ("write", "gives a policy", "user,u= group,g="),
        "admin policy detach": ("write", "takes a policy", "user,u= group,g="),
        "admin config set": ("write", "changes settings", ""),
        "admin heal": ("write", "repairs objects", "recursive,r scan= remove dry-run force-start force-stop"),
        "rm": ("destructive", "deletes objects", "recursive,r force versions older-than= newer-than= version-id,vid= "
            "dangerous incomplete,I rewind= non-current bypass stdin"),
        "rb": ("destructive", "deletes a bucket", "force dangerous"),
        "mv": ("destructive", "moves objects", "recursive,r older-than= newer-than= storage-class,sc= attr="),
        "ilm rule rm": ("destructive", "deletes rules", "id= all force"),
        "event remove": ("destructive", "deletes events", "force event= prefix= suffix="),
        "admin user remove": ("destructive", "deletes a user", ""),
        "admin policy remove": ("destructive", "deletes a policy", ""),
        "admin service restart": ("destructive", "restarts the servers", "wait"),
        "admin service stop": ("destructive", "stops the servers", ""),
        "admin update": ("destructive", "replaces and restarts the servers", "yes,y"),
        "admin decommission start": ("destructive", "empties a pool", ""),
        "watch": ("interactive", "follows events, and never ends", "events= prefix= suffix= recursive,r"),
        "admin trace": ("interactive", "follows calls, and never ends", "verbose,v all,a call= status-code= method= "
            "path= errors,e"),
        "admin logs": ("interactive", "follows the log, and never ends", "last,l= type,t="),
        "admin console": ("interactive", "follows the log, and never ends", "limit,l= type,t="),
    }),
    "find": Verb(
        "unknown", "find with --exec or --watch runs other programs or never ends",
        "name= path= regex= larger= smaller= older-than= newer-than= maxdepth= print= exec= watch ignore= versions",
        rule=_find,
    ),
    "cp": Verb(
        "write", "copies objects",
        "recursive,r older-than= newer-than= storage-class,sc= attr= preserve,a rewind= version-id,vid= continue,c "
        "tags= zip",
        rule=_copies,
    ),
    "mirror": Verb(
        "write", "copies buckets",
        "overwrite remove watch,w region= preserve,a exclude= older-than= newer-than= dry-run skip-errors summary "
        "retry "
        "storage-class,sc= attr= md5 checksum=",
        {
            "remove": ("destructive", "deletes what the source does not have"),
            "watch": ("interactive", "copies changes, and never ends"),
        },
        _copies,
    ),
}  # fmt: skip
MC = Cli("mc", _VERBS, _GLOBAL, _EFFECTS, {"remove-bucket": "rb"})
