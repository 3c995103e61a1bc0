"""HTTP with the standard library: JSON in and out, problems as exceptions, failed attempts repeated."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from steplease.patience import Patience, Retries
from steplease.problem import ForeignAnswer, Problem, ServerUnreachable
from steplease.problem_codes import problem
from steplease.version import __version__

_LOG = logging.getLogger("steplease")
# Statuses with which the server says: later.
TRY_AGAIN = (429, 503)

# Statuses with which a proxy says that it did not reach the server.
_FROM_PROXIES = (502, 503, 504)

# Seconds that an answer may take, besides what the server was asked to wait.
ANSWER_WITHIN = 30.0


@dataclass(frozen=True)
class Request:
    """One request. Every request of the contract may be sent twice: grants carry an idempotency key.

    Attributes:
        query: parameters; None leaves one out.
        body: sent as JSON; None sends none.
        within: seconds without a sign from the server after which the connection counts as lost.
    """

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    within: float = ANSWER_WITHIN

    def target(self) -> str:
        """Path and query."""
        given = {name: _text(value) for name, value in self.query.items() if value is not None}
        return self.path + ("?" + urllib.parse.urlencode(given) if given else "")


@dataclass(frozen=True)
class Answer:
    """Status and JSON document of an answer; the document is None where the body is empty."""

    status: int
    document: Any


class Transport:
    """Talks to one server. Every request has a connection of its own: calls are rare, and none finds a connection stale.

    Safe to use from several threads.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no server: it must be like http://127.0.0.1:7878")
        if parts.username is not None:
            # It would be shown wherever the address is.
            raise ValueError("the url holds a user name: pass the token as `token`, or as STEPLEASE_TOKEN")
        self.url = url.rstrip("/")
        self._parts = parts
        self._token = token
        self._patience = patience or Patience()
        self._tls = tls
        self._has_answered = False

    def call(self, request: Request | Callable[[], Request]) -> Answer:
        """Sends a request until it is answered.

        Args:
            request: a request, or a function that makes it anew for each attempt, where the rest of a timeout shrinks.

        Raises:
            Problem: the server refused.
            ServerUnreachable: it did not answer within the client's patience.
            ForeignAnswer: what answers there is no steplease server.
        """
        retries = self.retries()
        while True:
            try:
                answer = self.attempt(request if isinstance(request, Request) else request())
            except ServerUnreachable as failure:
                # The same sentence for every attempt would bury what else a log says.
                level = logging.WARNING if retries.is_first else logging.DEBUG
                _LOG.log(level, "%s; trying again for %.0f s", failure, retries.seconds)
                retries.pause(failure)
            except Problem as failure:
                if failure.status not in TRY_AGAIN:
                    raise
                _LOG.info("%s; trying again", failure)
                retries.pause(failure, at_least=retry_after(failure))
            else:
                if not retries.is_first:
                    _LOG.info("%s answers again", self.url)
                return answer

    def retries(self) -> Retries:
        """The pauses between the attempts of one request."""
        return Retries(self._patience, lambda: self._has_answered)

    def open(
        self, request: Request, kind: str = "application/json"
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """One attempt whose 2xx answer, of this media type, is read by the caller, who closes the connection."""
        connection = self._connection(request.within)
        headers = {"Accept": kind, "User-Agent": f"steplease-python/{__version__}", **request.headers}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        body = None
        if request.body is not None:
            body = json.dumps(request.body, allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.connect()
            _notice_dead_peer(connection.sock)
            connection.request(request.method, self._parts.path.rstrip("/") + request.target(), body, headers)
            response = connection.getresponse()
            if response.status < 300 and response.getheader("Content-Type", kind).startswith(kind):
                return connection, response
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self.unreachable(error) from error
        connection.close()
        raise self._refusal(response, content)

    def unreachable(self, error: Exception | str) -> ServerUnreachable:
        """The error for a connection that failed or broke off."""
        reason = str(error) or type(error).__name__
        ever = "does not answer" if self._has_answered else "has not answered once"
        return ServerUnreachable(
            f"{self.url} {ever}: {reason} (is `steplease serve` running there? Client(url) or STEPLEASE_URL sets the address)"
        )

    def attempt(self, request: Request) -> Answer:
        """Sends it once."""
        connection, response = self.open(request)
        try:
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self.unreachable(error) from error
        finally:
            connection.close()
        document = _parsed(content)
        if content and not isinstance(document, dict):
            raise self._foreign(response, content)
        self._has_answered = True
        return Answer(response.status, document)

    def _refusal(self, response: http.client.HTTPResponse, content: bytes) -> Exception:
        document = _parsed(content)
        if isinstance(document, dict) and isinstance(document.get("code"), str):
            self._has_answered = True
            refusal = problem(response.status, document)
            refusal.retry_after = response.getheader("Retry-After")
            return refusal
        if response.status in _FROM_PROXIES:
            return self.unreachable(_summary(response, content))
        return self._foreign(response, content)

    def _foreign(self, response: http.client.HTTPResponse, content: bytes) -> ForeignAnswer:
        return ForeignAnswer(
            f"{self.url} does not answer as a steplease server does: {_summary(response, content)} "
            "(check the url that is given to Client, or STEPLEASE_URL)"
        )

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        host = self._parts.hostname or ""
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, self._parts.port, timeout=timeout)
        tls = self._tls or ssl.create_default_context()
        return http.client.HTTPSConnection(host, self._parts.port, timeout=timeout, context=tls)


def retry_after(refusal: Problem) -> float:
    """Seconds that the server asks to wait for; 0 where it says nothing, or a date."""
    text = refusal.retry_after or ""
    return float(text) if text.isdigit() else 0.0


def _notice_dead_peer(connected: socket.socket) -> None:
    """A wait may be silent for an hour: the kernel asks whether the other machine is still there."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _parsed(content: bytes) -> Any:
    """The JSON; None where there is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _summary(response: http.client.HTTPResponse, content: bytes) -> str:
    """What a stranger answered, on one line."""
    begin = " ".join(content[:200].decode(errors="replace").split())
    return f"{response.status} {response.reason}" + (f", {begin}" if begin else "")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # Durations have milliseconds, and no exponent.
    return f"{value:.3f}" if isinstance(value, float) else str(value)
