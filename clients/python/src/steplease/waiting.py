"""Waits that are longer than one request may take: they become a series of requests."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from steplease.transport import Answer

# The longest wait that one request asks for, in seconds. Servers have a limit of their own, and say so (`max_wait`).
_LONGEST_REQUEST = 3600.0


class Deadline:
    """A point in time; None is never."""

    def __init__(self, seconds: float | None) -> None:
        if seconds is not None and not seconds >= 0:
            raise ValueError(f"timeout is {seconds}: it must be 0 or more seconds, or None to wait as long as it takes")
        self._at = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, as many as one request may ask for."""
        return _LONGEST_REQUEST if self._at is None else max(0.0, min(self._at - time.monotonic(), _LONGEST_REQUEST))


def new_id() -> str:
    """Names one wait or one grant over all its requests."""
    return uuid.uuid4().hex


def wait_for(send: Callable[[Deadline], Answer], deadline: Deadline) -> Any:
    """The document that ended the wait: a satisfied one, or an unsatisfied one with its reason.

    Args:
        send: makes one request that asks the server to wait for what is left.
    """
    while True:
        document = send(deadline).document
        is_over = document.get("satisfied", True) or document["reason"] == "finished"
        # The server may have ended this request, but not the wait.
        if is_over or deadline.left() == 0:
            return document
