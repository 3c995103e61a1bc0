"""Several processes lease one and the same step, with nothing between them but the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steplease.client import Client
from steplease.lease import Lease
from steplease.problem import WaitTimedOut
from steplease.problem_codes import StepGone, StepNotFound
from steplease.waiting import Deadline

_ENDS = ("lease.released", "lease.expired", "lease.broken", "lease.lost")
_TYPES = ("lease.granted", "step.deleted", *_ENDS)


def lease_together(
    client: Client,
    *,
    job: str,
    host: int,
    hosts: int,
    until: int | None = None,
    timeout: float | None = None,
    ttl: float | None = None,
    run: str | None = None,
) -> Lease:
    """The lease of this host on a step that every host of the job has leased when this returns.

    Host 0 waits for the step and leases it with labels that say so; the others see them and lease that step by its number. When
    the trainer deletes it before all have it, all let go, and host 0 goes on with a newer one.

    Args:
        client: with a run; or give `run`.
        job: the same for the hosts that belong together, and for no others.
        host: 0 to `hosts - 1`.
        until: the step must be at least this, on every host alike: for the next step, the last one plus 1.
        timeout: seconds in all; None waits as long as it takes.
        ttl: see `Client.lease`.

    Raises:
        WaitTimedOut: no step came, or not every host.
        RunFinished: on host 0, no step will come.
    """
    deadline = Deadline(timeout)
    name = run or client.run_name
    while True:
        assembly = _Assembly(client, job, hosts, name)
        labels = {"job": job, "host": str(host)}
        if host == 0:
            lease = client.lease(
                until=until, timeout=None if timeout is None else deadline.left(), ttl=ttl, labels=labels, run=name
            )
        else:
            step = assembly.step_of_leader(until or 0, deadline)
            try:
                lease = client.lease(step, ttl=ttl, labels=labels, run=name)
            except (StepNotFound, StepGone):
                assembly.await_end_of(step, deadline)
                continue
        try:
            if assembly.completes(lease.generation, deadline):
                return lease
        except BaseException:
            lease.release()
            raise
        lease.release()
        if host == 0:
            until = lease.step + 1


class _Assembly:
    """Records which hosts of the job have leased which generation.

    The record begins before this host leases anything, and no host lets go of a step before all have it or it is gone, so that
    no grant is missed.
    """

    def __init__(self, client: Client, job: str, hosts: int, run: str | None) -> None:
        self._client = client
        self._job = job
        self._hosts = hosts
        self._run = run
        self._cursor = client.run(run)["cursor"]
        # By generation: the hosts that were granted it, the step while host 0 holds it, and whether the step is gone.
        self._granted: dict[str, set[str]] = {}
        self._led: dict[str, int] = {}
        self._over: set[str] = set()
        for lease in client.leases(run=run):
            self._note("lease.granted", lease)

    def step_of_leader(self, until: int, deadline: Deadline) -> int:
        """The step that host 0 holds."""
        while True:
            steps = [step for step in self._led.values() if step >= until]
            if steps:
                return max(steps)
            self._read_on(deadline, f"host 0 holds no step from {until} on")

    def await_end_of(self, step: int, deadline: Deadline) -> None:
        """Returns when host 0 has let go of the step."""
        while step in self._led.values():
            self._read_on(deadline, f"host 0 still holds step {step}, which the trainer deleted")

    def completes(self, generation: str, deadline: Deadline) -> bool:
        """Whether all hosts were granted it; False when that cannot happen any more."""
        while True:
            hosts = self._granted.get(generation, set())
            if len(hosts) >= self._hosts:
                return True
            if generation in self._over:
                return False
            self._read_on(deadline, f"hosts {sorted(hosts)} have the step, of {self._hosts}")

    def _read_on(self, deadline: Deadline, problem: str) -> None:
        left = deadline.left()
        # One at a time: what the hosts had before one of them let go is what counts.
        page = self._client.events(after=self._cursor, types=_TYPES, timeout=left, limit=1, run=self._run)
        if left == 0 and not page["items"]:
            raise WaitTimedOut({"reason": "timeout", "detail": f"job {self._job}: {problem}"})
        for event in page["items"]:
            self._note(event["type"], event["data"])
        self._cursor = page["cursor"]

    def _note(self, kind: str, data: Mapping[str, Any]) -> None:
        generation = data["generation"]
        labels = data.get("labels", {})
        if kind == "step.deleted":
            self._over.add(generation)
        elif labels.get("job") != self._job:
            return
        elif kind == "lease.granted":
            self._granted.setdefault(generation, set()).add(labels["host"])
            if labels["host"] == "0":
                self._led[generation] = data["step"]
                self._over.discard(generation)
        elif labels["host"] == "0":
            self._led.pop(generation, None)
            self._over.add(generation)
