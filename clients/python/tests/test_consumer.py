"""Consumers: every step once, over several workers, failures and restarts."""

from __future__ import annotations

import threading
from typing import Any

from steplease import LeaseEnded, WaitTimedOut
from steplease.problem_codes import ConsumerExists, ConsumerNotFound, LeaseReleased, PayloadTooLarge
from tests.server import ServerTest


class ConsumerTest(ServerTest):
    def setUp(self) -> None:
        super().setUp()
        self.consumer = self.client.consumer("mmlu")

    def save(self, *steps: int) -> None:
        for step in steps:
            self.directory.save(step)
            self.client.wait(step)

    def test_every_step_comes_once_in_order_until_the_run_is_finished(self) -> None:
        self.consumer.put("every", start="earliest", max_pending=10)
        self.save(1, 2, 3)
        self.client.finish_run()
        seen = []
        for delivery in self.consumer.iterate(holder="w"):
            seen.append((delivery.step, delivery.attempt, (delivery.path / "value").read_text()))
            delivery.result = {"accuracy": delivery.step / 10}
        self.assertEqual(seen, [(1, 1, "1"), (2, 1, "2"), (3, 1, "3")])
        self.assertEqual(
            [(r["step"], r["result"]) for r in self.consumer.results()], [(s, {"accuracy": s / 10}) for s in (1, 2, 3)]
        )
        self.assertEqual(self.consumer.describe()["last_acked_step"], 3)
        self.assertEqual(self.client.leases(), [])

    def test_steps_that_the_trainer_deletes_meanwhile_are_delivered(self) -> None:
        self.consumer.put("every", start="next", max_pending=10)
        with self.client.watch(types=["snapshot.created"]) as held:
            for step in (1, 2, 3):
                self.save(step)
                next(held)
                self.directory.delete(step)
        self.client.finish_run()
        self.assertEqual(
            [(d.step, (d.path / "value").read_text()) for d in self.consumer.iterate()], [(1, "1"), (2, "2"), (3, "3")]
        )

    def test_latest_skips_what_came_in_between(self) -> None:
        self.consumer.put("latest")
        self.save(1, 2)
        with self.consumer.next(timeout=10) as delivery:
            self.assertEqual(delivery.step, 2)
            self.save(3, 4)
        self.assertEqual([d.step for d in self.consumer.iterate(timeout=0)], [4])

    def test_a_step_with_which_the_loop_is_left_is_offered_again(self) -> None:
        self.consumer.put("every", start="earliest")
        self.save(1, 2)
        for delivery in self.consumer.iterate(timeout=10):
            self.assertEqual(delivery.step, 1)
            break
        with self.assertRaises(ZeroDivisionError):
            with self.consumer.next(timeout=10) as delivery:
                self.assertEqual((delivery.step, delivery.attempt), (1, 2))
                _ = 1 / 0
        with self.consumer.next(timeout=10) as delivery:
            self.assertEqual((delivery.step, delivery.attempt), (1, 3))
        self.assertEqual([d.step for d in self.consumer.iterate(timeout=0)], [2])

    def test_a_path_is_not_given_once_the_delivery_was_settled(self) -> None:
        self.consumer.put("every", start="earliest")
        self.save(1)
        for settle in ("given back", "acknowledged"):
            delivery = self.consumer.next(timeout=10)
            if settle == "acknowledged":
                delivery.ack()
            else:
                delivery.nack()
            with self.subTest(settle), self.assertRaisesRegex(LeaseReleased, f"was {settle} by this process"):
                _ = delivery.path

    def test_a_result_that_cannot_be_stored_gives_the_step_back_at_once(self) -> None:
        self.consumer.put("every", start="earliest")
        self.save(1)
        cases: list[tuple[dict[str, Any], type[Exception]]] = [
            ({"loss": float("nan")}, ValueError),
            ({"loss": object()}, TypeError),
            ({"log": "x" * 17_000}, PayloadTooLarge),
        ]
        for attempt, (result, error) in enumerate(cases, 1):
            with self.subTest(error=error), self.assertRaises(error):
                with self.consumer.next(timeout=10) as delivery:
                    self.assertEqual(delivery.attempt, attempt)
                    delivery.result = result
        delivery = self.consumer.next(timeout=10)
        with self.assertRaises(ValueError):
            delivery.ack({"loss": float("inf")})
        delivery.ack({"loss": 1.5})

    def test_a_delivery_of_a_consumer_that_was_deleted_is_released(self) -> None:
        self.consumer.put("every", start="earliest")
        self.save(1)
        with self.assertRaises(ConsumerNotFound):
            with self.consumer.next(timeout=10):
                self.consumer.delete()
        self.assertEqual(list(self.client.leases()), [])

    def test_what_the_body_settled_itself_is_left_alone(self) -> None:
        self.consumer.put("every", start="earliest")
        self.save(1)
        with self.consumer.next(timeout=10) as delivery:
            delivery.nack()
        with self.consumer.next(timeout=10) as delivery:
            delivery.ack({"n": 1})
            delivery.ack({"n": 1})
        self.assertEqual([r["result"] for r in self.consumer.results()], [{"n": 1}])
        with self.assertRaises(LeaseReleased):
            delivery.renew()

    def test_an_acknowledgement_that_comes_too_late_is_an_error(self) -> None:
        self.consumer.put("every", start="earliest")
        self.save(1)
        with self.assertRaises(LeaseEnded), self.consumer.next(timeout=10) as delivery:
            self.client.break_lease(delivery.number)
        self.assertEqual(self.consumer.results(), [])

    def test_two_workers_share_the_steps(self) -> None:
        self.consumer.put("every", start="earliest", max_in_flight=2, max_pending=10)
        self.save(1, 2, 3, 4)
        self.client.finish_run()
        seen: list[int] = []
        both_hold = threading.Barrier(2)

        def work() -> None:
            for index, delivery in enumerate(self.client.consumer("mmlu").iterate()):
                if index == 0:
                    both_hold.wait(20)
                seen.append(delivery.step)

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        self.assertEqual(sorted(seen), [1, 2, 3, 4])

    def test_a_wait_says_whether_the_limit_or_the_trainer_is_in_the_way(self) -> None:
        self.consumer.put("every", start="earliest")
        with self.assertRaises(WaitTimedOut) as nothing:
            self.consumer.next(timeout=0)
        self.save(1, 2)
        with self.consumer.next(timeout=10):
            with self.assertRaises(WaitTimedOut) as limited:
                self.consumer.next(timeout=0)
        self.assertEqual((nothing.exception.reason, limited.exception.reason), ("timeout", "in_flight_limit"))

    def test_a_crash_of_the_server_costs_nothing(self) -> None:
        self.consumer.put("every", start="earliest", max_pending=10)
        self.save(1, 2, 3)
        self.client.finish_run()
        seen = []
        for delivery in self.consumer.iterate():
            seen.append(delivery.step)
            self.server.kill()
            self.server.start()
        self.assertEqual(seen, [1, 2, 3])
        self.assertEqual([r["step"] for r in self.consumer.results()], [1, 2, 3])

    def test_a_consumer_is_listed_kept_and_removed(self) -> None:
        with self.assertRaises(ConsumerNotFound):
            self.consumer.describe()
        self.assertEqual(self.consumer.put("every", every_k=2)["mode"], "every")
        with self.assertRaises(ConsumerExists):
            self.consumer.put("latest")
        self.assertEqual([found["name"] for found in self.client.consumers()], ["mmlu"])
        self.consumer.delete()
        self.assertEqual(self.client.consumers(), [])
