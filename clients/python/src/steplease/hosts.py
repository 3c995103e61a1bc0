"""Which process of a multihost JAX job this is, and how the others learn what the first one saw."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

# JAX broadcasts 32-bit integers unless told otherwise: numbers go in two halves.
_HALF = 30


class FirstHostFailed(RuntimeError):
    """Process 0 raised an error, which its own log shows."""


def is_first() -> bool:
    """Whether this process acts for all. One that has not imported JAX is no part of a multihost job."""
    if "jax" not in sys.modules:
        return True
    from orbax.checkpoint._src.multihost import multihost

    return bool(multihost.process_index() == 0)


def ask_first(ask: Callable[[], int]) -> int:
    """Calls `ask` in process 0 alone, and returns its number in all. Every process must call this."""
    return ask_first_for_all(lambda: [ask()], 1)[0]


def ask_first_for_all(ask: Callable[[], Sequence[int]], length: int) -> list[int]:
    """The same for a list of numbers whose length all know.

    Raises:
        FirstHostFailed: in the others, when `ask` raised in process 0. Without it they would wait for ever.
    """
    if not _is_one_of_many():
        return list(ask())
    numbers: Sequence[int] | None = None
    try:
        if is_first():
            numbers = ask()
    finally:
        shared = _broadcast([0] * (length + 1) if numbers is None else [1, *numbers])
    if shared[0] == 0:
        raise FirstHostFailed("process 0 failed while the others waited for its answer: see its log")
    return shared[1:]


def tell_all(text: str, length: int) -> str:
    """The text of process 0, in all. Every process must call this, and know its length in bytes."""
    numbers = ask_first_for_all(lambda: list(text.encode()), length)
    return bytes(numbers).decode()


def _is_one_of_many() -> bool:
    if "jax" not in sys.modules:
        return False
    import jax

    return bool(jax.process_count() > 1)


def _broadcast(numbers: Sequence[int]) -> list[int]:
    import numpy as np
    from orbax.checkpoint._src.multihost import multihost

    halves = np.array([[number >> _HALF, number & ((1 << _HALF) - 1)] for number in numbers], np.int32)
    return [(int(high) << _HALF) | int(low) for high, low in np.asarray(multihost.broadcast_one_to_all(halves))]
