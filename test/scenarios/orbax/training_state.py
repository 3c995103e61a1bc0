"""The state that trainer.py saves and evaluator.py expects: every value follows from the step."""

import os
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402


def training_state(step: int) -> dict[str, Any]:
    kernel = np.random.default_rng(step).standard_normal((32, 16), dtype=np.float32)
    return {
        "step": step,
        "params": {"bias": jnp.full((16,), step, jnp.int32), "kernel": jnp.asarray(kernel)},
        "momentum": [jnp.asarray(kernel / 2), jnp.asarray(kernel[0], jnp.bfloat16)],
    }


def differences(restored: Any, step: int) -> list[str]:
    """Where a restored state is not exactly that of `step`; empty when all of it is: structure, types, shapes, values."""
    expected_leaves, expected_tree = jax.tree_util.tree_flatten_with_path(training_state(step))
    restored_leaves, restored_tree = jax.tree_util.tree_flatten_with_path(restored)
    if expected_tree != restored_tree:
        return [f"structure {restored_tree} is not {expected_tree}"]
    found = []
    for (path, expected), (_, actual) in zip(expected_leaves, restored_leaves, strict=True):
        want, have = np.asarray(expected), np.asarray(actual)
        same = want.dtype == have.dtype and want.shape == have.shape and want.tobytes() == have.tobytes()
        if not same:
            name = jax.tree_util.keystr(path)
            found.append(f"{name}: {have.dtype}{have.shape} {have.ravel()[:3]} is not {want.dtype}{want.shape} {want.ravel()[:3]}")
    return found


def check_differences() -> None:
    """Proves that `differences` can fail: one changed value in any leaf, a lost leaf, another dtype."""
    assert differences(training_state(7), 7) == []
    assert differences(training_state(8), 7)
    leaves, tree = jax.tree_util.tree_flatten(training_state(7))
    for index, leaf in enumerate(leaves):
        array = np.asarray(leaf)
        changed = bytearray(array.tobytes())
        changed[-1] ^= 1
        flipped = np.frombuffer(changed, array.dtype).reshape(array.shape)
        for other in (flipped, array.astype(np.float64), array[None]):
            state = jax.tree_util.tree_unflatten(tree, [*leaves[:index], other, *leaves[index + 1 :]])
            assert len(differences(state, 7)) == 1, (index, other.dtype)
    assert differences({"step": 7}, 7)
