"""Events: without a gap, whatever happens to the connection."""

from __future__ import annotations

import itertools
import threading
import unittest

from steplease import ServerUnreachable
from steplease.problem_codes import CursorExpired
from steplease.sse import Message, read_messages
from tests.server import ServerTest


class EventStreamTest(ServerTest):
    def test_yields_what_happens_after_it_was_made(self) -> None:
        self.directory.save(1)
        self.client.wait(1)
        with self.client.watch(types=["step.finalized", "step.deleted"]) as events:
            self.directory.save(2)
            self.client.wait(2)
            self.directory.delete(1)
            seen = [(event["type"], event["data"]["step"]) for event in itertools.islice(events, 2)]
        self.assertEqual(seen, [("step.finalized", 2), ("step.deleted", 1)])

    def test_goes_on_after_the_cursor_of_another_stream(self) -> None:
        for step in (1, 2):
            self.directory.save(step)
            self.client.wait(step)
        oldest = self.client.events(limit=1)
        with self.client.watch(after=oldest["cursor"], types=["step.finalized"]) as events:
            self.assertEqual(next(events)["data"]["step"], 1)
            cursor = events.cursor
        with self.client.watch(after=cursor, types=["step.finalized"]) as events:
            self.assertEqual(next(events)["data"]["step"], 2)

    def test_misses_nothing_over_crashes_of_the_server(self) -> None:
        seen: list[int] = []
        with self.client.watch(types=["step.finalized"]) as events:
            for step in range(1, 6):
                self.directory.save(step)
                self.client.wait(step)
                if step % 2 == 0:
                    self.server.kill()
                    self.server.start()
            seen = [next(events)["data"]["step"] for _ in range(5)]
        self.assertEqual(seen, [1, 2, 3, 4, 5])

    def test_an_expired_cursor_tells_the_current_one(self) -> None:
        with self.assertRaises(CursorExpired) as caught:
            next(self.client.watch(after="nonsense"))
        self.assertEqual(self.client.events(after=caught.exception.cursor)["items"], [])

    def test_closing_it_ends_the_loop_that_reads_it(self) -> None:
        events = self.client.watch(types=["step.deleted"])
        timer = threading.Timer(0.2, events.close)
        timer.start()
        self.assertEqual(list(events), [])

    def test_a_page_waits_for_its_first_event(self) -> None:
        cursor = self.client.run()["cursor"]
        timer = threading.Timer(0.2, self.directory.save, [1])
        timer.start()
        page = self.client.events(after=cursor, types=["step.finalized"], timeout=20)
        self.assertEqual([event["data"]["step"] for event in page["items"]], [1])


class GoneServerTest(ServerTest):
    def test_a_server_that_stays_away_ends_the_stream_with_an_error(self) -> None:
        events = self.server.client(self.directory.run, seconds=0.3).watch()
        self.server.stop()
        with self.assertRaises(ServerUnreachable):
            next(events)
        self.server.start()


class MessagesTest(unittest.TestCase):
    def test_comments_and_messages_that_are_cut_off_are_passed_over(self) -> None:
        lines = b"retry: 5\n: hello\nid: 1\nevent: a\ndata: {\ndata: }\n\n:\n\nid:2\r\nevent:bookmark\r\n\r\nid: 3\ndata: x\n"
        self.assertEqual(list(read_messages(lines.splitlines(True))), [Message("a", "1", "{\n}"), Message("bookmark", "2", "")])
