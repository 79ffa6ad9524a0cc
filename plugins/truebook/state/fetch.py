"""The one HTTP layer of the sources: patient with a busy server, strict with a wrong answer.

A `Fetcher` sends GETs and HEADs only. It retries what may pass (429, 500, 502, 503, 504, resets, timeouts) with
exponential backoff and jitter, honours Retry-After, keeps to one deadline for the whole source, bounds the size of a
body while it streams, follows redirects on the same origin only, and turns every failure into one of the errors below:

    Unreachable   refused, reset, timed out, cut off, bad certificate, deadline passed
    Denied        401, 403
    NotServed     404
    Expired       410: a continue token that is too old
    BadAnswer     any other status, too large, a redirect elsewhere

A status that the caller names is an answer, whatever it means elsewhere: a sealed Vault says 503, and that is that.
Messages name the path that was asked for, never credentials; a server's own words are cut and redacted.
"""

from __future__ import annotations

import email.utils
import random
import ssl
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import httpx
import msgspec

from truebook.errors import BadAnswer, Denied, NotServed, SourceError, Unreachable
from truebook.redact import excerpt

RETRIED = frozenset((429, 500, 502, 503, 504))
ATTEMPTS = 5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
CONNECT_TIMEOUT = 10.0
SILENCE = 30.0
"""Seconds without a byte after which a server counts as gone."""
LARGEST = 256 * 1024 * 1024
"""Bytes of one body, unpacked. A page of 500 large objects is below 100 MB."""
REDIRECTS = 5


class Expired(BadAnswer):
    """410: the continue token is too old; the list has to start again."""


