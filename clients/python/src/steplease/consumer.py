"""A durable iterator over a run's steps, shared by everybody who uses its name."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import Literal

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

    def put(
        self,
        mode: Literal["latest", "every"],
        *,
        every_k: int | None = None,
        start: documents.ConsumerStart | None = None,
        min_interval: float | None = None,
        max_pending: int | None = None,
        max_in_flight: int | None = None,
        max_deliver: int | None = None,
        ttl: float | None = None,
    ) -> documents.StepConsumer:
        """Makes the consumer, or changes its options. Those that are left out get the server's defaults.

        Args:
            mode: `latest` yields the newest step beyond the last one yielded, `every` each finalized step, none missed. Never
                changes.
            every_k: only multiples of this are yielded; 1 when left out.
            start: `latest`, `earliest`, `next`, or a step number; `latest` when left out. Never changes.
            min_interval: seconds from one grant to the next, at least; 0 when left out.
            max_pending: how many snapshots the server holds for steps that are still to be delivered; 3 when left out.
            max_in_flight: how many workers may hold a delivery at once; 1 when left out.
            max_deliver: how often a step is delivered at most, before it is parked; 5 when left out.
            ttl: seconds of its leases, where a worker asks for no other; 60 when left out.

        Raises:
            ConsumerExists: it exists with another mode or start.
        """
        options = {
            "mode": mode,
            "every_k": every_k,
            "start": start,
            "min_interval": min_interval,
            "max_pending": max_pending,
            "max_in_flight": max_in_flight,
            "max_deliver": max_deliver,
            "ttl": ttl,
        }
        return self._call("PUT", self._path, {name: value for name, value in options.items() if value is not None})

    def describe(self) -> documents.StepConsumer:
        """The options of the consumer, and which steps are acknowledged, pending, in flight and parked."""
        return self._call("GET", self._path)

    def delete(self) -> None:
        """Deletes the consumer, its results and the snapshots that are held for it."""
        self._transport.call(Request("DELETE", self._path, self._query))

    def results(self) -> list[documents.ConsumerResult]:
        """The acknowledged deliveries, with their results."""
        return all_items(self._transport, f"{self._path}/results", self._query)

    def next(self, timeout: float | None = None, *, ttl: float | None = None, holder: str | None = None) -> Delivery:
        """Waits for the next step to work on.

        Args:
            timeout: seconds; None waits until the run is finished and everything is done.
            ttl: seconds of the lease; renewed all the same.
            holder: who asks, for others to see; host and process when left out.

        Raises:
            RunFinished: no step is left, and none will come.
            WaitTimedOut: no step came in time, or `max_in_flight` workers hold one already.
        """
        body = {"ttl": ttl, "holder": holder or this_process()}
        return request_grant(self._transport, f"{self._path}/next", self._query, body, timeout, Delivery)

    def iterate(self, timeout: float | None = None, *, ttl: float | None = None, holder: str | None = None) -> Iterator[Delivery]:
        """Yields steps to work on, until the run is finished or none comes within `timeout` seconds.

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

    def _call(self, method: str, path: str, body: object = None) -> documents.StepConsumer:
        answer: documents.StepConsumer = self._transport.call(Request(method, path, self._query, body)).document
        return answer
