"""The client against a real server: waiting, leasing, listing."""

from __future__ import annotations

import gc
import shutil
import threading
import time
from unittest import mock

from steplease import (
    LeaseEnded,
    LeaseUncertain,
    Problem,
    RunFinished,
    Unprotected,
    WaitTimedOut,
)
from steplease.problem_codes import (
    LeaseBroken,
    LeaseExpired,
    LeaseLost,
    LeaseNotFound,
    LeaseReleased,
    RunNotFound,
    StepNotFound,
)
from steplease.transport import Request
from tests.server import Directory, ServerTest


class WaitTest(ServerTest):
    def test_a_wait_is_answered_by_the_step(self) -> None:
        self.directory.save(3)
        answer = self.client.wait(2, timeout=10)
        self.assertEqual((answer["satisfied"], answer["step"], answer["reason"]), (True, 3, "reached"))

    def test_a_wait_without_step_ends_with_its_reason(self) -> None:
        self.assertEqual(self.client.wait(2, timeout=0)["reason"], "timeout")
        self.client.finish_run()
        self.assertEqual(self.client.wait(2)["reason"], "finished")
        self.assertEqual(self.client.reopen_run()["state"], "watching")

    def test_a_wait_after_a_cursor_sees_a_lower_step(self) -> None:
        self.directory.save(9)
        cursor = self.client.wait(9)["cursor"]
        self.directory.save(4)
        self.assertEqual(self.client.wait(after=cursor, timeout=10)["step"], 4)

    def test_a_negative_timeout_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "timeout is -1"):
            self.client.wait(timeout=-1)


class CappedWaitTest(ServerTest):
    args = ("--max-wait", "100ms")

    def test_a_wait_longer_than_the_server_allows_is_one_wait_all_the_same(self) -> None:
        answer = self.client.wait(1, timeout=0.5)
        self.assertEqual((answer["satisfied"], answer["reason"]), (False, "timeout"))
        with self.assertRaises(WaitTimedOut):
            self.client.lease(until=1, timeout=0.5)
        outcomes = [(wait["source"], wait["outcome"]) for wait in self.client.waits()]
        self.assertEqual(outcomes, [("lease", "timeout"), ("wait", "timeout")])
        self.assertEqual(self.client.waits_summary()["timeout"], 2)


class LeaseTest(ServerTest):
    def test_the_path_outlives_the_original_until_the_block_ends(self) -> None:
        self.directory.save(7)
        with self.client.lease(until=5, holder="eval-3", labels={"a": "b"}) as lease:
            self.directory.delete(7)
            self.assertEqual((lease.path / "value").read_text(), "7")
            [listed] = self.client.leases()
            self.assertEqual((listed["step"], listed["holder"], listed["labels"]), (7, "eval-3", {"a": "b"}))
            path = lease.path
        self.assertFalse(path.exists())
        self.assertEqual(self.client.get_lease(lease.id)["state"], "released")

    def test_waits_for_the_step(self) -> None:
        timer = threading.Timer(0.2, self.directory.save, [12])
        timer.start()
        with self.client.lease(until=12, timeout=20) as lease:
            self.assertEqual(lease.step, 12)

    def test_a_wait_without_step_raises_its_reason(self) -> None:
        with self.assertRaises(WaitTimedOut) as caught:
            self.client.lease(until=1, timeout=0)
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertEqual(caught.exception.reason, "timeout")
        self.client.finish_run(reason="done")
        with self.assertRaises(RunFinished):
            self.client.lease(until=1)

    def test_an_absent_step_is_not_waited_for(self) -> None:
        with self.assertRaises(StepNotFound):
            self.client.lease(4)
        self.directory.save(4)
        for step in (4, "latest"):
            with self.client.lease(step, timeout=10) as lease:
                self.assertEqual(lease.step, 4)

    def test_a_thread_renews_it_past_its_ttl(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=10, ttl=3) as lease:
            # Another lease, which nobody renews, shows when the TTL is over.
            other = self.client.transport.call(Request("POST", "/leases", {"run": lease.run}, {"step": 1, "ttl": 4})).document
            with self.client.watch(types=["lease.expired"]) as events:
                self.assertEqual(next(events)["data"]["number"], other["number"])
            lease.check()
            self.assertEqual(self.client.get_lease(lease.id)["state"], "active")

    def test_a_lease_that_is_forgotten_expires(self) -> None:
        self.directory.save(1)
        with self.client.watch(types=["lease.expired"]) as events:
            lease = self.client.lease(1, timeout=10, ttl=1)
            number = lease.number
            del lease
            gc.collect()
            self.assertEqual(next(events)["data"]["number"], number)

    def test_a_broken_lease_raises_out_of_the_block(self) -> None:
        self.directory.save(1)
        with self.assertRaises(LeaseBroken) as caught, self.client.lease(1, timeout=10) as lease:
            self.client.break_lease(lease.number, "space is needed")
        self.assertIsInstance(caught.exception, LeaseEnded)
        with self.assertRaises(LeaseBroken):
            _ = lease.path

    def test_a_lost_lease_is_the_cause_that_is_told_when_the_body_failed_over_it(self) -> None:
        self.directory.save(1)
        with self.assertRaises(LeaseLost) as caught, self.client.lease(1, timeout=10) as lease:
            path = lease.path / "value"
            shutil.rmtree(lease.path)
            path.read_text()
        self.assertIsInstance(caught.exception.__context__, FileNotFoundError)

    def test_an_error_of_the_body_comes_through_and_the_lease_is_released(self) -> None:
        self.directory.save(1)
        with self.assertRaises(ZeroDivisionError), self.client.lease(1, timeout=10) as lease:
            _ = 1 / 0
        self.assertEqual(self.client.get_lease(lease.id)["state"], "released")

    def test_release_may_be_repeated_and_renewing_afterwards_may_not(self) -> None:
        self.directory.save(1)
        lease = self.client.lease(1, timeout=10)
        lease.renew(ttl=120)
        self.assertEqual(lease.document["ttl"], 120)
        lease.release()
        lease.release()
        with self.assertRaises(LeaseReleased):
            lease.renew()

    def test_a_path_is_not_given_once_the_lease_was_released(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=10) as of_block:
            pass
        by_hand = self.client.lease(1)
        by_hand.release()
        for lease in (of_block, by_hand):
            for use in (lease.check, lambda lease=lease: lease.path):
                with self.assertRaisesRegex(LeaseReleased, f"lease {lease.number} on step 1 was released by this process"):
                    use()

    def test_a_lease_that_the_body_releases_is_not_confirmed_at_its_end(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=10) as lease:
            lease.release()
        self.assertEqual(self.client.get_lease(lease.id)["state"], "released")

    def test_the_renewing_thread_notices_that_a_lease_was_broken(self) -> None:
        self.directory.save(1)
        lease = self.client.lease(1, timeout=10, ttl=1)
        self.client.break_lease(lease.number)
        for thread in threading.enumerate():
            if thread.name == f"steplease-renew-{lease.number}":
                thread.join(10)
        with self.assertRaises(LeaseBroken):
            lease.check()


