"""Retries, idempotency and errors, with a server that fails on purpose."""

from __future__ import annotations

import pathlib
import re
import time
import unittest

from steplease import Client, ForeignAnswer, Patience, Problem, ServerUnreachable, __version__
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


def client(url: str, patience: Patience = _QUICK) -> Client:
    """With a run, so that it asks nothing of its own."""
    return Client(url, run="r", patience=patience)


def problem(status: int, code: str, **fields: object) -> dict[str, object]:
    return {"status": status, "code": code, "title": "t", "detail": "the value and the rule", **fields}


class RetryTest(unittest.TestCase):
    def test_a_lost_connection_is_made_again(self) -> None:
        with flaky_server([hang_up, hang_up, _VERSION]) as (url, requests):
            self.assertEqual(client(url).version(), {"name": "steplease"})
        self.assertEqual(len(requests), 3)

    def test_a_busy_server_is_asked_again_when_it_says(self) -> None:
        busy = answer(503, problem(503, "overloaded"), Retry_After="1")
        with flaky_server([busy, _VERSION]) as (url, requests):
            began = time.monotonic()
            client(url).version()
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(len(requests), 2)

    def test_too_many_requests_are_sent_again_later(self) -> None:
        with flaky_server([answer(429, problem(429, "too_many_waits")), _VERSION]) as (url, requests):
            client(url).version()
        self.assertEqual(len(requests), 2)

    def test_patience_ends_with_the_failure(self) -> None:
        quick = Patience(seconds=1, first_pause=0.02, longest_pause=0.02)
        with flaky_server([hang_up]) as (url, requests), self.assertRaisesRegex(ServerUnreachable, re.escape(url)):
            client(url, quick).version()
        self.assertGreater(len(requests), 2)
        with flaky_server([answer(503, problem(503, "overloaded"))]) as (url, _), self.assertRaises(Overloaded):
            client(url, quick).version()

    def test_a_server_that_never_answered_is_told_within_seconds_with_one_warning(self) -> None:
        patience = Patience(first_answer=0.5, first_pause=0.01, longest_pause=0.02)
        began = time.monotonic()
        with flaky_server([hang_up]) as (url, requests), self.assertLogs("steplease", "INFO") as logged:
            with self.assertRaisesRegex(ServerUnreachable, f"{url} has not answered once: .*Client.url. or STEPLEASE_URL"):
                client(url, patience).version()
        self.assertLess(time.monotonic() - began, 5)
        self.assertGreater(len(requests), 3)
        self.assertEqual(len([line for line in logged.output if url in line]), 1, logged.output)
        self.assertLess(Patience().first_answer, 10)

    def test_a_server_that_answered_before_is_waited_for_with_all_patience(self) -> None:
        patience = Patience(seconds=20, first_answer=0, first_pause=0.01, longest_pause=0.02)
        with flaky_server([_VERSION, hang_up, hang_up, hang_up, _VERSION]) as (url, requests):
            patient = client(url, patience)
            patient.version()
            patient.version()
        self.assertEqual(len(requests), 5)

    def test_requests_say_what_client_sends_them(self) -> None:
        with flaky_server([_VERSION]) as (url, requests):
            client(url).version()
        self.assertEqual(requests[0]["headers"]["User-Agent"], f"steplease-python/{__version__}")

    def test_an_hour_of_retry_after_is_not_waited_for(self) -> None:
        busy = answer(503, problem(503, "overloaded"), Retry_After="3600")
        with flaky_server([busy]) as (url, requests), self.assertRaises(Overloaded):
            client(url).version()
        self.assertEqual(len(requests), 1)

    def test_a_refusal_is_not_repeated(self) -> None:
        with flaky_server([answer(404, problem(404, "step_not_found"))]) as (url, requests), self.assertRaises(StepNotFound):
            client(url).step(3)
        self.assertEqual(len(requests), 1)


class GrantTest(unittest.TestCase):
    def lease_with(self, script: Script) -> list[dict[str, object]]:
        with flaky_server(script) as (url, requests):
            lease = client(url).lease(until=5, timeout=50)
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
            client(url).events(after="c1")
        error = caught.exception
        hint = "list with client.steps() and go on with client.watch(after=error.cursor)"
        self.assertEqual((error.cursor, error.hint, error.request_id, error.status), ("c9", hint, "r1", 410))
        self.assertEqual(error.document["hint"], "list again")
        self.assertEqual(str(error), f"410 cursor_expired: the value and the rule ({hint})")

    def test_a_hint_that_speaks_of_requests_is_left_to_the_document(self) -> None:
        hints = {
            "for example ?until=12000": None,
            "curl needs: -H 'Content-Type: application/json'": None,
            "lower it with PUT /runs/{run}": None,
            "start the server with --allow-root for a directory above it": "start the server with --allow-root",
        }
        for served, expected in hints.items():
            with flaky_server([answer(400, problem(400, "invalid_request", hint=served))]) as (url, _):
                with self.subTest(served), self.assertRaises(Problem) as caught:
                    client(url).version()
            self.assertEqual((caught.exception.hint or "")[: len(expected or "")], expected or "")
            self.assertEqual(caught.exception.document["hint"], served)

    def test_a_code_of_a_newer_server_is_a_plain_problem(self) -> None:
        with flaky_server([answer(418, problem(418, "teapot"))]) as (url, _), self.assertRaisesRegex(Problem, "418 teapot"):
            client(url).version()

    def test_an_answer_of_something_else_is_told_at_once(self) -> None:
        strangers = {"404 Not Found.*html": answer(404, "<html>"), "Not Found.*detail": answer(404, {"detail": "no"})}
        strangers["200 OK.*html"] = answer(200, "<html>")
        for summary, stranger in strangers.items():
            with flaky_server([stranger]) as (url, requests), self.subTest(summary):
                with self.assertRaisesRegex(ForeignAnswer, f"{url} does not answer as a steplease server does: .*{summary}"):
                    client(url).version()
                self.assertEqual(len(requests), 1)

    def test_a_stream_of_something_else_is_told_at_once(self) -> None:
        with flaky_server([answer(200, "<html>", Content_Type="text/html")]) as (url, _):
            with self.assertRaisesRegex(ForeignAnswer, "200 OK"):
                client(url).watch()

    def test_a_proxy_whose_server_is_away_is_asked_again(self) -> None:
        with flaky_server([answer(502, "<html>"), answer(504, "<html>"), _VERSION]) as (url, requests):
            client(url).version()
        self.assertEqual(len(requests), 3)

    def test_kinds_of_errors_can_be_caught_by_what_they_mean(self) -> None:
        self.assertTrue(issubclass(LeaseLost, Problem))
        self.assertTrue(issubclass(UnsupportedType, ValueError))
        self.assertTrue(issubclass(ServerUnreachable, ConnectionError))

    def test_a_url_that_is_none_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "'localhost:7878' is no server: it must be like http://"):
            Client("localhost:7878")
        with self.assertRaisesRegex(ValueError, "^(?!.*secret)the url holds a user name: pass the token as `token`"):
            Client("http://me:secret@localhost:7878")
