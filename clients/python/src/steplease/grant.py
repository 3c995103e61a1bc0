"""Requests that end with a lease."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from steplease import documents
from steplease.lease import Lease
from steplease.problem import no_step
from steplease.transport import ANSWER_WITHIN, Answer, Request, Transport
from steplease.waiting import Deadline, new_id, wait_for

Held = TypeVar("Held", bound=Lease)


def request_grant(
    transport: Transport,
    path: str,
    query: Mapping[str, object],
    body: Mapping[str, Any],
    timeout: float | None,
    hold: Callable[[Transport, documents.Lease, float], Held],
) -> Held:
    """Waits for a grant.

    One idempotency key goes with all requests of the wait, so that an answer that is lost on the way costs no second
    lease: the request that is sent again gets the first one's.

    Args:
        timeout: seconds in all; None waits as long as it takes.
        hold: makes the lease from the document and the moment, of the monotonic clock, when it was asked for.

    Raises:
        NoStep: the wait ended without one.
    """
    deadline = Deadline(timeout)
    key = new_id()
    sent_at = time.monotonic()

    def build() -> Request:
        nonlocal sent_at
        sent_at = time.monotonic()
        left = deadline.left()
        given = {name: value for name, value in body.items() if value is not None}
        return Request("POST", path, query, {**given, "timeout": left}, {"Idempotency-Key": key}, within=left + ANSWER_WITHIN)

    def send(_: Deadline) -> Answer:
        return transport.call(build)

    document = wait_for(send, deadline)
    if "id" not in document:
        raise no_step(document)
    return hold(transport, document, sent_at)
