"""curl and wget: the method, the address and where the answer goes decide."""

from __future__ import annotations

import re
from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.order import rank
from truebook.runbooks.verdicts.ruling import NAME, Ruling, literal, shown, unknown
from truebook.runbooks.verdicts.table import Effects, Parsed, Program, Verb

_FLAGS = (
    "silent,s show-error,S fail,f fail-with-body location,L location-trusted insecure,k include,i head,I verbose,v "
    "no-buffer,N "
    "progress-bar,# compressed globoff,g http1.0,0 http1.1 http2 http3 tlsv1 tlsv1.2 tlsv1.3 tls-max= ipv4,4 ipv6,6 "
    "no-progress-meter request,X= header,H= user-agent,A= referer,e= max-time,m= connect-timeout= retry= retry-delay= "
    "retry-max-time= retry-connrefused retry-all-errors max-redirs= url= write-out,w= get,G data,d= data-raw= "
    "data-binary= "
    "data-ascii= data-urlencode= json= form,F= form-string= upload-file,T= output,o= remote-name,O remote-name-all "
    "remote-header-name,J create-dirs output-dir= dump-header,D= cookie,b= cookie-jar,c= trace= trace-ascii= "
    "trace-time "
    "stderr= etag-save= etag-compare= hsts= alt-svc= libcurl= continue-at,C= range,r= limit-rate= user,u= "
    "oauth2-bearer= "
    "anyauth basic digest cacert= capath= cert,E= cert-type= key= pass= netrc,n netrc-file= netrc-optional parallel,Z "
    "fail-early ssl-reqd path-as-is disable,q no-keepalive keepalive-time= expect100-timeout= version,V help,h? "
    "manual,M "
    "config,K= proxy,x= preproxy= noproxy= socks5= socks5-hostname= socks4= unix-socket= abstract-unix-socket= "
    "connect-to= resolve= interface= doh-url= dns-servers= next,: engine= quote,Q= telnet-option,t= aws-sigv4= "
    "negotiate ntlm proxy-user,U= proxy-header= remove-on-error variable= expand-url= ftp-pasv styled-output "
    "no-styled-output"
)
_EFFECTS: Effects = {
    **{
        flag: ("unknown", f"--{flag} sends the request elsewhere, or by settings that are not seen here")
        for flag in (
            "config", "proxy", "preproxy", "socks5", "socks5-hostname", "socks4", "unix-socket", "abstract-unix-socket",
            "connect-to", "resolve", "interface", "doh-url", "dns-servers", "next", "engine", "quote", "telnet-option",
            "variable", "expand-url", "proxy-user", "proxy-header", "netrc-file", "location-trusted",
        )
    },
    **{
        flag: ("local", f"--{flag} writes a file")
        for flag in (
            "remote-name", "remote-name-all", "cookie-jar", "trace", "trace-ascii", "stderr", "etag-save", "hsts",
            "alt-svc", "libcurl",
        )
    },
}  # fmt: skip
_BODY = frozenset({"data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json", "form", "form-string"})
_METHODS: Mapping[str, tuple[VerdictKind, str]] = {
    "GET": ("read", "reads over HTTP"),
    "HEAD": ("read", "reads over HTTP"),
    "OPTIONS": ("read", "reads over HTTP"),
    "LIST": ("read", "lists names"),
    "POST": ("write", "sends data (POST)"),
    "PUT": ("write", "sends data (PUT)"),
    "PATCH": ("write", "sends data (PATCH)"),
    "DELETE": ("destructive", "deletes (DELETE)"),
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")
_OUTPUTS_NOWHERE = frozenset({"-", "/dev/null", "/dev/stdout", "/dev/stderr"})
_VAULT_PATH = re.compile(
    r"/v1/(?!sys/(?:health|seal-status|leader|mounts))"
    r"(?:.*/)?(?:data|creds|issue|sign|login|token|secrets?|kv|database|pki|aws|transit)(?:/|$)"
)
_KUBE_PATH = re.compile(r"/(?:api/v1|apis/[\w.-]+/v\w+)(?:/|$)")


def _address(url: str) -> Ruling | None:
    """What the address alone makes of a GET."""
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return unknown(f"{scheme[1]}:// is not HTTP")
    folded = re.sub(r"%[0-9a-f]{2}", "%", url.casefold())
    path, _, query = folded.partition("?")
    route = "/" + "/".join(path.split("://", 1)[-1].split("/")[1:])
    if "%" in route or "//" in route or "/../" in route + "/" or "/./" in route + "/":
        return unknown(f"{shown(url)} is not a plain address")
    if "refresh=" in query:
        return Ruling("write", "a refresh annotates the Application")
    if _KUBE_PATH.search(route):
        parts = set(route.split("/"))
        if parts & {"exec", "attach", "portforward", "proxy", "token"}:
            return unknown("reaches past the API into what runs")
        if "secrets" in parts:
            return Ruling("secret", "reads Secrets by their path")
        if "watch" in parts or re.search(r"(?:^|&)(?:watch|follow)=", query):
            return Ruling("interactive", "watches, and never ends")
    if _VAULT_PATH.match(route) and "/metadata/" not in route:
        return Ruling("secret", "reads from Vault, or has it make credentials")
    return None


def _worse(first: Ruling, second: Ruling | None) -> Ruling:
    return second if second is not None and rank(second.verdict) > rank(first.verdict) else first


def _curl(parsed: Parsed) -> Ruling:
    if parsed.on("version") or parsed.on("manual"):
        return Ruling("read", "prints help")
    urls = [*parsed.all_operands(), *parsed.flags.get("url", [])]
    if not urls:
        return unknown("curl without an address")
    method = "GET"
    if parsed.on("head"):
        method = "HEAD"
    if parsed.flags.keys() & _BODY and not parsed.on("get"):
        method = "POST"
    if "upload-file" in parsed.flags:
        method = "PUT"
    for written in parsed.flags.get("request", []):
        if not literal(written) or written not in _METHODS:
            return unknown(f"the method {shown(written)} is not known")
        method = written
    ruling = Ruling(*_METHODS[method])
    for url in urls:
        ruling = _worse(ruling, _address(url))
    for flag in ("output", "dump-header"):
        for target in parsed.flags.get(flag, []):
            if target not in _OUTPUTS_NOWHERE:
                ruling = _worse(ruling, Ruling("local", f"writes the file {shown(target)}"))
    if any("%output{" in text or not literal(text.replace(NAME, "")) for text in parsed.flags.get("write-out", [])):
        ruling = _worse(ruling, Ruling("local", "--write-out may write a file"))
    return ruling


CURL = Program("curl", Verb("read", "reads over HTTP", _FLAGS, _EFFECTS, _curl))

_WGET_FLAGS = (
    "quiet,q output-document,O= no-verbose timeout,T= tries,t= spider server-response,S no-check-certificate header= "
    "user-agent,U= continue,c timestamping,N directory-prefix,P= max-redirect= content-on-error show-progress help,h "
    "version,V "
    "no-clobber method= post-data= post-file= body-data= body-file="
)


def _wget(parsed: Parsed) -> Ruling:
    if parsed.on("version"):
        return Ruling("read", "prints help")
    if not parsed.all_operands():
        return unknown("wget without an address")
    method = parsed.last("method") or ("POST" if parsed.flags.keys() & {"post-data", "post-file"} else "GET")
    if method not in _METHODS:
        return unknown(f"the method {shown(method)} is not known")
    ruling = Ruling(*_METHODS[method])
    for url in parsed.all_operands():
        ruling = _worse(ruling, _address(url))
    if not parsed.on("spider") and parsed.last("output-document") not in _OUTPUTS_NOWHERE:
        ruling = _worse(ruling, Ruling("local", "writes a file"))
    return ruling


WGET = Program("wget", Verb("read", "reads over HTTP", _WGET_FLAGS, rule=_wget))
