"""The preservation policy in a real CheckpointManager."""

from __future__ import annotations

import os
import time
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers as policies

from steplease.orbax_policy import LeasedSteps
from tests.flaky_server import answer, flaky_server
from tests.server import ServerTest


class LeasedStepsTest(ServerTest):
    def manager(self, *others: Any, **options: Any) -> ocp.CheckpointManager:
        leased = LeasedSteps(**{"directory": self.directory.root, "url": self.server.url, **options})
        policy = policies.AnyPreservationPolicy([*others, leased]) if others else leased
        manager = ocp.CheckpointManager(
            self.directory.root,
            options=ocp.CheckpointManagerOptions(preservation_policy=policy, enable_async_checkpointing=False),
        )
        self.addCleanup(manager.close)
        return manager

    def save(self, manager: ocp.CheckpointManager, step: int) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        manager.save(step, args=ocp.args.StandardSave({"a": step}))
        self.client.wait(step)
        return time.monotonic() - began

    def test_a_leased_step_stays_for_as_long_as_it_is_leased(self) -> None:
        manager = self.manager(policies.LatestN(1))
        self.save(manager, 1)
        with self.client.lease(1, timeout=10) as lease:
            for step in (2, 3):
                self.save(manager, step)
            self.assertEqual(sorted(manager.all_steps()), [1, 3])
            self.assertTrue(lease.source_path.exists())
        self.save(manager, 4)
        self.assertEqual(sorted(manager.all_steps()), [4])

    def test_a_lease_of_another_run_counts_not(self) -> None:
        manager = self.manager(policies.LatestN(1), directory=None, run="nothing-here")
        self.save(manager, 1)
        with self.client.lease(1, timeout=10):
            self.save(manager, 2)
        self.assertEqual(sorted(manager.all_steps()), [2])

    def test_a_dead_server_breaks_nothing(self) -> None:
        manager = self.manager(policies.LatestN(2), url="http://127.0.0.1:9")
        for step in (1, 2, 3):
            self.save(manager, step)
        self.assertEqual(sorted(manager.all_steps()), [2, 3])

    def test_a_silent_server_costs_no_more_than_the_deadline_and_its_last_answer_counts(self) -> None:
        manager = self.manager(policies.LatestN(1), deadline=2)
        self.save(manager, 1)
        with self.client.lease(1, timeout=10):
            self.save(manager, 2)
            self.server.freeze()
            self.addCleanup(self.server.thaw)
            began = time.monotonic()
            manager.save(3, args=ocp.args.StandardSave({"a": 3}))
            took = time.monotonic() - began
            self.server.thaw()
        self.assertEqual(sorted(manager.all_steps()), [1, 3])
        self.assertLess(took, 20)

    def test_an_answer_that_drips_and_one_that_is_nonsense_break_nothing(self) -> None:
        def drip(handler: Any) -> None:
            handler.send_response(200)
            handler.end_headers()
            for _ in range(20):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.1)

        for reaction in (drip, answer(200, ["nonsense"]), answer(200, {"items": [{}]}), answer(500, {"code": "internal"})):
            with flaky_server([reaction]) as (url, _):
                policy = LeasedSteps(run="r", url=url, deadline=0.2)
                began = time.monotonic()
                self.assertEqual(policy.should_preserve([Info(1), Info(2)], context=None), [False, False])
                self.assertLess(time.monotonic() - began, 1.5)

    def test_it_needs_to_know_the_run(self) -> None:
        with self.assertRaisesRegex(ValueError, "either `directory` or `run`"):
            LeasedSteps()


class Info:
    """As much of Orbax's PolicyCheckpointInfo as is read."""

    def __init__(self, step: int) -> None:
        self.step = step
