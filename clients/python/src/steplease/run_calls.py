"""The part of the client that is about runs as a whole."""

from __future__ import annotations

from typing import Any, cast

from steplease import documents
from steplease.bound_run import BoundRun, run_path
from steplease.pages import all_items
from steplease.transport import Answer, Request, Transport


class RunCalls:
    """Registering, reading, changing, finishing and removing runs.

    Attributes:
        transport: how the server is reached.
    """

    def __init__(self, transport: Transport, run_name: str | None) -> None:
        self.transport = transport
        self._bound = BoundRun(transport, run_name)

    @property
    def run_name(self) -> str:
        """The run that is meant where a call names none.

        Raises:
            RunRequired: the server has no run, or several of which none is called `default`.
        """
        return self._bound.name()

    def runs(self, *, directory: str | None = None) -> list[documents.Run]:
        """The runs, or the one that watches `directory`."""
        return all_items(self.transport, "/runs", {"directory": directory})

    def run(self, name: str | None = None) -> documents.Run:
        """One run; the client's own if no name is given."""
        found: documents.Run = self._get(self._run_path(name))
        return found

    def put_run(self, name: str, directory: str, options: documents.RunSettings | None = None) -> documents.Run:
        """Registers a checkpoint root, or changes how it is watched. Answers after its first scan.

        Args:
            options: those that are left out get their defaults, also where the run had others: see `change_run`.
        """
        body = {"directory": directory, **(options or {})}
        run: documents.Run = self.transport.call(Request("PUT", self._run_path(name), body=body)).document
        return run

    def change_run(self, name: str, options: documents.RunSettings) -> documents.Run:
        """Changes these options of a run, and leaves its others as they are (admin).

        Raises:
            RunInUse: snapshots would move (`snapshot_layout`, `snapshot_dir`), and leases or consumers hold some.
        """
        run = self.run(name)
        # What a document says of a run, its body takes.
        changed = cast("documents.RunSettings", {**run["options"], **options})
        return self.put_run(name, run["directory"], changed)

    def delete_run(self, name: str, *, force: bool = False) -> None:
        """Forgets a run (admin); `force` ends its leases as broken."""
        query = {"force": True} if force else {}
        self.transport.call(Request("DELETE", self._run_path(name), query))

    def finish_run(self, name: str | None = None, *, reason: str | None = None) -> documents.Run:
        """Says that no more steps will come, at the end of training: waits that no step satisfies end."""
        body = {} if reason is None else {"reason": reason}
        run: documents.Run = self._post(f"{self._run_path(name)}/finish", body).document
        return run

    def reopen_run(self, name: str | None = None) -> documents.Run:
        """Undoes `finish_run`; so does a step that is finalized later."""
        run: documents.Run = self._post(f"{self._run_path(name)}/reopen", {}).document
        return run

    def _get(self, path: str, **query: object) -> Any:
        return self.transport.call(Request("GET", path, query)).document

    def _post(self, path: str, body: object) -> Answer:
        return self.transport.call(Request("POST", path, body=body))

    def _run_path(self, name: str | None) -> str:
        return run_path(self._bound.or_other(name))
