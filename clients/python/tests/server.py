"""A real server as a process, and checkpoint directories that look like a trainer's."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from steplease import Client, Patience

# STEPLEASE_TEST_SERVER names the entry of another build.
_BUILT_HERE = pathlib.Path(__file__).parents[3] / "dist/src/steplease.js"
_MAIN = os.environ.get("STEPLEASE_TEST_SERVER", str(_BUILT_HERE))


class Server:
    """`steplease serve`, with everything below its own temporary folder allowed.

    Attributes:
        folder: for the checkpoints of a test.
        url: the same over all restarts.
    """

    def __init__(self, *args: str) -> None:
        self.folder = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="steplease-python-")))
        self._args = args
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Returns when it listens."""
        options = ["--port", str(self._port), "--allow-root", str(self.folder), "--db", str(self.folder / "db"), *self._args]
        command = ["node", _MAIN, "serve", *options]
        # What tells clients where the server is means nothing to the server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STEPLEASE_")}
        with open(self.folder / "log", "a") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert re.match(r"steplease listening on http", line), (line, (self.folder / "log").read_text())

    def kill(self) -> None:
        """As by a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As by its operator."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """It goes on to accept connections, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        self.thaw()
        self.kill()
        shutil.rmtree(self.folder)

    def client(self, run: str | None = None, seconds: float = 20.0) -> Client:
        return Client(self.url, run=run, patience=Patience(seconds=seconds, first_pause=0.02, longest_pause=0.2))

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Directory:
    """A checkpoint root of the server, registered as the run of its name."""

    def __init__(self, server: Server, name: str) -> None:
        self.root = server.folder / name
        self.root.mkdir()
        self.run = name
        self.client = server.client(name)
        self.client.put_run(name, str(self.root))

    def save(self, step: int) -> None:
        save_step(self.root, step)

    def delete(self, step: int) -> None:
        shutil.rmtree(self.root / str(step))


def save_step(root: pathlib.Path, step: int, name: str | None = None) -> None:
    """A step of one file that holds its number, finished as Orbax finishes one: with the time of its commit, and a rename."""
    final = root / (name or str(step))
    temporary = root / f"{final.name}.orbax-checkpoint-tmp"
    temporary.mkdir(parents=True)
    (temporary / "value").write_text(str(step))
    metadata = {"item_handlers": {}, "commit_timestamp_nsecs": time.time_ns()}
    (temporary / "_CHECKPOINT_METADATA").write_text(json.dumps(metadata))
    temporary.rename(final)


class ServerTest(unittest.TestCase):
    """Tests of one class share a server; each has a directory of its own."""

    server: Server
    args: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(*cls.args)
        cls.addClassCleanup(cls.server.remove)

    def setUp(self) -> None:
        name = re.sub(r"[^a-z0-9]+", "-", self.id().split(".")[-1].lower())[:60].strip("-")
        self.directory = Directory(self.server, name)
        self.client = self.directory.client


def _free_port() -> int:
    """Below the ports that the kernel gives to clients: one that tries to reach a server that is down must not take its port."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
