"""What a holder knows about its lease, and how it keeps it."""

from __future__ import annotations

import logging
import random
import threading
import time

from steplease import documents
from steplease.problem import LeaseUncertain, Problem, ServerUnreachable, Unprotected
from steplease.problem_codes import Forbidden, LeaseEnded, LeaseNotFound, LeaseReleased, Unauthorized
from steplease.transport import Request, Transport

_LOG = logging.getLogger("steplease")


class Term:
    """The time for which a lease is known to stand: until its TTL after the last request that the server confirmed.

    Shared by the holder and the thread that renews. Both go through `renew`, one at a time.
    """

    def __init__(self, transport: Transport, document: documents.Lease, sent_at: float) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self.document = document
        self.ended: Unprotected | None = None
        # Whether the holder itself let go.
        self.is_given_up = False
        # The TTL counts from the server's answer, which came no sooner than it had waited and no later than now.
        answered_at = min(sent_at + document["waited"], time.monotonic())
        self._trusted_until = answered_at + (document["ttl_remaining"] or 0.0)

    def check(self) -> None:
        """Raises what is known to have ended the lease, or that its TTL passed without a renewal."""
        if self.ended is not None:
            raise self.ended
        if time.monotonic() >= self._trusted_until:
            raise LeaseUncertain(f"lease {self.document['number']} was not renewed within its TTL: no answer came in time")

    def renew(self, ttl: float | None = None, within: float = 30.0) -> None:
        """Asks the server once. A lease that still stands then does so for a whole TTL, also after a time of uncertainty."""
        body = {} if ttl is None else {"ttl": ttl}
        request = Request("POST", f"/leases/{self.document['id']}/renew", body=body, within=within)
        with self._lock:
            sent_at = time.monotonic()
            try:
                document: documents.Lease = self._transport.attempt(request).document
            except (LeaseEnded, LeaseNotFound) as error:
                ended = error if isinstance(error, LeaseEnded) else LeaseUncertain(str(error))
                if not self.is_given_up:
                    self.ended = ended
                raise ended from None
            self.document = document
            self._trusted_until = sent_at + document["ttl"]

    def end(self, how: str) -> None:
        """Notes that the holder lets go: its path is not to be relied on from now on, whatever the server still keeps.

        Args:
            how: what the holder did, such as `released`.
        """
        self.is_given_up = True
        if self.ended is None:
            detail = f"lease {self.document['number']} on step {self.document['step']} was {how} by this process"
            self.ended = LeaseReleased(410, {"code": LeaseReleased.code, "detail": detail})


class Renewal:
    """A thread that renews a lease until it is stopped or the lease has ended."""

    def __init__(self, term: Term) -> None:
        self._term = term
        self._stopped = threading.Event()
        name = f"steplease-renew-{term.document['number']}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Returns at once; a renewal under way may still arrive."""
        self._stopped.set()

    def _run(self) -> None:
        pause = self._period()
        while not self._stopped.wait(pause):
            period = self._period()
            try:
                self._term.renew(within=max(1.0, period))
                pause = period
            except Unprotected as error:
                if self._stopped.is_set():
                    # It was under way when the holder let go.
                    return
                _LOG.error("lease %s on step %s: %s", self._term.document["number"], self._term.document["step"], error)
                return
            except (Unauthorized, Forbidden) as error:
                # No renewal with this token will succeed; the lease stays until its TTL.
                _LOG.error("lease %s is renewed no more: %s", self._term.document["number"], error)
                return
            except (ServerUnreachable, Problem) as error:
                # Also past the TTL: a server that was down gives every lease its whole TTL again.
                pause = period / 4 * random.uniform(0.5, 1)
                _LOG.warning("lease %s is not renewed yet: %s", self._term.document["number"], error)

    def _period(self) -> float:
        return self._term.document["renew_after"] or self._term.document["ttl"] / 3
