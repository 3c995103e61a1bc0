"""A lease: a step's files stay readable under its path for as long as it is held."""

from __future__ import annotations

import logging
import pathlib
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Any

from steplease import documents
from steplease.problem import Problem, ServerUnreachable, Unprotected
from steplease.term import Renewal, Term
from steplease.transport import Request, Transport

if TYPE_CHECKING:
    import jax

_LOG = logging.getLogger("steplease")


class Lease:
    """A step that is held. A thread renews the lease until it is released, or until nothing refers to this object any more.

    As a context manager it is released on the way out; before that it is confirmed once more, so that a body that ends
    without `Unprotected` being raised has read nothing but the step's own bytes. A body that releases it itself is not
    confirmed again.

    Attributes:
        id: the right to the lease. Keep it secret: whoever has it can end the lease.
        number: its public name.
        step, generation, run: what is leased.
        snapshot: False where the server keeps no snapshot (mode `none`): nothing is protected then.
        source_path: where the trainer saved the step.
    """

    def __init__(self, transport: Transport, document: documents.Lease, sent_at: float) -> None:
        self._transport = transport
        self._term = Term(transport, document, sent_at)
        self._renewal = Renewal(self._term)
        # The thread refers to the term only: a lease that is forgotten is renewed no more, and expires.
        self._forgotten = weakref.finalize(self, self._renewal.stop)
        self.id = document["id"]
        self.number = document["number"]
        self.run = document["run"]
        self.step = document["step"]
        self.generation = document["generation"]
        self.snapshot = document["snapshot"]
        self.labels = document["labels"]
        self.source_path = pathlib.Path(document["source_path"])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number} on step {self.step} of {self.run}>"

    @property
    def path(self) -> pathlib.Path:
        """Where to read the step.

        Raises:
            Unprotected: the lease was released, is known to be over, or could not be renewed: the path may hold anything.
        """
        self._term.check()
        return pathlib.Path(self._term.document["path"])

    @property
    def document(self) -> documents.Lease:
        """The server's latest word about it."""
        return self._term.document

    def check(self) -> None:
        """Raises `Unprotected` when the lease was released, is known to be over, or could not be renewed.

        Nobody is asked, so that this may be called often.
        """
        self._term.check()

    def renew(self, ttl: float | None = None) -> None:
        """Renews now, and changes the TTL (seconds) that the thread's later renewals keep. Rarely needed."""
        self._term.renew(ttl)

    def release(self) -> None:
        """Ends the lease. When this returns, the path is gone unless somebody else holds the step. May be called again."""
        self._forgotten()
        self._term.end("released")
        self._transport.call(Request("DELETE", f"/leases/{self.id}"))

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._term.is_given_up:
            return
        self._forgotten()
        if error is None or isinstance(error, Exception):
            # A lease that is lost is most likely what the body stumbled over, too.
            self._confirm()
        self._let_go()

    def restore_args(
        self,
        item: str | None = None,
        *,
        mesh: jax.sharding.Mesh | None = None,
        set_global_shape: bool = True,
        strict: bool = True,
    ) -> Any:
        """What Orbax's `construct_restore_args` gives for the leased step: a tree of `RestoreArgs`.

        Arrays have real JAX shardings, the saved ones or the same partition on `mesh`. Needs jax and orbax.

        Args:
            item: name of the item; may be left out when the step has one or none.
            mesh: the devices to restore onto, with the axes that the saved partition names.
            set_global_shape: as in Orbax.
            strict: as in Orbax.
        """
        from steplease.restore_tree import restore_args_tree

        return restore_args_tree(self._describe(item, set_global_shape, strict), mesh)

    def restore(self, item: str | None = None, *, mesh: jax.sharding.Mesh | None = None, restore_args: Any = None) -> Any:
        """Restores the leased item with Orbax, onto the devices it was saved from or onto `mesh`.

        Args:
            item: name of the item; may be left out when the step has one or none.
            mesh: see `restore_args`.
            restore_args: a tree to use in place of `self.restore_args(item, mesh=mesh)`.
        """
        from steplease.restore_tree import restore_args_tree, restore_item

        answer = self._describe(item, True, True)
        directory = self.path if answer["item"] is None else self.path / answer["item"]
        return restore_item(directory, restore_args_tree(answer, mesh) if restore_args is None else restore_args)

    def _describe(self, item: str | None, set_global_shape: bool, strict: bool) -> documents.RestoreArgs:
        query = {"lease": self.id, "item": item, "set_global_shape": set_global_shape, "strict": strict}
        answer: documents.RestoreArgs = self._transport.call(Request("GET", "/restore-args", query)).document
        return answer

    def _confirm(self) -> None:
        """Raises `Unprotected` unless the lease stood until now."""
        try:
            self._term.renew()
        except Unprotected:
            raise
        except (ServerUnreachable, Problem) as failure:
            # Within the TTL no answer is needed: nothing that was promised has run out yet.
            _LOG.info("%r is not confirmed: %s", self, failure)
            self._term.check()

    def _let_go(self) -> None:
        """Releases; a server that cannot be asked to lets the TTL run out instead."""
        try:
            self.release()
        except (ServerUnreachable, Problem) as failure:
            _LOG.warning("%r is left to its TTL: %s", self, failure)
