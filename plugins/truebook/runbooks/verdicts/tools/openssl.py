"""openssl. Flags have one dash."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Verb

_OUT: Effects = {
    **{flag: ("local", f"-{flag} writes a "
        f"file") for flag in ("out", "keyout", "writerand", "CAcreateserial", "CAserial")},
    "signkey": ("secret", "signs with a private key"),
    "key": ("secret", "uses a private key"),
}  # fmt: skip
_KEY_OUT: Effects = {flag: ("local", f"-{flag} writes a file") for flag in ("out", "keyout")}
_PASSES = "passin= passout= inform= outform="


def _key(parsed: Parsed) -> Ruling | None:
    if (
        parsed.on("pubout")
        or parsed.on("pubin")
        or (parsed.on("noout") and not parsed.on("text"))
        or parsed.on("text_pub")
    ):
        return Ruling("read", "reads a public key")
    return None


def _generate(parsed: Parsed) -> Ruling | None:
    return Ruling("local", "writes a private key") if "out" in parsed.flags else None


def _pkcs12(parsed: Parsed) -> Ruling | None:
    if parsed.on("nokeys") or (parsed.on("info") and parsed.on("noout")):
        return Ruling("read", "reads certificates")
    return Ruling("local", "writes a file") if "out" in parsed.flags else None


def _req(parsed: Parsed) -> Ruling | None:
    if parsed.flags.keys() & {"new", "newkey", "x509"}:
        if parsed.flags.keys() & {"keyout", "out"}:
            return Ruling("local", "makes a request or a certificate and writes files")
        return Ruling("local", "makes a private key and writes it to a file")
    return None


def _x509(parsed: Parsed) -> Ruling | None:
    if parsed.flags.keys() & {"req", "signkey", "CA", "CAkey"}:
        return Ruling("local", "makes a certificate")
    return None


def _enc(parsed: Parsed) -> Ruling | None:
    plain = parsed.flags.keys() & {"base64", "a", "A"} and not parsed.flags.keys() & {"aes-256-cbc", "k", "pass", "K"}
    if plain:
        return Ruling("read", "encodes or decodes")
    return None


_VERBS: Mapping[str, Verb] = {
    "version": Verb("read", "prints the version", "a v b d o p"),
    "rand": Verb("read", "prints random text", "base64 hex out=", _OUT, prints="names"),
    "s_client": Verb(
        "read", "connects and shows the certificate",
        "connect= servername= showcerts brief starttls= CAfile= CApath= verify= verify_return_error verify_hostname= "
        "alpn= "
        "tls1_2 tls1_3 no_tls1_3 status quiet ign_eof prexit noservername tlsextdebug cipher= ciphersuites= debug msg "
        "state 4 6 "
        "partial_chain certform= cert= key= proxy= xmpphost= name= timeout",
        {
            **{flag: ("secret", f"-{flag} uses credentials") for flag in ("cert", "key")},
            "proxy": ("unknown", "-proxy sends the request elsewhere"),
        },
    ),
    "x509": Verb(
        "read", "reads a certificate",
        "in= noout text dates enddate startdate subject issuer serial fingerprint sha256 sha1 md5 ext= checkend= "
        "checkhost= "
        "checkip= purpose hash subject_hash issuer_hash pubkey modulus email ocsp_uri alias nameopt= certopt= "
        "dateopt= inform= "
        "outform= out= req signkey= CA= CAkey= CAcreateserial CAserial= days= extfile= extensions= set_serial= passin= "
        "copy_extensions=",
        _OUT, _x509,
    ),
    "verify": Verb(
        "read", "checks a certificate", "CAfile= CApath= untrusted= verbose purpose= partial_chain crl_check show_chain"
    ),
    "crl": Verb("read", "reads a list", "in= noout text inform= lastupdate nextupdate issuer hash out=", _OUT),
    "asn1parse": Verb("read", "reads a file", "in= inform= i offset= length= strparse= out=", _OUT),
    "ciphers": Verb("read", "lists ciphers", "v V s tls1_2 tls1_3 stdname"),
    "dgst": Verb("read", "adds up a digest", "sha1 sha256 sha384 sha512 md5 hex r binary out= verify= "
        "signature=", _OUT),
    "sha256": Verb("read", "adds up a digest", "r hex out=", _OUT),
    "md5": Verb("read", "adds up a digest", "r hex out=", _OUT),
    "base64": Verb("read", "encodes or decodes", "d A in= out=", _OUT),
    "enc": Verb(
        "secret", "encrypts or decrypts",
        "base64 a A d e in= out= k= pass= K= iv= aes-256-cbc pbkdf2 salt nosalt md= iter=", {}, _enc,
    ),
    "req": Verb(
        "read", "reads a request",
        f"in= noout text subject verify new newkey= nodes noenc x509 key= keyout= out= days= subj= addext= sha256 "
        f"sha512 extensions= "
        f"pubkey config= batch {_PASSES}",
        {"config": ("local", "reads settings from a file")}, _req,
    ),
    "passwd": Verb("secret", "prints a password's hash", "1 5 6 apr1 salt= stdin quiet in="),
    "rsa": Verb("secret", "prints a private key", f"in= noout text check modulus pubout pubin text_pub out= "
        f"{_PASSES}", {}, _key),
    "pkey": Verb("secret", "prints a private key", f"in= noout text check pubout pubin text_pub out= "
        f"{_PASSES}", {}, _key),
    "ec": Verb("secret", "prints a private key", f"in= noout text pubout pubin out= {_PASSES}", {}, _key),
    "pkcs12": Verb(
        "secret", "prints a private key",
        f"in= out= nodes noenc nokeys nocerts clcerts cacerts info noout export inkey= certfile= name= legacy "
        f"{_PASSES} password=",
        {}, _pkcs12,
    ),
    "genrsa": Verb("secret", "makes a private key and prints it", "out= aes256 3 traditional", {}, _generate),
    "genpkey": Verb("secret", "makes a private key and prints it", "algorithm= pkeyopt= out= outform= "
        "aes256", {}, _generate),
    "ecparam": Verb("secret", "makes a private key and prints it", "name= genkey noout out= "
        "list_curves", {}, lambda parsed: (
        Ruling("read", "lists curves") if parsed.on("list_curves") else _generate(parsed)
    )),
}  # fmt: skip

OPENSSL = Cli("openssl", _VERBS, "help,h", {}, go=True)
