"""A durable iterator over a run's steps, shared by everybody who uses its name."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import Any

from steplease import documents
from steplease.delivery import Delivery
from steplease.grant import request_grant
from steplease.holder import this_process
from steplease.pages import all_items
from steplease.problem import NoStep
from steplease.transport import Request, Transport


class Consumer:
    """The consumer `name` of a run. Making this object asks the server nothing."""

    def __init__(self, transport: Transport, run: str, name: str) -> None:
        self._transport = transport
        self._query = {"run": run}
        self.run = run
        self._path = f"/consumers/{urllib.parse.quote(name, safe='')}"
        self.name = name

    def __repr__(self) -> str:
        return f"<Consumer {self.name!r} of run {self.run!r} on {self._transport.url}>"

    def put(self, mode: str, **options: Any) -> documents.Consumer:
        """Makes the consumer, or changes its options: those left out get their defaults; `mode` and `start` never change.

        Args:
            mode: `latest` yields the newest step beyond the last one, `every` each finalized one, none missed.
            options: `every_k`, `start`, `min_interval`, `max_pending`, `max_in_flight`, `max_deliver`, `ttl` of the contract.
        """
        return self._call("PUT", self._path, {"mode": mode, **options})

    def describe(self) -> documents.Consumer:
        """What is acknowledged, pending, in flight and parked."""
        return self._call("GET", self._path)

    def delete(self) -> None:
        """Drops the consumer, its results and what is held for it."""
        self._transport.call(Request("DELETE", self._path, self._query))

    def results(self) -> list[dict[str, Any]]:
        """What was acknowledged, with the results."""
        return all_items(self._transport, f"{self._path}/results", self._query)

    def next(self, timeout: float | None = None, *, ttl: float | None = None, holder: str | None = None) -> Delivery:
        """Waits for a step to do.

        Args:
            timeout: seconds; None waits until the run is finished and everything is done.
            ttl: seconds of the lease; renewed all the same.
            holder: who asks, for others to see; host and process when left out.

        Raises:
            RunFinished: nothing is left and nothing will come.
            WaitTimedOut: nothing came in time, or as many workers hold steps as may.
        """
        body = {"ttl": ttl, "holder": holder or this_process()}
        return request_grant(self._transport, f"{self._path}/next", self._query, body, timeout, Delivery)

    def iterate(self, timeout: float | None = None, *, ttl: float | None = None, holder: str | None = None) -> Iterator[Delivery]:
        """Yields steps to do, until the run is finished or none comes within `timeout` seconds.

        A delivery that the loop's body neither acknowledged nor gave back is acknowledged, with its `result`, when the
        next one is asked for. One with which the loop is left, by `break` or an exception, is given back.
        """
        while True:
            try:
                delivery = self.next(timeout, ttl=ttl, holder=holder)
            except NoStep:
                return
            with delivery:
                yield delivery

    def _call(self, method: str, path: str, body: object = None) -> documents.Consumer:
        answer: documents.Consumer = self._transport.call(Request(method, path, self._query, body)).document
        return answer
