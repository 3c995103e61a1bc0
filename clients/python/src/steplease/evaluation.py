"""What one evaluator of the drop-in `steplease.checkpoint_utils` wants of one directory, and what it holds of it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence

from steplease import hosts
from steplease.client import Client
from steplease.directory_run import LAYOUT, ensure_run, local_directory, run_name
from steplease.documents import Run, RunSettings
from steplease.held_paths import HeldPaths
from steplease.lease import Lease
from steplease.leftovers import remove_leftovers
from steplease.orbax_wait import OrbaxTimeout, wait_and_lease
from steplease.problem import RunFinished, Unprotected

# Where Orbax puts snapshots, below the directory.
SNAPSHOTS = "_SNAPSHOTS"
_WAIT_DURATION = "/jax/orbax/checkpoint_utils/wait_duration"
_LOG = logging.getLogger("steplease")

# The results of a wait that found no step.
TIMED_OUT = -1
FINISHED = -2

# Snapshots that this process holds at other paths than Orbax's.
held_elsewhere = HeldPaths()


@dataclasses.dataclass
class Evaluation:
    """What one evaluator wants of one directory."""

    directory: str
    options: RunSettings
    ignore_snapshot_errors: bool
    is_begun: bool = False

    @classmethod
    def of(
        cls,
        checkpoint_dir: str | os.PathLike[str],
        names: RunSettings,
        snapshot_dir: str | os.PathLike[str] | None,
        set_immutable: bool | None,
        ignore_snapshot_errors: bool,
    ) -> Evaluation:
        options: RunSettings = {**names}
        if snapshot_dir is not None:
            options["snapshot_dir"] = local_directory(snapshot_dir, "snapshot_dir")
        if set_immutable is not None:
            options["immutable"] = set_immutable
        return cls(local_directory(checkpoint_dir, "checkpoint_dir"), options, ignore_snapshot_errors)

    @functools.cached_property
    def client(self) -> Client:
        """Made where it is used, since in a multihost job that is one process."""
        return Client(run=run_name(self.directory))

    def run(self) -> Run:
        """The run of the directory; the first time, with its snapshots where Orbax has them if that can be."""
        may_move, self.is_begun = not self.is_begun, True
        return ensure_run(self.client, self.directory, self.options, may_move=may_move)

    def remove_leftovers(self) -> int:
        """How many were removed."""
        run = self.run()
        if run["options"]["snapshot_layout"] != LAYOUT:
            # Nothing of the server's has the paths of Orbax's snapshots, so that what lies there is in nobody's way.
            return 0
        snapshots = run["options"]["snapshot_dir"] or os.path.join(self.directory, SNAPSHOTS)
        return remove_leftovers(self.client, run["name"], snapshots)

    @contextlib.contextmanager
    def new_checkpoint(self, until_step: int | None, timeout: OrbaxTimeout) -> Iterator[int]:
        """Yields the step, or why there is none, in every process of a multihost job. The first one holds the lease."""
        lease: Lease | None = None
        place = ""

        def ask() -> Sequence[int]:
            nonlocal lease, place
            try:
                # A step that vanishes before it is protected is passed over, even if errors are ignored: a newer one serves.
                lease = wait_and_lease(self.client, self.run()["name"], timeout, until=until_step)
            except RunFinished:
                return [FINISHED, 0]
            if lease is None:
                return [TIMED_OUT, 0]
            place = self.place_of(lease)
            return [lease.step, len(place.encode())]

        began = time.monotonic()
        step, length = hosts.ask_first_for_all(ask, 2)
        _record_wait(time.monotonic() - began)
        with contextlib.ExitStack() as held:
            if lease is not None:
                held.callback(self.release, lease)
            if length > 0:
                name, path = json.loads(hosts.tell_all(place, length))
                held.enter_context(held_elsewhere.holding(*(os.path.join(self.directory, part) for part in (name, path))))
            yield step

    def place_of(self, lease: Lease) -> str:
        """Name and path of a snapshot, below the directory if it is there, for all processes; empty where Orbax has it, too."""
        name = lease.source_path.name
        path = lease.document["relative_path"] or lease.document["path"]
        expected = os.path.join(self.options.get("snapshot_dir") or os.path.join(self.directory, SNAPSHOTS), name)
        return "" if os.path.join(self.directory, path) == expected else json.dumps([name, path])

    def release(self, lease: Lease) -> None:
        """Ends the lease; a snapshot that vanished is what Orbax calls FileNotFoundError."""
        try:
            with lease:
                pass
        except Unprotected as error:
            if not self.ignore_snapshot_errors:
                raise FileNotFoundError(f"the snapshot of step {lease.step} vanished while it was held: {error}") from error
            _LOG.warning("the snapshot of step %s vanished while it was held: %s", lease.step, error)


def _record_wait(seconds: float) -> None:
    """As Orbax does, for listeners in this process. The server records the wait as well."""
    if "jax" in sys.modules:
        import jax.monitoring

        jax.monitoring.record_event_duration_secs(_WAIT_DURATION, seconds)
