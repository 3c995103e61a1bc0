"""One leaf of restore args as Orbax's object. Needs jax and orbax."""

from __future__ import annotations

from typing import Any

from steplease.documents import RestoreLeaf

_KEY_IMPLEMENTATIONS = {"key<fry>": "threefry2x32", "key<rbg>": "rbg", "key<urbg>": "unsafe_rbg"}


def restore_args_of(leaf: RestoreLeaf, sharding: Any) -> Any:
    """`RestoreArgs` or `ArrayRestoreArgs`.

    Args:
        sharding: a JAX sharding, a `Format` or None, whatever the form in the leaf says.
    """
    import orbax.checkpoint as ocp

    kind = restore_type(leaf["restore_type"])
    dtype = None if leaf["dtype"] is None else dtype_of(leaf["dtype"])
    if leaf["type"] == "RestoreArgs":
        return ocp.RestoreArgs(restore_type=kind, dtype=dtype)
    shape = leaf.get("global_shape")
    return ocp.ArrayRestoreArgs(
        restore_type=kind,
        dtype=dtype,
        sharding=sharding,
        global_shape=None if shape is None else tuple(shape),
        strict=leaf["strict"],
    )


def restore_type(name: str) -> type:
    """The type behind the contract's name of it."""
    import jax
    import numpy as np

    types: dict[str, type] = {
        "jax.Array": jax.Array,
        "np.ndarray": np.ndarray,
        "int": int,
        "float": float,
        "complex": complex,
        "bool": bool,
        "str": str,
        "ellipsis": type(...),
    }
    return types[name]


def dtype_of(name: str) -> Any:
    """A dtype by its name in NumPy, ml_dtypes or, for PRNG keys, JAX."""
    import jax

    if name in _KEY_IMPLEMENTATIONS:
        return jax.random.key(0, impl=_KEY_IMPLEMENTATIONS[name]).dtype
    return jax.numpy.dtype(name)


def dtype_name(dtype: Any) -> str:
    """The name that `dtype_of` reads."""
    import jax
    import numpy as np

    return str(dtype) if jax.dtypes.issubdtype(dtype, jax.dtypes.extended) else np.dtype(dtype).name
