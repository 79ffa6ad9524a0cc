"""The source `minio`: whether the S3 store lives and has its quorum, and whether the bucket of the backups is there.

For the bucket it asks S3's HeadBucket, with the keys in MINIO_ACCESS_KEY and MINIO_SECRET_KEY, else in
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN where they are for an hour). A file that is named
instead is one of the AWS form (`[default]` with both keys, as Velero has it) or `ACCESS:SECRET`, as a variable that is
named is. Requests are signed: the secret key does not leave this machine. `deploy/minio-policy.json` is all that the
keys need.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from truebook.errors import ConfigError, Unreachable
from truebook.inventory import look
from truebook.inventory.discover.objects import objects
from truebook.settings import Settings, SystemSettings
from truebook.state.source import Context, Reading
from truebook.state.systems import TEXT, Ask, Place, System, connect, serving
from truebook.state.systems.credentials import raw

OPTIONS = ("bucket", "region")
REGION = "us-east-1"
"""MinIO's own, where nobody has given it another."""
VARIABLES = (
    ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_SESSION_TOKEN"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_NOT_READY = frozenset((503,))

OPEN = (
    Ask("/minio/health/live", TEXT, statuses=_NOT_READY),
    Ask("/minio/health/cluster", TEXT, statuses=_NOT_READY),
)


def signature(found: str, region: str) -> httpx.Auth:
    """Signs each request anew, as S3 wants it, with what `keys` gives."""
    from httpx_auth import AWS4Auth

    access, secret, *session = found.split("\n")
    return AWS4Auth(access, secret, region, "s3", security_token=session[0] if session else None)


def keys(settings: Settings, name: str, variable: str) -> tuple[str, str]:
    """Access key, secret key and session token where there is one, each on a line; empty where there are none. With
    them the words for where they are. Raises ConfigError for what is no pair."""
    ours = settings.systems.get(name, SystemSettings())
    if ours.token_env is None and ours.token_file is None:
        for access, secret, session in VARIABLES:
            if os.environ.get(access) and os.environ.get(secret):
                words = (os.environ[access], os.environ[secret], os.environ.get(session, ""))
                return _checked(settings, words, f"${access} and ${secret}")
        return "", f"${VARIABLES[0][0]} and ${VARIABLES[0][1]}"
    found, place = raw(settings, name, variable)
    if not found:
        return "", place
    return _checked(settings, _profile(found) if found.startswith("[") else found.partition(":")[::2], place)


def _profile(text: str) -> tuple[str, ...]:
    """What the first profile of a file of the AWS form says, nothing where it says none."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
        profile = parser[parser.sections()[0]]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token", "")
    except (configparser.Error, KeyError):
        return ()


def _checked(settings: Settings, words: tuple[str, ...], place: str) -> tuple[str, str]:
    found = "\n".join(words).rstrip("\n")
    whole = "".join(words)
    if len(words) < 2 or not all(words[:2]) or not (whole.isascii() and whole.isprintable() and " " not in whole):
        raise ConfigError(f"{place} holds no keys: it must be ACCESS:SECRET", path=settings.path)
    return found, place


def read(context: Context) -> Reading:
    """Read MinIO. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    options = context.settings.systems.get("minio", SystemSettings()).options
    region = options.get("region", REGION)
    system = System(
        "minio",
        ("minio-api", "http-minio", "s3", "http", "https", "api", 9000),
        variable=VARIABLES[0][0],
        credential=keys,
        sign=lambda found: signature(found, region),
    )
    with connect(context, system) as minio:
        minio.put(*OPEN)
        minio.put(*(Ask(f"/{bucket}", TEXT, closed=True, method="HEAD") for bucket in _buckets(context, minio.place)))
        return minio.read()


def _buckets(context: Context, place: Place) -> list[str]:
    """The bucket of the settings, else those of Velero's storage locations that lead to this MinIO."""
    ours = context.settings.systems.get("minio", SystemSettings())
    stated = ours.options.get("bucket")
    if stated is not None:
        if not _BUCKET.fullmatch(stated):
            raise ConfigError(
                "systems.minio.bucket is not the name of a bucket (lower-case letters, digits, dots and dashes)",
                path=context.settings.path,
                line=ours.lines.get("bucket"),
            )
        return [stated]
    hosts = set(_hosts(context, place))
    found = set()
    for location in objects(context.known.kubernetes, "velero.io/backupstoragelocations"):
        bucket = look.text(location, "spec", "objectStorage", "bucket")
        if _BUCKET.fullmatch(bucket) and _host(look.text(location, "spec", "config", "s3Url")) in hosts:
            found.add(bucket)
    return sorted(found)


def _hosts(context: Context, place: Place) -> Iterator[str]:
    """The names by which this MinIO is known: its addresses and its Services'."""
    yield _host(place.url)
    try:
        found = serving(context, "minio")
    except Unreachable:  # where the cluster could not be read, its own address is all that is known
        return
    for url in found.urls if found is not None else ():
        yield _host(url)
    for namespace, name in found.services if found is not None else ():
        for tail in ("", ".svc", ".svc.cluster.local"):
            yield f"{name}.{namespace}{tail}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
