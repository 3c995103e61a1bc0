"""What can go wrong, apart from the codes of the server's catalogue (`problem_codes`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

# A hint of the server that tells how to make another request, which is no help to somebody who calls Python.
_SPEAKS_HTTP = re.compile(r"\b(GET|PUT|POST|DELETE|PATCH)\b|\bcurl\b|\?\w+=")


class StepleaseError(Exception):
    """Everything that this package raises on purpose."""


class ServerUnreachable(StepleaseError, ConnectionError):
    """No answer came, however often it was asked for within the client's patience."""


class ForeignAnswer(StepleaseError):
    """Something answered at the client's address, and it is no steplease server."""


class Problem(StepleaseError):
    """The server refused, by RFC 9457 `application/problem+json`. Each code of the catalogue has its own subclass.

    Attributes:
        status: the HTTP status.
        code: the code of the closed catalogue, such as `run_not_found`.
        detail: one sentence with the value and the rule that it broke.
        hint: what to do next, in calls of this package; None where nothing can be done.
        request_id: finds the request in the server's log.
        retry_after: the header of this name.
        document: the whole answer, with the server's own hint and the fields that only this code has, such as `errno`.
    """

    code: ClassVar[str] = ""
    # What to do next where the server's hint speaks of requests.
    advice: ClassVar[str | None] = None
    of_code: ClassVar[dict[str, type[Problem]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            cls.of_code[cls.code] = cls

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.document = dict(document)
        self.detail = str(document.get("detail") or document.get("title") or f"HTTP status {status}")
        self.hint = self.advice or _in_any_language(document.get("hint"))
        self.request_id: str | None = document.get("request_id")
        self.retry_after: str | None = None
        super().__init__(f"{status} {document['code']}: {self.detail}" + (f" ({self.hint})" if self.hint else ""))


class NoStep(StepleaseError):
    """A wait ended without a step.

    Attributes:
        reason: the contract's word for it, such as `timeout` or `finished`.
        answer: the server's whole answer.
    """

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.reason: str = answer["reason"]
        self.answer = dict(answer)
        super().__init__(f"no step: {self.reason}" + (f" ({answer['detail']})" if answer.get("detail") else ""))


class WaitTimedOut(NoStep, TimeoutError):
    """No step came within the timeout."""


class RunFinished(NoStep):
    """No step will come: the trainer said that the run is finished."""


class Unprotected(StepleaseError):
    """The files under the lease's path can no longer be relied on, and whatever was read from them is in doubt."""


class LeaseUncertain(Unprotected):
    """The lease could not be renewed within its TTL. Only the server knows whether it still stands."""


def no_step(answer: Mapping[str, Any]) -> NoStep:
    """The error for an unsatisfied wait."""
    return RunFinished(answer) if answer["reason"] == "finished" else WaitTimedOut(answer)


def _in_any_language(hint: str | None) -> str | None:
    return None if hint is None or _SPEAKS_HTTP.search(hint) else hint
