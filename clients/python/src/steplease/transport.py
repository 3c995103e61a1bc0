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
from steplease.problem import Problem, ServerUnreachable
from steplease.problem_codes import problem

_LOG = logging.getLogger("steplease")
# Statuses that say: later.
TRY_AGAIN = (429, 503)

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
    """Talks to one server. A connection of its own for each request: calls are rare, and none finds a connection stale.

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
        self.url = url.rstrip("/")
        self._parts = parts
        self._token = token
        self._patience = patience or Patience()
        self._tls = tls

    def call(self, request: Request | Callable[[], Request]) -> Answer:
        """Sends a request until it is answered.

        Args:
            request: or what makes it, anew for each attempt, where what is left of a timeout shrinks.

        Raises:
            Problem: the server refused.
            ServerUnreachable: it did not answer within the client's patience.
        """
        retries = Retries(self._patience)
        while True:
            try:
                return self.attempt(request if isinstance(request, Request) else request())
            except ServerUnreachable as failure:
                _LOG.warning("%s; trying again", failure)
                retries.pause(failure)
            except Problem as failure:
                if failure.status not in TRY_AGAIN:
                    raise
                _LOG.info("%s; trying again", failure)
                retries.pause(failure, at_least=retry_after(failure))

    def open(self, request: Request) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """One attempt whose 2xx answer is read by the caller, who closes the connection."""
        connection = self._connection(request.within)
        headers = {"Accept": "application/json", **request.headers}
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
            if response.status < 300:
                return connection, response
            refusal = _refusal(response)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self.unreachable(error) from error
        connection.close()
        raise refusal

    def unreachable(self, error: Exception) -> ServerUnreachable:
        """The error for a connection that failed or broke off."""
        reason = str(error) or type(error).__name__
        return ServerUnreachable(f"{self.url} does not answer: {reason} (is `steplease serve` running there?)")

    def attempt(self, request: Request) -> Answer:
        """Sends it once."""
        connection, response = self.open(request)
        try:
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self.unreachable(error) from error
        finally:
            connection.close()
        return Answer(response.status, json.loads(content) if content else None)

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


def _refusal(response: http.client.HTTPResponse) -> Problem:
    content = response.read()
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        # Not this server: a proxy in between, say.
        document = {"detail": f"{response.status} {response.reason}: {content[:200].decode(errors='replace')}"}
    refusal = problem(response.status, document)
    refusal.retry_after = response.getheader("Retry-After")
    return refusal


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # Durations have milliseconds, and no exponent.
    return f"{value:.3f}" if isinstance(value, float) else str(value)
