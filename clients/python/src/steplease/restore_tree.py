"""Restore args of a stored item as the tree that Orbax takes, and the restoring itself. Needs jax and orbax."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from steplease.documents import ConstructedRestoreArgs, PathElement, RestoreArgs
from steplease.restore_leaf import restore_args_of
from steplease.shardings import to_jax

if TYPE_CHECKING:
    import jax


class _Node(dict[Any, Any]):
    """An inner node while the tree is built. Its type tells it from a value that is an empty dict."""


def restore_args_tree(answer: RestoreArgs | ConstructedRestoreArgs, mesh: jax.sharding.Mesh | None = None) -> Any:
    """The tree, with dicts and lists where the stored one has them; empty places as Orbax's metadata has them."""
    leaves: list[tuple[list[PathElement], Any]] = []
    for leaf in answer["leaves"]:
        form = leaf.get("sharding")
        leaves.append((leaf["path"], restore_args_of(leaf, None if form is None else to_jax(form, mesh))))
    # A namedtuple without fields is stored like None.
    empty: dict[str, Any] = {"None": None, "NamedTuple": None, "Dict": {}, "List": [], "Tuple": ()}
    return _nested([*leaves, *((node["path"], empty[node["value_type"]]) for node in answer["empty"])])


def restore_item(directory: os.PathLike[str], restore_args: Any) -> Any:
    """Restores a whole item with Orbax."""
    import orbax.checkpoint as ocp

    with ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as checkpointer:
        return checkpointer.restore(os.fspath(directory), args=ocp.args.PyTreeRestore(restore_args=restore_args))


def _nested(pairs: Iterable[tuple[list[PathElement], Any]]) -> Any:
    holder = _Node()
    for path, value in pairs:
        node: _Node = holder
        key: Any = ...
        for element in path:
            node, key = node.setdefault(key, _Node()), element
        node[key] = value
    return _finished(holder.get(..., {}))


def _finished(node: Any) -> Any:
    if not isinstance(node, _Node):
        return node
    if all(isinstance(key, int) for key in node):
        return [_finished(node[index]) for index in sorted(node)]
    return {key: _finished(value) for key, value in node.items()}