class Forbidden(Denied):
    """403: the credentials are good, this is not permitted to them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A 200 answer, or one of a status that the caller asked for. The names of `headers` are in lower case."""

    body: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: what goes over the wire, and what counts as an answer."""

    method: Literal["GET", "HEAD"]
    path: str
    params: Mapping[str, str]
    accept: str
    statuses: Container[int]

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"


class _Again(Exception):
    """This attempt failed in a way that may pass. `pause` in seconds is what the server asked for."""

    def __init__(self, error: SourceError, pause: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause = pause


class Fetcher:
    """GETs of one system. Safe to use from several threads; `timeout` in seconds is for all of them together."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        system: str,
        timeout: float,
        largest: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        headers: Callable[[], Mapping[str, str]] = dict,
        extensions: Mapping[str, object] | None = None,
        prefix: str = "",
    ) -> None:
        """`headers` is asked anew for each attempt, so that a short-lived token can be renewed. `prefix` stands before
        every path on the wire, and in no message."""
        self._client = client
        self._system = system
        self._timeout = timeout
        self._end = time.monotonic() + timeout
        self._largest = LARGEST if largest is None else largest
        self._sleep = sleep
        self._headers = headers
        self._extensions = dict(extensions or {})
        self._prefix = prefix

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        statuses: Container[int] = (),
        method: Literal["GET", "HEAD"] = "GET",
    ) -> Answer:
        """The answer to `GET path`, or to another method that only reads. `path` may have a query; `statuses` are
        answers beside 200. Raises the errors named in the module's docstring."""
        asked = _Asked(method, path, params or {}, accept, statuses)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._follow(asked)
            except _Again as again:
                if attempt == ATTEMPTS:
                    raise again.error from again.__cause__
                backoff = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
                pause = backoff if again.pause is None else again.pause
                left = self._end - time.monotonic()
                if pause >= left:
                    raise type(again.error)(
                        f"{again.error.message}; no more attempts within {self._timeout:g} s"
                    ) from again.__cause__
                self._sleep(pause)
        raise AssertionError("unreachable")  # pragma: no cover - the loop returns or raises

    def _follow(self, asked: _Asked) -> Answer:
        """One attempt, along redirects that stay on the origin."""
        url = self._client.base_url.join(self._client.base_url.path.rstrip("/") + self._prefix + asked.path)
        url = url.copy_merge_params(asked.params) if asked.params else url
        for _ in range(REDIRECTS + 1):
            answer = self._send(asked, url)
            if isinstance(answer, Answer):
                return answer
            if _origin(answer) != _origin(url):
                said = f"redirects to {answer.scheme}://{excerpt(answer.host, 80)}, which is not followed"
                raise self._error(BadAnswer, asked.what, said)
            url = answer
        raise self._error(BadAnswer, asked.what, f"more than {REDIRECTS} redirects")

    def _send(self, asked: _Asked, url: httpx.URL) -> Answer | httpx.URL:
        """One request: an answer, or the URL it redirects to."""
        what = asked.what
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._error(Unreachable, what, f"no time left of {self._timeout:g} s")
        request = self._client.build_request(
            asked.method,
            url,
            headers={**self._headers(), "Accept": asked.accept},
            timeout=httpx.Timeout(min(SILENCE, left), connect=min(CONNECT_TIMEOUT, left)),
            extensions=self._extensions,
        )
        try:
            response = self._client.send(request, stream=True, follow_redirects=False)
            try:
                body = self._body(what, response)
            finally:
                response.close()
        except httpx.InvalidURL as error:
            raise self._error(BadAnswer, what, "not a URL") from error
        except httpx.HTTPError as error:
            raise self._unreachable(what, error) from error
        if response.has_redirect_location:
            try:
                return url.join(response.headers["location"])
            except httpx.InvalidURL as error:
                raise self._error(BadAnswer, what, "redirects to something that is not a URL") from error
        return self._judge(asked, response, body)

    def _body(self, what: str, response: httpx.Response) -> bytes:
        """The whole body, as long as it is neither too large nor too slow."""
        chunks = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._largest:
                raise self._error(BadAnswer, what, f"more than {self._largest / 1024 / 1024:.3g} MB")
            if time.monotonic() > self._end:
                raise self._error(Unreachable, what, f"not done within {self._timeout:g} s")
            chunks.append(chunk)
        return b"".join(chunks)

    def _judge(self, asked: _Asked, response: httpx.Response, body: bytes) -> Answer:
        """Turn the status into an answer or an error."""
        status, what = response.status_code, asked.what
        if status == 200 or status in asked.statuses:
            return Answer(body, response.headers.get("content-type", ""), status, dict(response.headers))
        words = _words(body)
        said = f"{status} {response.reason_phrase}".strip() + (f": {words}" if words else "")
        if status in RETRIED:
            raise _Again(self._error(BadAnswer, what, said), _retry_after(response.headers.get("retry-after")))
        kind = {401: Denied, 403: Forbidden, 404: NotServed, 410: Expired}.get(status, BadAnswer)
        raise self._error(kind, what, said)

    def _unreachable(self, what: str, error: httpx.HTTPError) -> Exception:
        """What a failed exchange means: some of it may pass, a bad certificate will not."""
        certificate = _cause(error, ssl.SSLCertVerificationError)
        if isinstance(certificate, ssl.SSLCertVerificationError):
            return self._error(Unreachable, what, f"the certificate is not trusted: {certificate.verify_message}")
        if _cause(error, ssl.SSLError) and not isinstance(error, httpx.ReadError):
            return self._error(Unreachable, what, f"TLS failed: {excerpt(str(error), 120)}")
        if isinstance(error, httpx.UnsupportedProtocol | httpx.TooManyRedirects):
            return self._error(Unreachable, what, excerpt(str(error), 120))
        if isinstance(error, httpx.DecodingError):
            return _Again(self._error(BadAnswer, what, "a body that can't be unpacked"))
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            said = "timed out while connecting"
        elif isinstance(error, httpx.TimeoutException):
            said = "timed out while waiting for the answer"
        elif isinstance(error, httpx.RemoteProtocolError):
            said = "the connection was cut off"
        elif isinstance(error, httpx.ConnectError):
            said = _connect_error(error)
        elif isinstance(error, httpx.ProxyError):
            said = f"the proxy failed: {excerpt(str(error), 120)}"
        else:
            said = "the connection was reset"
        return _Again(self._error(Unreachable, what, said))

    def _error(self, kind: type[SourceError], what: str, said: str) -> SourceError:
        return kind(f"{self._system}: {what}: {said}")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """The first of `kind` among the causes of `error`."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, kind):
        seen = seen.__cause__ or seen.__context__
    return seen


def _connect_error(error: httpx.ConnectError) -> str:
    if _cause(error, ConnectionRefusedError):
        return "connection refused"
    if _cause(error, ConnectionResetError):
        return "the connection was reset"
    return f"cannot connect: {excerpt(str(error), 120)}"


def _words(body: bytes) -> str:
    """What the server says about its refusal: the message of a Status or of ArgoCD's error, else its first words."""
    try:
        found = msgspec.json.decode(body)
        message = found.get("message") if isinstance(found, dict) else None
    except (msgspec.DecodeError, RecursionError):
        message = None
    return excerpt(message) if isinstance(message, str) else excerpt(body, 80)


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or a date); None where it says nothing of use."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date - datetime.now(UTC)).total_seconds()) if date.tzinfo else None
