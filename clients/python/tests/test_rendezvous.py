"""Several processes on one step, while the trainer deletes as fast as it saves."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import threading

from steplease import WaitTimedOut
from steplease.rendezvous import lease_together
from tests.server import ServerTest

_ROUNDS = 4
_HOST = """
import sys
from steplease import Client
from steplease.rendezvous import lease_together

url, run, host, rounds = sys.argv[1:]
until = None
for _ in range(int(rounds)):
    with lease_together(Client(url, run=run), job="eval", host=int(host), hosts=2, until=until, timeout=60) as lease:
        print(lease.step, lease.generation, (lease.path / "value").read_text(), flush=True)
        until = lease.step + 1
"""


class RendezvousTest(ServerTest):
    def test_two_processes_read_the_same_steps_of_a_trainer_that_keeps_one(self) -> None:
        hosts = [self.host(number) for number in (1, 0)]
        done = threading.Event()
        trainer = threading.Thread(target=self.train, args=[done])
        trainer.start()
        outputs = [host.communicate(timeout=90) for host in hosts]
        done.set()
        trainer.join()
        self.assertEqual([host.returncode for host in hosts], [0, 0], outputs)
        lines = outputs[0][0].splitlines()
        self.assertEqual(lines, outputs[1][0].splitlines())
        self.assertEqual(len(lines), _ROUNDS)
        for line in lines:
            step, _, value = line.split()
            self.assertEqual(step, value)
        self.assertEqual(self.client.leases(), [])

    def host(self, number: int) -> subprocess.Popen[str]:
        arguments = [self.server.url, self.directory.run, str(number), str(_ROUNDS)]
        return subprocess.Popen(
            [sys.executable, "-c", _HOST, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def train(self, done: threading.Event) -> None:
        step = 0
        while not done.wait(0.05):
            step += 1
            self.directory.save(step)
            if step > 1:
                self.directory.delete(step - 1)

    def test_a_host_that_does_not_come_is_named_by_the_error_and_nothing_stays_leased(self) -> None:
        self.directory.save(1)
        with self.assertRaisesRegex(WaitTimedOut, r"hosts \['0'\] have the step, of 2"):
            lease_together(self.client, job="eval", host=0, hosts=2, timeout=0.3)
        with self.assertRaisesRegex(WaitTimedOut, "host 0 holds no step from 0 on"):
            lease_together(self.client, job="eval", host=1, hosts=2, timeout=0.3)
        self.assertEqual(self.client.leases(), [])

    def test_another_job_is_not_counted(self) -> None:
        self.directory.save(1)
        with self.client.lease(1, timeout=10, labels={"job": "other", "host": "1"}):
            with self.assertRaises(WaitTimedOut):
                lease_together(self.client, job="eval", host=0, hosts=2, timeout=0.3)

    def test_one_host_alone_is_all(self) -> None:
        self.directory.save(1)
        with lease_together(self.client, job="eval", host=0, hosts=1, timeout=10) as lease:
            self.assertEqual(pathlib.Path(lease.path / "value").read_text(), "1")
