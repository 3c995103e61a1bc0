"""The events of a server as they happen, over any number of connections."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import socket
import threading
from collections.abc import Iterator, Mapping

from steplease.documents import Event
from steplease.problem import Problem, ServerUnreachable
from steplease.sse import Message, read_messages
from steplease.transport import TRY_AGAIN, Request, Transport, retry_after

_LOG = logging.getLogger("steplease")
_BOOKMARK = "bookmark"

# A stream that is idle brings a bookmark every 15 seconds: one that is silent for longer is dead.
_SILENCE = 45.0


class EventStream(Iterator[Event]):
    """Yields each event once, in order, without a gap; a lost connection is made again and goes on where it stopped.

    The stream begins when this object is made: everything that happens from then on is yielded.

    Attributes:
        cursor: the position behind the last event: `client.watch(after=stream.cursor)` goes on from there, also tomorrow.
    """

    def __init__(self, transport: Transport, query: Mapping[str, object], after: str | None) -> None:
        self._transport = transport
        self._query = query
        self._connection: http.client.HTTPConnection | None = None
        self._messages: Iterator[Message] = iter(())
        self._is_closed = False
        # Held while the connection is read: closing it then would pull the buffers from under the reader.
        self._reading = threading.RLock()
        self.cursor = after
        self._first: Event | None = None
        if after is None:
            # The first message is a bookmark that says where "now" is.
            self._first = self._next_event()

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self._query.items() if value is not None)
        state = ", closed" if self._is_closed else ""
        return f"<EventStream of {self._transport.url}{', ' if given else ''}{given}, cursor {self.cursor!r}{state}>"

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> Event:
        """The next event, bookmarks left out.

        Raises:
            CursorExpired: what follows the cursor is no longer kept; its `cursor` is the current one.
            ServerUnreachable: the connection could not be made again within the client's patience.
            StopIteration: the stream was closed.
        """
        event, self._first = self._first, None
        while event is None:
            event = self._next_event()
        return event

    def close(self) -> None:
        """Ends the stream, also for a thread that waits for its next event."""
        self._is_closed = True
        if self._connection is not None and self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        with self._reading:
            if self._connection is not None:
                self._connection.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next_event(self) -> Event | None:
        """None for a bookmark, which tells nothing but the cursor."""
        with self._reading:
            message = self._next_message()
        self.cursor = message.id or self.cursor
        if message.type == _BOOKMARK:
            return None
        event: Event = json.loads(message.data)
        return event

    def _next_message(self) -> Message:
        retries = self._transport.retries()
        while not self._is_closed:
            try:
                message = next(self._messages, None)
                if message is not None:
                    return message
                # The server ends a stream when it stops, or when its reader is slow.
                if not self._is_closed:
                    self._connect()
            except Problem as refusal:
                if refusal.status not in TRY_AGAIN:
                    raise
                retries.pause(refusal, at_least=retry_after(refusal))
            except (OSError, http.client.HTTPException) as error:
                broken = error if isinstance(error, ServerUnreachable) else self._transport.unreachable(error)
                _LOG.info("%s; going on from the last event", broken)
                self._messages = iter(())
                retries.pause(broken)
        raise StopIteration

    def _connect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        headers = {} if self.cursor is None else {"Last-Event-ID": self.cursor}
        request = Request("GET", "/events", self._query, headers=headers, within=_SILENCE)
        self._connection, response = self._transport.open(request, "text/event-stream")
        self._messages = read_messages(response)
