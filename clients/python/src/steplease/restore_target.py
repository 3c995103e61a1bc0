"""A JAX target tree through `POST /restore-args` and back. Needs jax and orbax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steplease.documents import RestoreLeaf
from steplease.restore_leaf import dtype_name, restore_args_of
from steplease.shardings import layout_form, to_form, to_jax
from steplease.transport import Request, Transport


def construct_restore_args(transport: Transport, target: Any, sharding_tree: Any, options: Mapping[str, bool]) -> Any:
    """See `Client.construct_restore_args`.

    The tree itself stays here: the server is sent its leaves alone, each under one name, so that nodes of any type that JAX knows
    come back as what they were.
    """
    import jax
    from orbax.checkpoint._src.metadata import tree as tree_metadata

    if isinstance(target, tree_metadata.TreeMetadata):
        shardings = None if sharding_tree is None else sharding_tree.tree
        tree = construct_restore_args(transport, target.tree, shardings, options)
        return tree_metadata.build_default_tree_metadata(tree, custom_metadata=target.custom_metadata)
    named, treedef = jax.tree_util.tree_flatten_with_path(target)
    if not named:
        return target
    names = [jax.tree_util.keystr(path) for path, _ in named]
    values = [value for _, value in named]
    support_layout = options["support_layout"]
    if sharding_tree is None:
        wanted = [_own_sharding(value, support_layout) for value in values]
    else:
        wanted = treedef.flatten_up_to(sharding_tree)
    body: dict[str, Any] = {
        "target": {
            "leaves": [{"path": [name], **describe(value, support_layout)} for name, value in zip(names, values, strict=True)]
        },
        **options,
    }
    if sharding_tree is not None:
        forms = [None if sharding is None else to_form(sharding) for sharding in wanted]
        body["sharding_tree"] = [{"path": [name], "sharding": form} for name, form in zip(names, forms, strict=True)]
    answer = transport.call(Request("POST", "/restore-args", body=body)).document
    leaves: dict[str, RestoreLeaf] = {leaf["path"][0]: leaf for leaf in answer["leaves"]}
    made = [_restore_args(leaves[name], value, sharding) for name, value, sharding in zip(names, values, wanted, strict=True)]
    return jax.tree_util.tree_unflatten(treedef, made)


def describe(value: Any, support_layout: bool) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind
    """A leaf of a target as the contract has it. What Orbax does not restore is named, for the server to refuse."""
    import jax
    import numpy as np
    from orbax.checkpoint._src.metadata import value as value_metadata

    if isinstance(value, value_metadata.StringMetadata):
        return {"kind": "StringMetadata"}
    if isinstance(value, value_metadata.ScalarMetadata):
        return {"kind": "ScalarMetadata", "dtype": dtype_name(value.dtype)}
    if isinstance(value, value_metadata.ArrayMetadata):
        return _array("ArrayMetadata", value)
    if isinstance(value, jax.ShapeDtypeStruct):
        return _array("ShapeDtypeStruct", value, support_layout)
    if isinstance(value, jax.Array):
        return _array("jax.Array", value, support_layout)
    if isinstance(value, np.ndarray):
        return _array("np.ndarray", value)
    if value is ...:
        return {"kind": "placeholder"}
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return {"kind": kind.__name__}
    return {"kind": type(value).__name__}


def _array(kind: str, value: Any, support_layout: bool = False) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": kind, "shape": list(value.shape), "dtype": dtype_name(value.dtype)}
    sharding = getattr(value, "sharding", None)
    if sharding is not None:
        described["sharding"] = to_form(sharding)
    layout = _layout_of(value) if support_layout else None
    if layout is not None:
        described["layout"] = layout_form(layout)
    return described


def _own_sharding(value: Any, support_layout: bool) -> Any:
    return value.format if support_layout and _layout_of(value) is not None else getattr(value, "sharding", None)


def _layout_of(value: Any) -> Any:
    return getattr(getattr(value, "format", None), "layout", None)


def _restore_args(leaf: RestoreLeaf, value: Any, wanted: Any) -> Any:
    import numpy as np

    args = restore_args_of(leaf, _chosen(leaf.get("sharding"), wanted))
    if isinstance(value, (np.ndarray, int, float)):
        # Orbax names the very class of a value, which may be a subclass of what the contract can name.
        args.restore_type = type(value)
    return args


def _chosen(form: Mapping[str, Any] | None, wanted: Any) -> Any:
    """The caller's own object where the answer means the same: it also knows what the form does not tell, such as memory."""
    if form is None:
        return None
    answered = to_jax(form)
    return wanted if wanted is not None and to_jax(to_form(wanted)) == answered else answered
