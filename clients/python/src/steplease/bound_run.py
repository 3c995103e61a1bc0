"""Which run a client means where a call names none."""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import Callable

from steplease.problem import StepleaseError
from steplease.problem_codes import RunNotFound, RunRequired
from steplease.transport import Answer, Request, Transport

# In place of the name of a run, where a call may be about all of them.
ALL_RUNS = "*"

_DEFAULT = "default"

# How long making a client may take because of the question, in seconds.
_AT_START = 2.0

# How many names an error lists.
_NAMED = 10


class BoundRun:
    """The run of a client: the one that it was given, else `default` if the server has a run of that name, else the only one.

    That is decided when this object is made, so that a run which is registered later changes nothing for a client that is at
    work. Where the server does not answer at that moment, or has no such run yet, it is decided when a call needs it.
    """

    def __init__(self, transport: Transport, name: str | None) -> None:
        self._transport = transport
        self.known = name
        if name is None:
            with contextlib.suppress(StepleaseError):
                self.known = _decide(transport.attempt, within=_AT_START)

    def name(self) -> str:
        """The name of the run.

        Raises:
            RunRequired: the server has no run, or several of which none is called `default`.
        """
        if self.known is None:
            self.known = _decide(self._transport.call)
        return self.known

    def or_other(self, run: str | None) -> str:
        """The run that a call is about, which may name another one."""
        return run or self.name()

    def or_all(self, run: str | None) -> str | None:
        """The same for calls that may be about all runs, as a query has it: None stands for all."""
        chosen = run or self.name()
        return None if chosen == ALL_RUNS else chosen


def run_path(name: str) -> str:
    """The path of a run's document."""
    return f"/runs/{urllib.parse.quote(name, safe='')}"


def _decide(ask: Callable[[Request], Answer], within: float = 30.0) -> str:
    with contextlib.suppress(RunNotFound):
        ask(Request("GET", run_path(_DEFAULT), within=within))
        return _DEFAULT
    runs = ask(Request("GET", "/runs", {"limit": _NAMED + 1}, within=within)).document["items"]
    names = [str(run["name"]) for run in runs]
    if len(names) == 1:
        return names[0]
    detail = f"the server has several runs, and none is called {_DEFAULT}: {', '.join(names[:_NAMED])}"
    if len(names) > _NAMED:
        detail += ", …"
    raise RunRequired(400, {"code": RunRequired.code, "detail": detail if names else "the server has no run"})
