"""How long, and how often, a failed request is tried again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Pauses that double up to a limit, each shortened at random so that clients do not come back all at once.

    Attributes:
        seconds: how long a request is tried again after its first failure, before that is raised; 0 never tries again.
        first_pause: the longest that the first pause may be, in seconds.
        longest_pause: the longest that any pause may be, unless the server asks for more.
    """

    seconds: float = 60.0
    first_pause: float = 0.1
    longest_pause: float = 2.0


class Retries:
    """The pauses of one request."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._bound = patience.first_pause
        self._give_up_at: float | None = None

    def pause(self, failure: Exception, at_least: float = 0.0) -> None:
        """Sleeps before the next attempt.

        Args:
            failure: what went wrong; it is raised when patience would be at an end before the next attempt.
            at_least: the seconds of `Retry-After`.
        """
        now = time.monotonic()
        if self._give_up_at is None:
            self._give_up_at = now + self._patience.seconds
        pause = at_least + random.uniform(0, self._bound)
        if now + pause > self._give_up_at:
            raise failure
        self._bound = min(2 * self._bound, self._patience.longest_pause)
        time.sleep(pause)
