"""The run of a checkpoint directory: Orbax's functions know directories, the server knows runs."""

from __future__ import annotations

import hashlib
import os
import re

from steplease import documents
from steplease.client import Client
from steplease.problem import StepleaseError

# Where Orbax's own get_snapshot_dir_from_step_dir points.
LAYOUT = "orbax"


class RunDiffers(StepleaseError):
    """The directory is watched in a way that does not give what the caller asks for, and somebody else decided so."""


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


def ensure_run(client: Client, directory: str, wanted: documents.RunOptions) -> documents.Run:
    """The run of the directory, registered or changed so that it gives what is wanted.

    Raises:
        RunDiffers: it exists under a name of somebody else's choice, with other options.
    """
    name = run_name(directory)
    found = client.runs(directory=directory)
    if not found:
        return client.put_run(name, directory, wanted)
    run = found[0]
    differing = {key: value for key, value in wanted.items() if run["options"].get(key) != value}
    if not differing:
        return run
    if run["name"] == name:
        options: documents.RunOptions = {**run["options"], **wanted}
        return client.put_run(name, directory, _given(options))
    asked = ", ".join(f"{key} {value!r} (it has {run['options'].get(key)!r})" for key, value in differing.items())
    raise RunDiffers(
        f'{directory} is watched as run "{run["name"]}", which would need {asked}: '
        "set these options for that run, or leave the directory to this module, under an --allow-root of the server"
    )


def _given(options: documents.RunOptions) -> documents.RunOptions:
    """Without what is null: that is how a body leaves a default alone."""
    given: documents.RunOptions = {}
    for key, value in options.items():
        if value is not None:
            given[key] = value  # type: ignore[literal-required]
    return given
