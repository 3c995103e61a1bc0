"""The run of a checkpoint directory: Orbax's functions know directories, the server knows runs."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import re
from typing import Any, Final

from steplease import documents
from steplease.client import Client
from steplease.problem import StepleaseError
from steplease.problem_codes import Forbidden, RunInUse

_LOG = logging.getLogger("steplease")

# The layout in which snapshots lie where Orbax's own get_snapshot_dir_from_step_dir points.
LAYOUT: Final = "orbax"

# What decides which directories are steps: to change it changes what everybody else sees.
_WHAT_STEPS_ARE = ("step_name_formats", "commit_mode")


class RunDiffers(StepleaseError):
    """The directory is a run already, does not give what the caller asks for, and cannot be changed without harm to others."""


def local_directory(path: str | os.PathLike[str], name: str) -> str:
    """The absolute, normalized form that the server takes."""
    text = os.fspath(path)
    if "://" in text:
        raise ValueError(f"{name} is {text}: the server watches mounted directories; mount the bucket and pass that path")
    return os.path.abspath(text)


def run_name(directory: str) -> str:
    """The name under which this package registers a directory: readable, and the same in every process."""
    readable = re.sub(r"[^a-z0-9._-]+", "-", os.path.basename(directory).lower()).strip("._-")[:40] or "run"
    return f"{readable}-{hashlib.sha256(directory.encode()).hexdigest()[:12]}"


def ensure_run(client: Client, directory: str, wanted: documents.RunSettings, *, may_move: bool) -> documents.Run:
    """The run of the directory, registered if there is none, and changed as far as `wanted` needs it.

    A run that this package registered is changed as its callers want. That of somebody else is changed only while nobody can
    notice: nothing of it is held, and where other steps would count, it has none.

    The layout of snapshots is wished for rather than wanted: a run with another one is used as it is, where it cannot be
    changed, since a lease says where its snapshot lies.

    Args:
        wanted: options without the layout.
        may_move: whether the layout may be changed now.

    Raises:
        RunDiffers: it cannot be changed as `wanted` needs it.
    """
    run = _find(client, directory)
    if run is None:
        fresh: documents.RunSettings = {**wanted, "snapshot_layout": LAYOUT}
        return client.put_run(run_name(directory), directory, fresh)
    needed = _unmet(run["options"], wanted)
    wished = _layout(run["options"], wanted) if may_move else {}
    if not needed and not wished:
        return run
    reasons = [] if run["name"] == run_name(directory) else _what_others_have(client, run, needed)
    if not reasons:
        changes: documents.RunSettings = {**needed, **wished}
        try:
            return client.change_run(run["name"], changes)
        except (RunInUse, Forbidden) as refusal:
            reasons = [refusal.detail]
    if needed:
        raise RunDiffers(_refusal(run, needed, reasons))
    _tell_once(
        f'run "{run["name"]}" keeps its snapshot_layout {run["options"]["snapshot_layout"]!r}, because {" and ".join(reasons)}: '
        "get_snapshot_dir_from_step_dir of steplease.checkpoint_utils knows where snapshots lie, that of Orbax does not; "
        f"{_call(run, wished)} would change it"
    )
    return run


@functools.cache
def _tell_once(message: str) -> None:
    """Each wait would tell the same."""
    _LOG.warning("%s", message)


def _find(client: Client, directory: str) -> documents.Run | None:
    """The run of the directory, which may be registered under another path of the same place."""
    exact = client.runs(directory=directory)
    if exact:
        return exact[0]
    place = os.path.realpath(directory)
    return next((run for run in client.runs() if os.path.realpath(run["directory"]) == place), None)


def _unmet(options: documents.RunOptions, wanted: documents.RunSettings) -> documents.RunSettings:
    unmet: documents.RunSettings = {}
    for key, value in wanted.items():
        if _comparable(options.get(key)) != _comparable(value):
            unmet[key] = value  # type: ignore[literal-required]
    return unmet


def _comparable(value: Any) -> Any:
    """Name formats with every field; Orbax always joins prefix and number with an underscore."""
    if not isinstance(value, list):
        return value
    blank = {"step_prefix": None, "step_separator": "_", "step_format_fixed_length": None}
    return [{**blank, **name_format} for name_format in value]


def _layout(options: documents.RunOptions, wanted: documents.RunSettings) -> documents.RunSettings:
    """The change that puts snapshots where Orbax looks for them; none where somebody chose a place that the caller did not."""
    is_elsewhere = options["snapshot_dir"] is not None and "snapshot_dir" not in wanted
    return {} if options["snapshot_layout"] == LAYOUT or is_elsewhere else {"snapshot_layout": LAYOUT}


def _what_others_have(client: Client, run: documents.Run, needed: documents.RunSettings) -> list[str]:
    """What a change could harm."""
    found = {"active lease": run["leases"]["active"], "snapshot": run["snapshots"]["count"]}
    if any(key in needed for key in _WHAT_STEPS_ARE):
        found["step"] = run["step_count"]
    found["consumer"] = len(client.consumers(run=run["name"]))
    return [f"it has {count} {what}{'' if count == 1 else 's'}" for what, count in found.items() if count > 0]


def _refusal(run: documents.Run, needed: documents.RunSettings, reasons: list[str]) -> str:
    has = {key: run["options"].get(key) for key in needed}
    return (
        f'{run["directory"]} is run "{run["name"]}" of the server, with {_words(has)}, and this call asks for {_words(needed)}. '
        f"The run stays as it is, because {' and '.join(reasons)}. Ask for what the run has, or change it: {_call(run, needed)}"
    )


def _words(options: Any) -> str:
    return ", ".join(f"{key} {value!r}" for key, value in options.items())


def _call(run: documents.Run, options: documents.RunSettings) -> str:
    return f"steplease.Client().change_run({run['name']!r}, {dict(options)!r})"
