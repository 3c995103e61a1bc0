"""Where the snapshots lie that this process holds, if not in the place where Orbax would have put them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


class HeldPaths:
    """Paths of snapshots by the step directories that they are of, for as long as they are held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A process may hold one step more than once; the last one that it took counts.
        self._paths: dict[str, list[str]] = {}

    @contextlib.contextmanager
    def holding(self, step_dir: str, path: str) -> Iterator[None]:
        """Knows the path while the body runs."""
        with self._lock:
            self._paths.setdefault(step_dir, []).append(path)
        try:
            yield
        finally:
            with self._lock:
                held = self._paths[step_dir]
                held.remove(path)
                if not held:
                    del self._paths[step_dir]

    def find(self, step_dir: str | os.PathLike[str]) -> str | None:
        """The path of the snapshot of this step, if it is known."""
        with self._lock:
            held = self._paths.get(os.path.abspath(step_dir))
            return held[-1] if held else None
