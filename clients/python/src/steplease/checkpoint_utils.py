"""Drop-in for `orbax.checkpoint.checkpoint_utils` of Orbax 0.12.4 to 0.12.8: change the import, and set `STEPLEASE_URL`.

The signatures and the yields are the same. The run of the directory is used, and registered if there is none; each step that is
yielded is a leased snapshot, whose path `get_snapshot_dir_from_step_dir` gives. The README lists what differs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from steplease import hosts
from steplease.client import Client
from steplease.directory_run import LAYOUT, ensure_run, local_directory, run_name
from steplease.documents import Run, RunSettings
from steplease.held_paths import HeldPaths
from steplease.lease import Lease
from steplease.leftovers import remove_leftovers
from steplease.orbax_names import name_options
from steplease.orbax_wait import OrbaxTimeout, wait_and_lease
from steplease.problem import RunFinished, Unprotected

if TYPE_CHECKING:
    from etils import epath
    from orbax.checkpoint.checkpoint_utils import PLACEHOLDER as PLACEHOLDER
    from orbax.checkpoint.checkpoint_utils import construct_restore_args as construct_restore_args

_LOG = logging.getLogger("steplease")
_SNAPSHOTS = "_SNAPSHOTS"
_WAIT_DURATION = "/jax/orbax/checkpoint_utils/wait_duration"

# Pure functions and constants that have nothing to do with waiting are Orbax's own, loaded when they are used.
_OF_ORBAX = ("construct_restore_args", "Format", "PLACEHOLDER", "PyTree", "STANDARD_ARRAY_TYPES")

# The results of a wait that found no step.
_TIMED_OUT = -1
_FINISHED = -2

_held_elsewhere = HeldPaths()


def __getattr__(name: str) -> Any:
    if name not in _OF_ORBAX:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from orbax.checkpoint import checkpoint_utils

    return getattr(checkpoint_utils, name)


def get_snapshot_dir_from_step_dir(step_dir: epath.Path, snapshot_dir: epath.Path | None = None) -> epath.Path:
    """Where the snapshot of a step lies while this process holds it.

    That is `<snapshot_dir>/<name of the step>`, as with Orbax, unless the run of the directory was registered with another
    layout or place for snapshots.
    """
    directory = step_dir.parent / _SNAPSHOTS if snapshot_dir is None else snapshot_dir
    held = _held_elsewhere.find(step_dir)
    return directory / (step_dir.name if held is None else held)


@contextlib.contextmanager
def wait_for_new_checkpoint(
    checkpoint_dir: epath.Path,
    *,
    until_step: int | None = None,
    seconds_to_sleep: int = 1,
    timeout: int | None = None,
    timeout_fn: Callable[[], bool] | None = None,
    step_prefix: str | None = None,
    step_format_fixed_length: int | None = None,
    step_name_format: Any = None,
    snapshot_dir: epath.Path | None = None,
    set_immutable: bool | None = None,
    ignore_snapshot_errors: bool | None = True,
) -> Iterator[int]:
    """Waits for a step, and holds a snapshot of it until the body ends.

    Args:
        checkpoint_dir: where checkpoints are saved; it may come into being later.
        until_step: the highest step must be at least this; None takes any step.
        seconds_to_sleep: how often Orbax would look. Steps are noticed at once all the same; this only says when, beyond the
            timeout, `timeout_fn` is called.
        timeout: seconds to wait; None waits as long as it takes.
        timeout_fn: called once the timeout is reached, and again before each further sleep; True ends the wait.
        step_prefix: steps are named `<prefix>_N`.
        step_format_fixed_length: N is padded with zeros to this length.
        step_name_format: a standard or composite name format of Orbax, instead of these two.
        snapshot_dir: where snapshots lie; `<checkpoint_dir>/_SNAPSHOTS` when left out.
        set_immutable: makes snapshot directories read-only.
        ignore_snapshot_errors: ends quietly when the snapshot vanished in the body, else with FileNotFoundError. A step that
            cannot be snapshotted is not yielded in any case.

    Yields:
        The highest step, or -1 when the timeout was reached or the run is finished.
    """
    evaluation = _Evaluation.of(
        checkpoint_dir,
        name_options(step_name_format, step_prefix, step_format_fixed_length),
        snapshot_dir,
        set_immutable,
        bool(ignore_snapshot_errors),
    )
    timeout_rule = OrbaxTimeout(seconds_to_sleep, timeout, timeout_fn)
    with evaluation.new_checkpoint(until_step, timeout_rule) as step:
        yield max(step, _TIMED_OUT)


def checkpoints_iterator(
    checkpoint_dir: epath.PathLike,
    *,
    min_interval_secs: int = 0,
    seconds_to_sleep: int = 1,
    timeout: int | None = None,
    timeout_fn: Callable[[], bool] | None = None,
    step_prefix: str | None = None,
    step_format_fixed_length: int | None = None,
    step_name_format: Any = None,
    snapshot_dir: epath.Path | None = None,
    set_immutable: bool | None = None,
    ignore_snapshot_errors: bool | None = True,
) -> Iterator[int]:
    """Yields the newest step, again and again, each held while the loop's body runs.

    Steps that come while the body runs are skipped but for the newest: `Client.consumer` misses none.

    Ends when no step came within `timeout` seconds and there is no `timeout_fn`, or it returns True; and when the trainer has
    finished the run. The other arguments are those of `wait_for_new_checkpoint`.

    Args:
        min_interval_secs: seconds from one yield to the next look, at least.
    """
    evaluation = _Evaluation.of(
        checkpoint_dir,
        name_options(step_name_format, step_prefix, step_format_fixed_length),
        snapshot_dir,
        set_immutable,
        bool(ignore_snapshot_errors),
    )
    hosts.ask_first(evaluation.remove_leftovers)
    until_step: int | None = None
    while True:
        timeout_rule = OrbaxTimeout(seconds_to_sleep, timeout, timeout_fn)
        with evaluation.new_checkpoint(until_step, timeout_rule) as step:
            if step == _FINISHED:
                # The trainer has said what a timeout_fn could only find out.
                return
            if step == _TIMED_OUT:
                if timeout_fn is None or timeout_fn():
                    return
                continue
            began = time.monotonic()
            yield step
            until_step = step + 1
        rest = began + min_interval_secs - time.monotonic()
        if rest > 0:
            time.sleep(rest)


@dataclasses.dataclass
class _Evaluation:
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
    ) -> _Evaluation:
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
        snapshots = run["options"]["snapshot_dir"] or os.path.join(self.directory, _SNAPSHOTS)
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
                return [_FINISHED, 0]
            if lease is None:
                return [_TIMED_OUT, 0]
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
                held.enter_context(_held_elsewhere.holding(*(os.path.join(self.directory, part) for part in (name, path))))
            yield step

    def place_of(self, lease: Lease) -> str:
        """Name and path of a snapshot, below the directory if it is there, for all processes; empty where Orbax has it, too."""
        name = lease.source_path.name
        path = lease.document["relative_path"] or lease.document["path"]
        expected = os.path.join(self.options.get("snapshot_dir") or os.path.join(self.directory, _SNAPSHOTS), name)
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


# Orbax's own tests hold and release a step without waiting for it.

_held: dict[tuple[str, int], Lease] = {}


def _snapshot_checkpoint(
    checkpoint_dir: epath.Path,
    step: int,
    step_name_format: Any,
    snapshot_dir: epath.Path | None = None,
    *,
    set_immutable: bool | None = None,
    ignore_file_not_found_error: bool | None = None,
) -> bool:
    """Holds `step` until `_release_snapshot`; False in all processes but the first."""
    if not hosts.is_first():
        return False
    names = name_options(step_name_format)
    evaluation = _Evaluation.of(checkpoint_dir, names, snapshot_dir, set_immutable, bool(ignore_file_not_found_error))
    lease = evaluation.client.lease(step, run=evaluation.run()["name"], ignore_snapshot_errors=evaluation.ignore_snapshot_errors)
    _held[evaluation.directory, step] = lease
    return True


def _release_snapshot(
    checkpoint_dir: epath.Path,
    step: int,
    step_name_format: Any,
    snapshot_dir: epath.Path | None = None,
    *,
    ignore_file_not_found_error: bool | None = None,
) -> None:
    """Ends what `_snapshot_checkpoint` began."""
    if not hosts.is_first():
        return
    names = name_options(step_name_format)
    evaluation = _Evaluation.of(checkpoint_dir, names, snapshot_dir, None, bool(ignore_file_not_found_error))
    lease = _held.pop((evaluation.directory, step), None)
    if lease is not None:
        evaluation.release(lease)
    elif not ignore_file_not_found_error:
        raise FileNotFoundError(f"step {step} of {checkpoint_dir} is not held by this process")
