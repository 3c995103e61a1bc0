"""When Orbax's wait ends and when it calls `timeout_fn`, on one clock for Orbax's own loop and for ours."""

from __future__ import annotations

import pathlib
import random
import tempfile
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

from etils import epath
from orbax.checkpoint import checkpoint_utils as orbax_utils
from orbax.checkpoint._src.path import step as orbax_step

from steplease import WaitTimedOut
from steplease.orbax_wait import OrbaxTimeout, wait_and_lease

# What one look takes, in seconds: never nothing, since Orbax's rule falls just between "before" and "at" the timeout.
_LOOK = 0.001


class Clock:
    """Stands still but for sleeps and looks."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def time(self) -> float:
        return self.now

    monotonic = time


class Trace:
    """When `timeout_fn` was called, and when the wait ended."""

    def __init__(self, answers: list[bool]) -> None:
        self.clock = Clock()
        self.calls: list[float] = []
        self._answers = answers

    def timeout_fn(self) -> bool:
        self.calls.append(self.clock.now)
        return self._answers[len(self.calls) - 1]

    def look(self, *_: Any) -> list[int]:
        self.clock.sleep(_LOOK)
        return []


class OrbaxTimeoutTest(unittest.TestCase):
    def test_ends_and_asks_when_orbax_does(self) -> None:
        chance = random.Random(7)
        for _ in range(300):
            seconds_to_sleep = chance.choice([0.5, 1, 2, 3.7])
            timeout = chance.choice([0, 0.2, 1, 2, 5, 7.3, 60])
            answers = [False] * chance.randrange(5) + [True]
            for with_function in (True, False):
                case = (seconds_to_sleep, timeout, answers if with_function else None)
                with self.subTest(case):
                    theirs, mine = Trace(answers), Trace(answers)
                    self.wait_as_orbax(theirs, seconds_to_sleep, timeout, theirs.timeout_fn if with_function else None)
                    self.wait_here(mine, seconds_to_sleep, timeout, mine.timeout_fn if with_function else None)
                    self.assertEqual(len(mine.calls), len(theirs.calls))
                    for here, there in zip([*mine.calls, mine.clock.now], [*theirs.calls, theirs.clock.now], strict=True):
                        self.assertAlmostEqual(here, there, delta=seconds_to_sleep / 4)

    def wait_as_orbax(self, trace: Trace, sleep: float, timeout: float, function: Callable[[], bool] | None) -> None:
        with tempfile.TemporaryDirectory() as directory:
            look = mock.patch.object(orbax_utils.utils, "checkpoint_steps", trace.look)
            with look, mock.patch.object(orbax_utils, "time", trace.clock):
                step = orbax_utils._wait_for_new_checkpoint(
                    epath.Path(pathlib.Path(directory)),
                    step_name_format=orbax_step.standard_name_format(),
                    seconds_to_sleep=sleep,
                    timeout=timeout,
                    timeout_fn=function,
                )
        self.assertEqual(step, -1)

    def wait_here(self, trace: Trace, sleep: float, timeout: float, function: Callable[[], bool] | None) -> None:
        class Server:
            """Waits as long as it is asked to, and has no step."""

            def lease(self, timeout: float, **_: Any) -> None:
                trace.clock.sleep(timeout + _LOOK)
                raise WaitTimedOut({"reason": "timeout"})

        with mock.patch("steplease.orbax_wait.time", trace.clock):
            rule = OrbaxTimeout(sleep, timeout, function)
            self.assertIsNone(wait_and_lease(Server(), "r", rule))  # type: ignore[arg-type]
