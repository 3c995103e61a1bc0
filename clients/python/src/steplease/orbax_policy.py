"""For trainers: an Orbax preservation policy that spares steps which somebody has leased."""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from steplease import hosts
from steplease.address import transport_to
from steplease.directory_run import local_directory
from steplease.patience import Patience
from steplease.problem import StepleaseError
from steplease.transport import Request, Transport

_LOG = logging.getLogger("steplease")

# How long an answer still counts while the server gives no newer one, in seconds: the usual TTL of a lease.
_REMEMBERED = 60.0


@dataclasses.dataclass
class LeasedSteps:
    """Preserves the steps with an active lease; for `CheckpointManagerOptions(preservation_policy=...)`, with others in an
    `AnyPreservationPolicy`, which keeps what any of them keeps:

        AnyPreservationPolicy([LatestN(3), LeasedSteps(directory)])

    A decision never takes longer than the deadline and never raises: while the server does not answer, the last answer
    counts for a minute, and then nothing is preserved by this policy. In a multihost job process 0 asks for all.

    Leases are safe without this policy, since they hold snapshots. It keeps the originals as well, for readers of the originals
    and for runs where snapshots are not possible.

    Args:
        directory: the checkpoint directory of the run; or give `run`.
        run: name of the run.
        url, token: as for `Client`.
        deadline: seconds that a decision may take.
    """

    directory: str | os.PathLike[str] | None = None
    run: str | None = None
    url: str | None = None
    token: str | None = dataclasses.field(default=None, repr=False)
    deadline: float = 1.0

    def __post_init__(self) -> None:
        if (self.directory is None) == (self.run is None):
            raise ValueError("give either `directory` or `run`: leases belong to one run")
        directory = None if self.directory is None else local_directory(self.directory, "directory")
        transport = transport_to(self.url, self.token, Patience(seconds=0))
        self._question = _Question(transport, directory, self.run, self.deadline)

    def should_preserve(self, checkpoints: Sequence[Any], *, context: Any) -> Sequence[bool]:
        """Orbax's protocol: one answer for each checkpoint."""
        steps = [info.step for info in checkpoints]
        # All processes have the same list, and must come to the same end.
        return [bool(kept) for kept in hosts.ask_first_for_all(lambda: self._decide(steps), len(steps))]

    def _decide(self, steps: Sequence[int]) -> Sequence[int]:
        leased = self._question.leased_steps()
        return [step in leased for step in steps]


class _Question:
    """Asks the server in a thread, one question at a time, so that no trouble with the connection outlasts the deadline."""

    def __init__(self, transport: Transport, directory: str | None, run: str | None, deadline: float) -> None:
        self._transport = transport
        self._directory = directory
        self._run = run
        self._deadline = deadline
        self._thread: threading.Thread | None = None
        self._answer: frozenset[int] = frozenset()
        self._answered_at = -_REMEMBERED
        self._answered_for = 0.0

    def leased_steps(self) -> frozenset[int]:
        asked_at = time.monotonic()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._ask, args=(asked_at,), name="steplease-leased-steps", daemon=True)
            self._thread.start()
        self._thread.join(self._deadline)
        if self._answered_for >= asked_at:
            return self._answer
        age = asked_at - self._answered_at
        if age < _REMEMBERED:
            _LOG.warning("no good answer about leases within %s s: the one of %.0f s ago counts", self._deadline, age)
            return self._answer
        _LOG.warning("no good answer about leases within %s s: no step is preserved for them", self._deadline)
        return frozenset()

    def _ask(self, asked_at: float) -> None:
        try:
            run = self._run or self._run_of_directory()
            # Without a run nobody can have leased.
            items = [] if run is None else self._get("/leases", run=run, limit=10_000)["items"]
            self._answer = frozenset(lease["step"] for lease in items)
            self._answered_at = self._answered_for = asked_at
        except (StepleaseError, OSError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("asking about leases failed: %s", error)

    def _run_of_directory(self) -> str | None:
        runs = self._get("/runs", directory=self._directory)["items"]
        return str(runs[0]["name"]) if runs else None

    def _get(self, path: str, **query: object) -> Any:
        return self._transport.attempt(Request("GET", path, query, within=self._deadline)).document
