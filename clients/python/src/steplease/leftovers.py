"""Snapshots that nobody owns: what evaluators of stock Orbax left behind when they died."""

from __future__ import annotations

import logging
import os
import shutil
import uuid

from steplease.client import Client

_LOG = logging.getLogger("steplease")


def remove_leftovers(client: Client, run: str, snapshot_directory: str) -> int:
    """Deletes the snapshots in the directory, as Orbax's iterator does at its start, but only while that harms nobody.

    A leftover would keep the server from placing its own snapshot of the step, since both have one path. A directory is
    a leftover for certain only while the server has no snapshot at all in the run: it records a snapshot before it makes the
    directory.

    Returns:
        How many were deleted.
    """
    entries = _entries(snapshot_directory)
    if not entries or client.run(run)["snapshots"]["count"] > 0:
        return 0
    removed = 0
    for name, inode in entries.items():
        aside = os.path.join(snapshot_directory, f".leftover-{uuid.uuid4().hex}")
        path = os.path.join(snapshot_directory, name)
        try:
            os.rename(path, aside)
            if os.stat(aside).st_ino != inode:
                # Another evaluator was faster, and the server put its snapshot here meanwhile.
                os.rename(aside, path)
                continue
            shutil.rmtree(aside)
            removed += 1
            _LOG.info("removed %s, which no lease holds", path)
        except OSError as error:
            _LOG.warning("%s is in the way of a snapshot and cannot be removed: %s", path, error)
    return removed


def _entries(directory: str) -> dict[str, int]:
    """Inode of each visible subdirectory; hidden ones and files are the server's own."""
    try:
        with os.scandir(directory) as entries:
            return {e.name: e.inode() for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)}
    except OSError:
        return {}
