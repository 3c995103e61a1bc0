"""Retries, idempotency and errors, with a server that fails on purpose."""

from __future__ import annotations

import pathlib
import re
import time
import unittest

from steplease import Client, Patience, Problem, ServerUnreachable
from steplease.problem_codes import CursorExpired, LeaseLost, Overloaded, StepNotFound, UnsupportedType
from tests.flaky_server import Script, answer, flaky_server, hang_up

_QUICK = Patience(seconds=5, first_pause=0.01, longest_pause=0.02)
_LEASE = {
    "id": "ls_1",
    "number": 1,
    "run": "r",
    "step": 5,
    "generation": "g",
    "state": "active",
    "holder": None,
    "labels": {},
    "path": "/ckpts/5",
    "source_path": "/ckpts/5",
    "snapshot": True,
    "ttl": 60,
    "ttl_remaining": 60,
    "renew_after": 20,
    "waited": 0,
}
_VERSION = answer(200, {"name": "steplease"})


def problem(status: int, code: str, **fields: object) -> dict[str, object]:
    return {"status": status, "code": code, "title": "t", "detail": "the value and the rule", **fields}


class RetryTest(unittest.TestCase):
    def test_a_lost_connection_is_made_again(self) -> None:
        with flaky_server([hang_up, hang_up, _VERSION]) as (url, requests):
            self.assertEqual(Client(url, patience=_QUICK).version(), {"name": "steplease"})
        self.assertEqual(len(requests), 3)

    def test_a_busy_server_is_asked_again_when_it_says(self) -> None:
        busy = answer(503, problem(503, "overloaded"), Retry_After="1")
        with flaky_server([busy, _VERSION]) as (url, requests):
            began = time.monotonic()
            Client(url, patience=_QUICK).version()
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(len(requests), 2)

    def test_too_many_requests_are_sent_again_later(self) -> None:
        with flaky_server([answer(429, problem(429, "too_many_waits")), _VERSION]) as (url, requests):
            Client(url, patience=_QUICK).version()
        self.assertEqual(len(requests), 2)

    def test_patience_ends_with_the_failure(self) -> None:
        quick = Patience(seconds=1, first_pause=0.02, longest_pause=0.02)
        with flaky_server([hang_up]) as (url, requests), self.assertRaisesRegex(ServerUnreachable, re.escape(url)):
            Client(url, patience=quick).version()
        self.assertGreater(len(requests), 2)
        with flaky_server([answer(503, problem(503, "overloaded"))]) as (url, _), self.assertRaises(Overloaded):
            Client(url, patience=quick).version()

    def test_an_hour_of_retry_after_is_not_waited_for(self) -> None:
        busy = answer(503, problem(503, "overloaded"), Retry_After="3600")
        with flaky_server([busy]) as (url, requests), self.assertRaises(Overloaded):
            Client(url, patience=_QUICK).version()
        self.assertEqual(len(requests), 1)

    def test_a_refusal_is_not_repeated(self) -> None:
        with flaky_server([answer(404, problem(404, "step_not_found"))]) as (url, requests), self.assertRaises(StepNotFound):
            Client(url, patience=_QUICK).step(3)
        self.assertEqual(len(requests), 1)


class GrantTest(unittest.TestCase):
    def lease_with(self, script: Script) -> list[dict[str, object]]:
        with flaky_server(script) as (url, requests):
            lease = Client(url, patience=_QUICK).lease(until=5, timeout=50)
            self.assertEqual(lease.number, 1)
        return requests

    def test_all_attempts_of_a_grant_have_one_idempotency_key(self) -> None:
        requests = self.lease_with([hang_up, answer(503, problem(503, "shutting_down")), answer(201, _LEASE)])
        keys = {str(request["headers"]["Idempotency-Key"]) for request in requests}  # type: ignore[index]
        self.assertEqual(len(requests), 3)
        self.assertEqual(len(keys), 1)
        self.assertNotEqual(self.lease_with([answer(201, _LEASE)])[0]["headers"]["Idempotency-Key"], keys.pop())  # type: ignore[index]

    def test_a_wait_that_the_server_cut_short_goes_on_with_what_is_left(self) -> None:
        cut = answer(200, {"satisfied": False, "step": -1, "reason": "max_wait"})
        requests = self.lease_with([cut, cut, answer(201, _LEASE)])
        timeouts = [request["body"]["timeout"] for request in requests]  # type: ignore[index]
        self.assertEqual(timeouts, sorted(timeouts, reverse=True))
        self.assertLess(timeouts[0], 50.01)
        self.assertEqual(len({request["body"]["wait_id"] for request in requests}), 1)  # type: ignore[index]


class ProblemTest(unittest.TestCase):
    def test_every_code_of_the_catalogue_has_its_exception(self) -> None:
        catalogue = (pathlib.Path(__file__).parents[3] / "src/engine/errors.ts").read_text()
        codes = dict(re.findall(r"^  (\w+): (\d+),$", catalogue, re.MULTILINE))
        self.assertGreater(len(codes), 30)
        self.assertEqual(set(codes), set(Problem.of_code))

    def test_a_problem_tells_detail_hint_and_fields(self) -> None:
        gone = problem(410, "cursor_expired", hint="list again", cursor="c9", request_id="r1")
        with flaky_server([answer(410, gone)]) as (url, _), self.assertRaises(CursorExpired) as caught:
            Client(url).events(after="c1")
        error = caught.exception
        self.assertEqual((error.cursor, error.hint, error.request_id, error.status), ("c9", "list again", "r1", 410))
        self.assertEqual(str(error), "410 cursor_expired: the value and the rule (list again)")

    def test_a_code_of_a_newer_server_is_a_plain_problem(self) -> None:
        with flaky_server([answer(418, problem(418, "teapot"))]) as (url, _), self.assertRaisesRegex(Problem, "418 teapot"):
            Client(url).version()

    def test_an_answer_of_something_else_is_shown(self) -> None:
        with flaky_server([answer(502, "<html>")]) as (url, _), self.assertRaisesRegex(Problem, "502 Bad Gateway.*html"):
            Client(url).version()

    def test_kinds_of_errors_can_be_caught_by_what_they_mean(self) -> None:
        self.assertTrue(issubclass(LeaseLost, Problem))
        self.assertTrue(issubclass(UnsupportedType, ValueError))
        self.assertTrue(issubclass(ServerUnreachable, ConnectionError))

    def test_a_url_that_is_none_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "'localhost:7878' is no server: it must be like http://"):
            Client("localhost:7878")
