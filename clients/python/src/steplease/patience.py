"""How long, and how often, a failed request is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long a client repeats a request that fails. The pauses between attempts double up to a limit, and each is shortened
    at random, so that clients do not come back all at once.

    Attributes:
        seconds: how long a request is tried again after its first failure, before that failure is raised; 0 never tries again.
        first_answer: the same for a server that has not answered this client once: most likely its address is wrong.
            Raise it where evaluators start before their server.
        first_pause: the longest that the first pause may be, in seconds.
        longest_pause: the longest that any pause may be, unless the server asks for more.
    """

    seconds: float = 60.0
    first_answer: float = 5.0
    first_pause: float = 0.1
    longest_pause: float = 2.0


class Retries:
    """The pauses of one request.

    Args:
        has_answered: whether the server has ever answered.
    """

    def __init__(self, patience: Patience, has_answered: Callable[[], bool]) -> None:
        self._patience = patience
        self._has_answered = has_answered
        self._bound = patience.first_pause
        self._failed_at: float | None = None

    @property
    def is_first(self) -> bool:
        """Whether nothing has failed yet."""
        return self._failed_at is None

    @property
    def seconds(self) -> float:
        """How long attempts are repeated, counted from the first failure."""
        patience = self._patience
        return patience.seconds if self._has_answered() else min(patience.seconds, patience.first_answer)

    def pause(self, failure: Exception, at_least: float = 0.0) -> None:
        """Sleeps before the next attempt.

        Args:
            failure: what went wrong; it is raised when patience would be at an end before the next attempt.
            at_least: the seconds of `Retry-After`.
        """
        now = time.monotonic()
        if self._failed_at is None:
            self._failed_at = now
        pause = at_least + random.uniform(0, self._bound)
        if now + pause > self._failed_at + self.seconds:
            raise failure
        self._bound = min(2 * self._bound, self._patience.longest_pause)
        time.sleep(pause)
