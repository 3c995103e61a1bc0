"""Orbax's wait, with the server's long poll in place of each sleep."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from steplease.client import Client
from steplease.lease import Lease
from steplease.problem import WaitTimedOut

# How long one request waits where no timeout says when to look up, in seconds.
_LONG = 3600.0


class OrbaxTimeout:
    """Decides as Orbax does when a wait is over, and when `timeout_fn` is asked.

    Orbax looks, and when there is nothing and the next sleep would end past the timeout, it exits, or calls `timeout_fn` and
    exits if that is true; else it sleeps and looks again.
    """

    def __init__(self, seconds_to_sleep: float, timeout: float | None, timeout_fn: Callable[[], bool] | None) -> None:
        self._sleep = seconds_to_sleep
        self._timeout_fn = timeout_fn
        self._stop_at = None if timeout is None else time.monotonic() + timeout

    def is_over(self) -> bool:
        """What Orbax decides between a look that found nothing and the next sleep."""
        if self._stop_at is None or time.monotonic() + self._sleep <= self._stop_at:
            return False
        return self._timeout_fn is None or bool(self._timeout_fn())

    def until_next_decision(self) -> float:
        """Seconds of all the sleeps before the look after which something is decided; looks between them need no request."""
        if self._stop_at is None:
            return _LONG
        left = self._stop_at - time.monotonic()
        if self._sleep <= 0:
            return max(0.0, left)
        sleeps = math.floor((left - self._sleep) / self._sleep) + 1
        return max(1, sleeps) * self._sleep


def wait_and_lease(client: Client, run: str, timeout: OrbaxTimeout, **request: Any) -> Lease | None:
    """The lease on the step that ended the wait; None when the timeout did.

    Raises:
        RunFinished: the trainer says that no step will come.
    """
    seconds = 0.0
    while True:
        try:
            return client.lease(run=run, timeout=seconds, **request)
        except WaitTimedOut:
            if timeout.is_over():
                return None
            seconds = timeout.until_next_decision()
