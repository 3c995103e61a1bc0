"""The drop-in in a real multihost JAX job of two processes."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
from typing import Any, Literal

from tests.server import ServerTest, save_step

_BEYOND_INT32 = 5_000_000_000


class MultihostTest(ServerTest):
    def run_job(self, fault: str, layout: Literal["orbax", "generation"] = "orbax") -> list[dict[str, Any]]:
        root = self.server.folder / f"{fault}-{layout}"
        save_step(root, _BEYOND_INT32)
        if layout == "generation":
            self.client.put_run("theirs", str(root), {"snapshot_layout": layout})
            self.client.consumer("there", run="theirs").put("every", start="next")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            coordinator = f"127.0.0.1:{probe.getsockname()[1]}"
        script = str(pathlib.Path(__file__).parent / "multihost_evaluator.py")
        environment = {**os.environ, "STEPLEASE_URL": self.server.url}
        processes = [
            subprocess.Popen(
                [sys.executable, script, coordinator, str(number), "2", str(root), fault],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(2)
        ]
        outputs = [process.communicate(timeout=100) for process in processes]
        self.assertTrue(all(out for out, _ in outputs), outputs)
        return [json.loads(out.splitlines()[-1]) for out, _ in outputs]

    def test_all_processes_get_the_step_and_the_first_alone_asks_the_server(self) -> None:
        first, second = self.run_job("none")
        expected = [[_BEYOND_INT32, [False, False, True], "_SNAPSHOTS", True], [-1]]
        self.assertEqual((first["steps"], second["steps"]), (expected, expected))
        self.assertEqual((first["outcome"], second["outcome"]), ("ended", "ended"))
        self.assertGreater(first["requests"], 0)
        self.assertEqual(second["requests"], 0)

    def test_all_processes_know_where_the_snapshot_lies_in_a_run_of_another_layout(self) -> None:
        first, second = self.run_job("none", layout="generation")
        expected = [[_BEYOND_INT32, [False, False, True], "_STEPLEASE", True], [-1]]
        self.assertEqual((first["steps"], second["steps"]), (expected, expected))
        self.assertEqual(second["requests"], 0)

    def test_an_error_of_the_first_does_not_leave_the_others_waiting(self) -> None:
        first, second = self.run_job("misconfigured")
        self.assertEqual((first["outcome"], second["outcome"]), ("ValueError", "FirstHostFailed"))
