"""Converts shardings between JAX and Orbax's serialized form, which the server uses. Needs jax and orbax."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jax

Form = Mapping[str, Any]
_FORMAT = "Format"


def to_form(sharding: Any) -> dict[str, Any]:
    """The serialized form of a JAX sharding, of a `Format`, or of Orbax's metadata of either.

    Raises:
        TypeError: Orbax has no form for it.
    """
    from jax.experimental import layout
    from orbax.checkpoint._src.metadata import sharding as sharding_metadata

    if isinstance(sharding, layout.Format):
        inner = None if sharding.sharding is None else to_form(sharding.sharding)
        return {"sharding_type": _FORMAT, "layout": layout_form(sharding.layout), "sharding": inner}
    metadata = sharding
    if not isinstance(sharding, sharding_metadata.ShardingMetadata):
        metadata = sharding_metadata.from_jax_sharding(sharding)
    if metadata is None:
        supported = "NamedSharding and SingleDeviceSharding are supported"
        raise TypeError(f"sharding {sharding} is a {type(sharding).__name__}: {supported}")
    form: dict[str, Any] = json.loads(metadata.to_serialized_string())
    return form


def layout_form(layout: Any) -> dict[str, Any]:
    """The form of a device-local layout."""
    form: dict[str, Any] = {"major_to_minor": list(layout.major_to_minor)}
    if layout.tiling:
        form["tiling"] = [list(tile) for tile in layout.tiling]
    return form


def to_jax(form: Form, mesh: jax.sharding.Mesh | None = None) -> Any:
    """A JAX sharding (or `Format`) on the devices that the form names, or with its partition on `mesh`.

    An array that was not partitioned over a mesh is replicated over `mesh`.

    Raises:
        ValueError: the devices are not there, or `mesh` lacks an axis of the partition.
    """
    return _to_jax(json.dumps(form, sort_keys=True), mesh)


@functools.lru_cache(maxsize=1024)
def _to_jax(text: str, mesh: jax.sharding.Mesh | None) -> Any:
    from jax.experimental import layout
    from orbax.checkpoint._src.metadata import sharding as sharding_metadata

    form = json.loads(text)
    if form["sharding_type"] == _FORMAT:
        tiling = tuple(tuple(tile) for tile in form["layout"].get("tiling", ()))
        local = layout.Layout(tuple(form["layout"]["major_to_minor"]), tiling)
        inner = None if form["sharding"] is None else to_jax(form["sharding"], mesh)
        return layout.Format(local, inner)
    if mesh is not None:
        return _on_mesh(form.get("partition_spec", ()), mesh)
    try:
        return sharding_metadata.from_serialized_string(text).to_jax_sharding()
    except ValueError as error:
        raise ValueError(f"{error} (pass `mesh` to restore onto the devices that are here)") from error


def _on_mesh(spec: Sequence[Any], mesh: jax.sharding.Mesh) -> jax.sharding.NamedSharding:
    import jax

    elements = [tuple(element) if isinstance(element, list) else element for element in spec]
    axes = {axis for element in elements if element is not None for axis in ([element] if isinstance(element, str) else element)}
    missing = sorted(axes - set(mesh.axis_names))
    if missing:
        raise ValueError(
            f"the saved partition {elements} uses the axes {missing}, and mesh has {list(mesh.axis_names)}: "
            "give the mesh these axes, or pass restore_args of your own"
        )
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*elements))
