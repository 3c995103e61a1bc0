"""The types of documents beside what a real server answers."""

from __future__ import annotations

from typing import Any

from steplease import documents
from tests.server import ServerTest


class DocumentsTest(ServerTest):
    def assert_is(self, kind: Any, document: Any) -> None:
        """Every field that the type requires is there, and the type knows every field that is there."""
        self.assertLessEqual(kind.__required_keys__, document.keys(), kind.__name__)
        self.assertLessEqual(document.keys(), kind.__annotations__.keys(), kind.__name__)

    def test_every_document_has_the_fields_of_its_type(self) -> None:
        self.directory.save(1)
        consumer = self.client.consumer("mmlu")
        consumer.put("every", start="earliest")
        with self.client.watch() as events:
            delivery = consumer.next(timeout=20)
            [in_flight] = consumer.describe()["in_flight"]
            held = delivery.document
            [listed] = self.client.leases()
            event = next(events)
            delivery.ack({"accuracy": 1})
        self.client.wait(9, timeout=0)
        [result] = consumer.results()
        run, step = self.client.run(), self.client.step(1)
        verified = self.client.verify(1)
        for kind, document in (
            (documents.Run, run),
            (documents.RunWatch, run["watch"]),
            (documents.RunLeases, run["leases"]),
            (documents.RunSnapshots, run["snapshots"]),
            (documents.RunOptions, run["options"]),
            (documents.NameFormat, run["options"]["step_name_formats"][0]),
            (documents.Step, step),
            (documents.Wait, self.client.wait(1, timeout=20)),
            (documents.Wait, self.client.wait(9, timeout=0)),
            (documents.Lease, held),
            (documents.Delivery, held["delivery"]),
            (documents.PublicLease, listed),
            (documents.StepConsumer, consumer.describe()),
            (documents.InFlightStep, in_flight),
            (documents.ConsumerResult, result),
            (documents.Event, event),
            (documents.EventPage, self.client.events(limit=1)),
            (documents.Verification, verified),
            (documents.WaitRecord, self.client.waits()[0]),
            (documents.WaitSummary, self.client.waits_summary()),
            (documents.Versions, self.client.version()),
        ):
            with self.subTest(kind.__name__):
                self.assert_is(kind, document)

    def test_the_options_of_a_run_are_what_its_body_takes(self) -> None:
        changes: documents.RunSettings = {
            "step_name_formats": [{"step_prefix": "step", "step_separator": "-"}],
            "commit_marker": "DONE",
            "settle": 2,
        }
        changed = self.client.change_run(self.directory.run, changes)["options"]
        self.assertEqual((changed["commit_mode"], changed["commit_marker"], changed["settle"]), ("commit_file", "DONE", 2))
        [name_format] = changed["step_name_formats"]
        self.assertEqual((name_format["step_prefix"], name_format["step_separator"]), ("step", "-"))
        again = self.client.change_run(self.directory.run, {"poll_interval": 0.5})["options"]
        self.assertEqual(again, {**changed, "poll_interval": 0.5})
