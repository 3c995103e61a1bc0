"""Which run a client is about, and that it stays with it."""

from __future__ import annotations

import json
import os
import pathlib
import unittest

from steplease import ALL_RUNS, Client, Patience, __version__
from steplease.problem_codes import RunRequired
from tests.flaky_server import answer, flaky_server
from tests.server import Directory, Server, ServerTest


class RunChoiceTest(unittest.TestCase):
    """Each test has a server without runs."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.remove)

    def test_the_only_run_stays_the_one_that_is_meant(self) -> None:
        first = Directory(self.server, "first")
        first.save(1)
        client = self.server.client()
        Directory(self.server, "second")
        with client.lease(timeout=20) as lease:
            self.assertEqual((lease.run, client.run_name, client.run()["name"]), ("first", "first", "first"))
        Directory(self.server, "default")
        self.assertEqual(client.step()["run"], "first")

    def test_default_is_meant_where_there_are_several(self) -> None:
        for name in ("a", "default", "z"):
            Directory(self.server, name)
        self.assertEqual(self.server.client().run_name, "default")

    def test_several_without_a_default_have_to_be_named(self) -> None:
        for name in ("a", "b"):
            Directory(self.server, name)
        client = self.server.client()
        message = r"several runs, and none is called default: a, b \(pass run=\"NAME\" to Client or to the call"
        for call in (client.steps, client.lease, client.watch, client.leases, client.run):
            with self.subTest(call.__name__), self.assertRaisesRegex(RunRequired, message):
                call()
        self.assertEqual(client.run("b")["name"], "b")

    def test_a_client_that_was_there_before_any_run_means_the_first_that_it_finds(self) -> None:
        client = self.server.client()
        with self.assertRaisesRegex(RunRequired, "the server has no run"):
            client.steps()
        Directory(self.server, "only")
        self.assertEqual(client.steps(), [])
        Directory(self.server, "default")
        self.assertEqual(client.run_name, "only")

    def test_what_happens_in_other_runs_is_seen_where_that_is_asked_for(self) -> None:
        default, other = Directory(self.server, "default"), Directory(self.server, "other")
        default.save(1)
        other.save(2)
        client = self.server.client()
        with client.watch() as mine, client.watch(run=ALL_RUNS) as everything:
            other.client.lease(2, timeout=20).release()
            client.lease(1, timeout=20).release()
            self.assertEqual({event["source"] for event in (next(mine), next(mine))}, {"/runs/default"})
            self.assertIn("/runs/other", [next(everything)["source"] for _ in range(3)])
        self.assertEqual({lease["run"] for lease in client.leases(state="all")}, {"default"})
        self.assertEqual({lease["run"] for lease in client.leases(state="all", run=ALL_RUNS)}, {"default", "other"})

    def test_making_a_client_never_fails_for_want_of_a_server(self) -> None:
        self.server.stop()
        self.assertIn("no run chosen yet", repr(Client(self.server.url, patience=Patience(seconds=0))))


class AppearanceTest(ServerTest):
    def test_objects_say_what_they_are(self) -> None:
        client, run = self.client, self.directory.run
        self.assertEqual(repr(client), f"<Client of {self.server.url}, run {run!r}>")
        self.assertEqual(repr(client.consumer("mmlu")), f"<Consumer 'mmlu' of run {run!r} on {self.server.url}>")
        with client.watch(types=["step.finalized"]) as events:
            self.assertRegex(
                repr(events), f"<EventStream of {self.server.url}, run={run!r}, types='step.finalized', cursor '.+'>"
            )
        self.assertRegex(repr(events), "closed>$")

    def test_no_token_is_shown(self) -> None:
        self.assertNotIn("secret", repr(Client(self.server.url, run="r", token="secret")))

    def test_the_version_is_that_of_the_server(self) -> None:
        package = json.loads((pathlib.Path(__file__).parents[3] / "package.json").read_text())
        self.assertEqual(__version__, package["version"])

    def test_leaving_a_client_ends_its_streams(self) -> None:
        with Client(self.server.url, run=self.directory.run) as client:
            events = client.watch()
        self.assertEqual(list(events), [])

    def test_a_holder_without_a_name_is_named_after_its_host_and_process(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=20):
            [lease] = self.client.leases()
            self.assertRegex(str(lease["holder"]), rf"^.+:{os.getpid()}$")

    def test_a_client_with_a_run_asks_nothing_when_it_is_made(self) -> None:
        with flaky_server([answer(500, {})]) as (url, requests):
            Client(url, run="r").consumer("c")
        self.assertEqual(requests, [])
