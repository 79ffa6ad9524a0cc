"""The source `certificates`: until when the certificates of the components' addresses are good.

No credential is sent, and a certificate that nobody should trust is looked at all the same: when it ends is the
question, not who signed it. An address that does not answer is told, and is no failure: it may be down, or not be meant
to be reached from here. That none answers is a failure only where one did before.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from urllib.parse import urlsplit

import httpx
import msgspec
from cryptography import x509

from truebook.errors import Unreachable
from truebook.inventory.discover.exposures import exposures
from truebook.inventory.hosts import near
from truebook.recording import HttpAnswer, HttpData, Read
from truebook.redact import excerpt
from truebook.settings import SystemSettings
from truebook.state.source import Context, NotSetUp, Reading
from truebook.state.systems import Gathered

MOST = 200
PARALLEL = 8
SECONDS = 10.0
"""For one address."""


def read(context: Context) -> Reading:
    """Look at each address. Raises NotSetUp where there is none or none was ever reached, SourceError where none
    answers any more."""
    urls = sorted(set(_addresses(context)))[:MOST]
    if not urls:
        raise NotSetUp("no component has an https address")
    end = time.monotonic() + context.settings.systems.get("certificates", SystemSettings()).timeout
    gathered = Gathered("certificates", context.progress)
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="certificates") as pool:
        results = list(pool.map(lambda url: _one(url, end), urls))
    before = HttpData() if context.previous is None else msgspec.json.decode(context.previous.data, type=HttpData)
    if not any(answer for _, answer in results):
        said = f"no address of a component answers from here, of {len(urls)}: {urls[0]}: {results[0][0].reason}"
        raise Unreachable(f"certificates: {said}") if before.answers.keys() & set(urls) else NotSetUp(said)
    for found, answer in results:
        kept = before.answers.get(found.what) if answer is None else answer
        gathered.add(found, kept)
    context.progress("certificates", len(gathered.answers))
    return gathered.reading("", None)


def _addresses(context: Context) -> Iterator[str]:
    """`https://host:port` of each address that an Ingress or HTTPRoute serves or the catalog states; a name from a
    cluster must not mean this machine."""
    served = [link.url for found in exposures(context.known.kubernetes) for link in found.links]
    stated = [component.values.get("url", "") for component in context.settings.components]
    for address in (*served, *stated):
        try:
            parts = urlsplit(address)
            host = parts.hostname
        except ValueError:
            continue
        if parts.scheme == "https" and host and not near(host):
            yield f"https://{parts.netloc.rpartition('@')[2].lower()}"


def _one(url: str, end: float) -> tuple[Read, HttpAnswer | None]:
    """One address, within its own time and the source's."""
    seconds = min(SECONDS, end - time.monotonic())
    if seconds <= 0:
        return Read(url, "failed", reason="no time left"), None
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            httpx.Client(verify=anybody, timeout=seconds, headers={"User-Agent": "truebook"}) as client,
            client.stream("HEAD", f"{url}/") as response,
        ):
            shown = response.extensions["network_stream"].get_extra_info("ssl_object")
            certificate = x509.load_der_x509_certificate(shown.getpeercert(True))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Read(url, "failed", reason=excerpt(str(error) or type(error).__name__, 120)), None
    except (ValueError, AttributeError, TypeError):
        return Read(url, "failed", reason="no certificate that can be read"), None
    body = {"not_after": certificate.not_valid_after_utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return Read(url, "read", count=1), HttpAnswer(200, msgspec.Raw(msgspec.json.encode(body)))
