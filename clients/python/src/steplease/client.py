"""The whole contract of a steplease server as Python calls."""

from __future__ import annotations

import ssl
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from steplease import documents
from steplease.address import transport_to
from steplease.consumer import Consumer
from steplease.event_stream import EventStream
from steplease.grant import request_grant
from steplease.holder import this_process
from steplease.lease import Lease
from steplease.pages import all_items
from steplease.patience import Patience
from steplease.run_calls import RunCalls
from steplease.transport import ANSWER_WITHIN, Request
from steplease.waiting import Deadline, new_id, wait_for

StepState = Literal["finalized", "temporary", "deleting", "foreign", "all"]
LeaseState = Literal["active", "released", "expired", "broken", "lost", "all"]


class Client(RunCalls):
    """Talks to one server, about one run unless a call names another. Safe to use from several threads.

    Requests are repeated, with growing pauses, when the connection is lost or the server is busy (429, 503); none has an
    effect twice. What the server refuses is raised as the `Problem` of its code.

    A client that is given no run asks the server once, when it is made, for `default` or else the only run, and stays with
    that one when others are registered later.

    Args:
        url: address of the server; else `STEPLEASE_URL`, else http://127.0.0.1:7878.
        run: name of the run. `"*"` stands for all of them in calls that list or follow what happens.
        token: access token; else `STEPLEASE_TOKEN`, else none.
        patience: how long a failing request is repeated.
        tls: trust for https, in place of the system's.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        run: str | None = None,
        token: str | None = None,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(transport_to(url, token, patience, tls), run)
        self._streams: weakref.WeakSet[EventStream] = weakref.WeakSet()

    def __repr__(self) -> str:
        run = "no run chosen yet" if self._bound.known is None else f"run {self._bound.known!r}"
        return f"<Client of {self.transport.url}, {run}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the event streams of this client. Its leases end with their own blocks, or by `Lease.release`."""
        for stream in list(self._streams):
            stream.close()

    # Waiting, leasing, following

    def wait(
        self, until: int | None = None, *, timeout: float | None = None, after: str | None = None, run: str | None = None
    ) -> documents.Wait:
        """Waits for a step without leasing it.

        Args:
            until: the highest step must be at least this; None takes any step.
            timeout: seconds; 0 looks once, None waits until there is one or the run is finished.
            after: a cursor: waits instead for the first step finalized after it.
            run: another run than the client's.

        Returns:
            The answer: `satisfied` and `step`, or the `reason` why there is none.
        """
        deadline, wait_id = Deadline(timeout), new_id()

        def build() -> Request:
            left = deadline.left()
            query = {"run": self._bound.or_other(run), "until": until, "after": after, "timeout": left, "wait_id": wait_id}
            return Request("GET", "/wait", query, within=left + ANSWER_WITHIN)

        answer: documents.Wait = wait_for(lambda _: self.transport.call(build), deadline)
        return answer

    def lease(
        self,
        step: int | Literal["latest"] | None = None,
        *,
        until: int | None = None,
        timeout: float | None = None,
        ttl: float | None = None,
        holder: str | None = None,
        labels: Mapping[str, str] | None = None,
        ignore_snapshot_errors: bool = False,
        run: str | None = None,
    ) -> Lease:
        """Waits for a step, snapshots it and leases it, in one call.

        Args:
            step: exactly this step, or `"latest"`.
            until: the newest step from this one on. With neither, any step.
            timeout: seconds to wait for it; None does not wait for `step`, and waits as long as it takes otherwise.
            ttl: seconds after which the lease ends if this process dies; a thread renews it until then.
            holder: who holds it, for others to see; host and process when left out.
            labels: more about it, for others to see.
            ignore_snapshot_errors: lease the original, unprotected, when its files vanish while it is snapshotted.
            run: another run than the client's.

        Raises:
            WaitTimedOut, RunFinished: no step came that `until` allows.
            StepNotFound, StepGone: the run has no such `step`, or no longer.
        """
        body = {
            "step": step,
            "until": until,
            "ttl": ttl,
            "holder": holder or this_process(),
            "labels": None if labels is None else dict(labels),
            "ignore_snapshot_errors": ignore_snapshot_errors or None,
            "wait_id": new_id(),
        }
        patience = 0.0 if timeout is None and step is not None else timeout
        return request_grant(self.transport, "/leases", {"run": self._bound.or_other(run)}, body, patience, Lease)

    def watch(self, *, after: str | None = None, types: Iterable[str] | None = None, run: str | None = None) -> EventStream:
        """Yields what happens, without a gap, across reconnections.

        Args:
            after: a cursor to go on from; None begins now.
            types: such as `step.finalized`; None yields all.
            run: another run than the client's; `"*"` for all.
        """
        query = {"run": self._bound.or_all(run), "types": _joined(types)}
        stream = EventStream(self.transport, query, after)
        self._streams.add(stream)
        return stream

    def events(
        self,
        *,
        after: str | None = None,
        types: Iterable[str] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        run: str | None = None,
    ) -> documents.EventPage:
        """One page of events; `timeout` waits as many seconds for the first one. Without `after`, the oldest kept."""
        within = ANSWER_WITHIN + (timeout or 0)
        query = {
            "run": self._bound.or_all(run),
            "after": after,
            "types": _joined(types),
            "limit": limit,
            "timeout": timeout,
        }
        page: documents.EventPage = self.transport.call(lambda: Request("GET", "/events", query, within=within)).document
        return page

    def consumer(self, name: str, *, run: str | None = None) -> Consumer:
        """The consumer of this name. It exists on the server after its `put`."""
        return Consumer(self.transport, self._bound.or_other(run), name)

    def consumers(self, *, run: str | None = None) -> list[documents.StepConsumer]:
        """The run's consumers."""
        return all_items(self.transport, "/consumers", {"run": self._bound.or_other(run)})

    # Steps and leases

    def steps(
        self,
        *,
        min: int | None = None,
        max: int | None = None,
        order: Literal["asc", "desc"] | None = None,
        state: StepState | None = None,
        run: str | None = None,
    ) -> list[documents.Step]:
        """The run's finalized steps, or those in another `state` (`all` for every entry), ascending or in `order="desc"`.

        To follow the run from here without a gap, take `client.run()["cursor"]` before, and `watch(after=cursor)` afterwards.
        """
        query = {"run": self._bound.or_other(run), "min": min, "max": max, "order": order, "state": state}
        return all_items(self.transport, "/steps", query)

    def step(self, step: int | Literal["latest"] = "latest", *, run: str | None = None) -> documents.Step:
        """One step with everything that is known about it."""
        found: documents.Step = self._get(f"/steps/{step}", run=self._bound.or_other(run))
        return found

    def verify(self, step: int, *, run: str | None = None) -> documents.Verification:
        """Whether the checkpoint is whole: every item committed, every checksum right, every file long enough."""
        verdict: documents.Verification = self._get(f"/steps/{step}/verify", run=self._bound.or_other(run))
        return verdict

    def leases(
        self, *, state: LeaseState | None = None, step: int | None = None, run: str | None = None
    ) -> list[documents.PublicLease]:
        """Active leases, or those in another `state` (`all` for all), of the client's run, another, or `"*"` for all runs."""
        return all_items(self.transport, "/leases", {"run": self._bound.or_all(run), "state": state, "step": step})

    def get_lease(self, lease_id: str) -> documents.Lease:
        """A lease in any state; ended ones are kept for a day."""
        found: documents.Lease = self._get(f"/leases/{lease_id}")
        return found

    def break_lease(self, number: int, reason: str | None = None) -> documents.PublicLease:
        """Ends somebody's lease (admin)."""
        body = {"number": number} if reason is None else {"number": number, "reason": reason}
        broken: documents.PublicLease = self._post("/leases/break", body).document
        return broken

    # Restoring

    def restore_args(
        self,
        step: int | Literal["latest"] = "latest",
        *,
        item: str | None = None,
        set_global_shape: bool = True,
        strict: bool = True,
        run: str | None = None,
    ) -> documents.RestoreArgs:
        """The server's answer as it is, without jax. `Lease.restore_args` makes Orbax's objects of it."""
        query = {
            "run": self._bound.or_other(run),
            "step": step,
            "item": item,
            "set_global_shape": set_global_shape,
            "strict": strict,
        }
        answer: documents.RestoreArgs = self._get("/restore-args", **query)
        return answer

    def construct_restore_args(
        self,
        target: Any,
        sharding_tree: Any = None,
        set_global_shape: bool = True,
        support_layout: bool = False,
        strict: bool = True,
    ) -> Any:
        """Orbax's function of this name, computed by the server. Needs jax and orbax.

        Args:
            target: a tree of arrays, `jax.ShapeDtypeStruct`s, scalars, strings or Orbax's value metadata.
            sharding_tree: shardings to restore with, in the shape of `target`; None takes the target's own.
            set_global_shape, support_layout, strict: as in Orbax.

        Returns:
            The tree of `target` with `RestoreArgs` as leaves.
        """
        from steplease.restore_target import construct_restore_args

        options = {"set_global_shape": set_global_shape, "support_layout": support_layout, "strict": strict}
        return construct_restore_args(self.transport, target, sharding_tree, options)

    # Operation

    def waits(self, *, run: str | None = None) -> list[documents.WaitRecord]:
        """Ended waits, the newest first."""
        return all_items(self.transport, "/waits", {"run": self._bound.or_all(run)})

    def waits_summary(self, *, run: str | None = None) -> documents.WaitSummary:
        """The number of ended waits by outcome, and percentiles of their length in seconds."""
        summary: documents.WaitSummary = self._get("/waits/summary", run=self._bound.or_all(run))
        return summary

    def version(self) -> documents.Versions:
        """Name and version of the server, and the versions of Node and of the API."""
        version: documents.Versions = self._get("/version")
        return version


def _joined(types: Iterable[str] | None) -> str | None:
    return None if types is None else ",".join(types)