class RestartTest(ServerTest):
    def test_a_lease_survives_the_crash_of_the_server(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=10) as lease:
            self.server.kill()
            self.server.start()
            self.directory.delete(1)
            self.assertEqual((lease.path / "value").read_text(), "1")

    def test_a_wait_survives_the_restart_of_the_server(self) -> None:
        found: list[int] = []
        waiting = threading.Thread(target=lambda: found.append(self.client.wait(5, timeout=30)["step"]))
        waiting.start()
        self.server.stop()
        self.server.start()
        self.directory.save(5)
        waiting.join(30)
        self.assertEqual(found, [5])

    def test_a_lease_that_was_not_renewed_within_its_ttl_is_uncertain_until_it_is(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=10, ttl=60) as lease, mock.patch("steplease.term.time") as clock:
            clock.monotonic.return_value = time.monotonic() + 61
            with self.assertRaises(LeaseUncertain):
                _ = lease.path
            lease.renew()
            lease.check()

    def test_the_block_raises_when_the_lease_ended_while_nobody_renewed_it(self) -> None:
        self.directory.save(1)
        with self.client.watch(types=["lease.expired"]) as events:
            with self.assertRaises(LeaseExpired), self.client.lease(1, timeout=10, ttl=1) as lease:
                lease._renewal.stop()
                next(events)

    def test_with_a_server_that_is_gone_the_block_ends_within_the_ttl(self) -> None:
        self.directory.save(1)
        client = self.server.client(self.directory.run, seconds=0.2)
        with client.lease(1, timeout=10):
            self.server.kill()
        self.server.start()


class ListTest(ServerTest):
    def scan(self) -> None:
        """A wait in vain ends only after a scan that began after it: lists are complete then."""
        self.client.wait(1_000, timeout=0)

    def test_steps_in_any_order_and_state(self) -> None:
        for step in (3, 1, 2):
            self.directory.save(step)
        (self.directory.root / "eval_9").mkdir()
        self.scan()
        self.assertEqual([step["step"] for step in self.client.steps()], [1, 2, 3])
        self.assertEqual([step["step"] for step in self.client.steps(order="desc", max=2)], [2, 1])
        self.assertEqual(self.client.step()["step"], 3)
        size = sum(file.stat().st_size for file in (self.directory.root / "2").iterdir())
        self.assertEqual(self.client.step(2)["size_bytes"], size)
        self.assertEqual([step["name"] for step in self.client.steps(state="foreign")], ["eval_9"])

    def test_a_list_of_several_pages_comes_whole(self) -> None:
        for step in range(5):
            self.directory.save(step)
        self.scan()
        with mock.patch("steplease.pages._PAGE", 2):
            self.assertEqual([step["step"] for step in self.client.steps()], [0, 1, 2, 3, 4])

    def test_runs_are_registered_listed_and_removed(self) -> None:
        other = Directory(self.server, "other")
        self.assertIn("other", [run["name"] for run in other.client.runs()])
        [run] = self.client.runs(directory=str(other.root))
        self.assertEqual(run["name"], "other")
        other.save(1)
        lease = other.client.lease(1, timeout=10)
        with self.assertRaises(Problem):
            other.client.delete_run("other")
        other.client.delete_run("other", force=True)
        with self.assertRaises(Unprotected):
            lease.renew()
        with self.assertRaises(RunNotFound):
            other.client.run()

    def test_an_unknown_lease_is_not_found(self) -> None:
        with self.assertRaises(LeaseNotFound):
            self.client.get_lease("ls_unknown")
