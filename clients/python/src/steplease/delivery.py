"""A lease that a consumer granted: acknowledge it, or give it back."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from steplease import documents
from steplease.lease import Lease
from steplease.problem import StepleaseError
from steplease.problem_codes import ConsumerNotFound, LeaseEnded
from steplease.transport import Request, Transport

_LOG = logging.getLogger("steplease")


class Delivery(Lease):
    """A step for this worker to work on. As a context manager it is acknowledged when the body ends, and given back, to be
    offered again, when the body raises.

    Attributes:
        consumer: name of the consumer.
        attempt: 1 for the first delivery of the step.
        result: set it in the body to have it stored with the acknowledgement; an object of at most 16 KiB as JSON.
    """

    def __init__(self, transport: Transport, document: documents.Lease, sent_at: float) -> None:
        super().__init__(transport, document, sent_at)
        delivery = document["delivery"]
        if delivery is None:
            raise TypeError(f"lease {document['number']} was not granted by a consumer")
        self.consumer = delivery["consumer"]
        self.attempt = delivery["attempt"]
        self.result: Mapping[str, Any] | None = None
        self.is_settled = False

    def ack(self, result: Mapping[str, Any] | None = None) -> None:
        """The step is done: releases the lease and moves the consumer on. May be repeated.

        Args:
            result: stored with the acknowledgement; `self.result` when left out.

        Raises:
            LeaseEnded: the lease was over before: the step is offered again.
            TypeError, ValueError: the result is no JSON, NaN and infinities included. The delivery stands, and can be
                acknowledged with another result or given back.
        """
        stored = self.result if result is None else result
        json.dumps(stored, allow_nan=False)
        self._settle("ack", {} if stored is None else {"result": stored})
        self._term.end("acknowledged")

    def nack(self, delay: float = 0.0) -> None:
        """Gives the step back: it is offered again after `delay` seconds (in mode `latest` only if nothing newer exists)."""
        self._settle("nack", {"delay": delay})
        self._term.end("given back")

    def release(self) -> None:
        """Ends the lease without acknowledging the step, as if this worker had died: the step is offered again."""
        self.is_settled = True
        super().release()

    def __enter__(self) -> Delivery:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self.is_settled:
            return
        if error is not None:
            self._give_back()
            return
        try:
            self.ack()
        except LeaseEnded:
            raise
        except Exception:
            # Not acknowledged, by a result that cannot be stored for instance: nobody should wait for the TTL.
            if not self.is_settled:
                self._give_back()
            raise

    def _give_back(self) -> None:
        try:
            self.nack()
        except StepleaseError as failure:
            _LOG.warning("%r is not given back: %s; it is offered again when its lease ends", self, failure)

    def _settle(self, how: str, body: Mapping[str, Any]) -> None:
        self._forgotten()
        try:
            self._transport.call(Request("POST", f"/leases/{self.id}/{how}", body=body))
        except ConsumerNotFound:
            # It was deleted meanwhile: nobody takes its delivery back, and the lease is one like others.
            self.release()
            raise
        self.is_settled = True
