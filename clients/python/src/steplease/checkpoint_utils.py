"""Drop-in for `orbax.checkpoint.checkpoint_utils` of Orbax 0.12.4 to 0.12.8: change the import, and set `STEPLEASE_URL`.

The signatures and the yields are the same. The run of the directory is used, and registered if there is none; each step that is
yielded is a leased snapshot, whose path `get_snapshot_dir_from_step_dir` gives. The README lists what differs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from steplease import hosts
from steplease.evaluation import FINISHED, SNAPSHOTS, TIMED_OUT, Evaluation, held_elsewhere
from steplease.lease import Lease
from steplease.orbax_names import name_options
from steplease.orbax_wait import OrbaxTimeout

if TYPE_CHECKING:
    from etils import epath
    from orbax.checkpoint.checkpoint_utils import PLACEHOLDER as PLACEHOLDER
    from orbax.checkpoint.checkpoint_utils import construct_restore_args as construct_restore_args

# Pure functions and constants that have nothing to do with waiting are Orbax's own, loaded when they are used.
_OF_ORBAX = ("construct_restore_args", "Format", "PLACEHOLDER", "PyTree", "STANDARD_ARRAY_TYPES")


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
    directory = step_dir.parent / SNAPSHOTS if snapshot_dir is None else snapshot_dir
    held = held_elsewhere.find(step_dir)
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
    evaluation = Evaluation.of(
        checkpoint_dir,
        name_options(step_name_format, step_prefix, step_format_fixed_length),
        snapshot_dir,
        set_immutable,
        bool(ignore_snapshot_errors),
    )
    timeout_rule = OrbaxTimeout(seconds_to_sleep, timeout, timeout_fn)
    with evaluation.new_checkpoint(until_step, timeout_rule) as step:
        yield max(step, TIMED_OUT)


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
    evaluation = Evaluation.of(
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
            if step == FINISHED:
                # The trainer has said what a timeout_fn could only find out.
                return
            if step == TIMED_OUT:
                if timeout_fn is None or timeout_fn():
                    return
                continue
            began = time.monotonic()
            yield step
            until_step = step + 1
        rest = began + min_interval_secs - time.monotonic()
        if rest > 0:
            time.sleep(rest)


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
    evaluation = Evaluation.of(checkpoint_dir, names, snapshot_dir, set_immutable, bool(ignore_file_not_found_error))
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
    evaluation = Evaluation.of(checkpoint_dir, names, snapshot_dir, None, bool(ignore_file_not_found_error))
    lease = _held.pop((evaluation.directory, step), None)
    if lease is not None:
        evaluation.release(lease)
    elif not ignore_file_not_found_error:
        raise FileNotFoundError(f"step {step} of {checkpoint_dir} is not held by this process")
