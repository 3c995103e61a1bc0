"""Orbax's own answer for a checkpoint item or a target tree, as the JSON of the HTTP contract."""
import json

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from etils import epath
from jax.experimental import layout as jax_layout
from orbax.checkpoint import checkpoint_utils
from orbax.checkpoint._src.metadata import sharding as sharding_metadata
from orbax.checkpoint._src.metadata import value as value_metadata

EMPTY_VALUES = {"None": None, "Dict": {}, "List": [], "Tuple": ()}


def is_empty(node):
  """None and containers without elements: JAX would pass over them, the answer names them."""
  return node is None or (type(node) in (dict, list, tuple) and len(node) == 0)


def key_of(entry):
  for attribute in ("idx", "name", "key"):
    if hasattr(entry, attribute):
      return getattr(entry, attribute)
  raise TypeError(f"unknown key {entry!r}")


def restore_type(kind):
  names = {None: None, jax.Array: "jax.Array", np.ndarray: "np.ndarray"}
  return names[kind] if kind in names else kind.__name__


def dtype_name(dtype):
  if dtype is None or jax.dtypes.issubdtype(dtype, jax.dtypes.extended):
    return None if dtype is None else str(dtype)
  return np.dtype(dtype).name


def sharding_form(sharding):
  if sharding is None:
    return None
  if isinstance(sharding, jax_layout.Format):
    form = {"major_to_minor": list(sharding.layout.major_to_minor)}
    if sharding.layout.tiling:
      form["tiling"] = [list(tile) for tile in sharding.layout.tiling]
    return {"sharding_type": "Format", "layout": form, "sharding": sharding_form(sharding.sharding)}
  if isinstance(sharding, jax.sharding.Sharding):
    sharding = sharding_metadata.from_jax_sharding(sharding)
  return json.loads(sharding.to_serialized_string())


def leaf_form(path, args):
  leaf = {
      "path": path,
      "type": type(args).__name__,
      "restore_type": restore_type(args.restore_type),
      "dtype": dtype_name(args.dtype),
  }
  if isinstance(args, ocp.ArrayRestoreArgs):
    leaf["global_shape"] = None if args.global_shape is None else list(args.global_shape)
    leaf["sharding"] = sharding_form(args.sharding)
    leaf["strict"] = args.strict
  return leaf


def json_safe(value):
  """JSON has no NaN and no infinities: the contract writes them as strings."""
  if isinstance(value, float) and (value != value or abs(value) == float("inf")):
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
  if isinstance(value, dict):
    return {key: json_safe(child) for key, child in value.items()}
  return [json_safe(child) for child in value] if isinstance(value, list) else value


def document(tree, custom_metadata):
  nodes, _ = jax.tree_util.tree_flatten_with_path(tree, is_leaf=is_empty)
  result = {"leaves": [], "empty": [], "custom_metadata": json_safe(custom_metadata)}
  kinds = {type(value): name for name, value in EMPTY_VALUES.items()}
  for key_path, value in nodes:
    path = [key_of(entry) for entry in key_path]
    if is_empty(value):
      result["empty"].append({"path": path, "value_type": kinds[type(value)]})
    else:
      result["leaves"].append(leaf_form(path, value))
  return result


def of_item(directory, set_global_shape=True, strict=True):
  metadata = ocp.PyTreeCheckpointHandler().metadata(epath.Path(directory))
  args = checkpoint_utils.construct_restore_args(metadata, set_global_shape=set_global_shape, strict=strict)
  return document(args.tree, metadata.custom_metadata)


def to_sharding(form, layout=None):
  if form is None:
    return None
  sharding = sharding_metadata.from_serialized_string(json.dumps(form)).to_jax_sharding()
  if layout is None:
    return sharding
  tiling = tuple(tuple(tile) for tile in layout.get("tiling", ()))
  return jax_layout.Format(jax_layout.Layout(tuple(layout["major_to_minor"]), tiling), sharding)


def to_key(spec):
  implementation = {"key<fry>": "threefry2x32", "key<rbg>": "rbg", "key<urbg>": "unsafe_rbg"}[spec["dtype"]]
  shape = tuple(spec["shape"])
  sharding = to_sharding(spec.get("sharding"))
  if spec["kind"] == "jax.Array":
    keys = jax.random.split(jax.random.key(0, impl=implementation), shape) if shape else jax.random.key(0, impl=implementation)
    return keys if sharding is None else jax.device_put(keys, sharding)
  dtype = jax.random.key(0, impl=implementation).dtype
  if spec["kind"] == "ArrayMetadata":
    return value_metadata.ArrayMetadata(name="", directory=None, shape=shape, sharding=sharding, dtype=dtype)
  return jax.ShapeDtypeStruct(shape, dtype, sharding=sharding)


def to_leaf(spec):
  kind = spec["kind"]
  if str(spec.get("dtype")).startswith("key<"):
    return to_key(spec)
  shape = tuple(spec.get("shape", ()))
  dtype = jnp.dtype(spec["dtype"]) if "dtype" in spec else None
  sharding = to_sharding(spec.get("sharding"), spec.get("layout"))
  unnamed = {"name": "", "directory": None}
  if kind == "jax.Array":
    array = jnp.zeros(shape, dtype)
    return array if sharding is None else jax.device_put(array, sharding)
  makers = {
      "ShapeDtypeStruct": lambda: jax.ShapeDtypeStruct(shape, dtype, sharding=sharding),
      "np.ndarray": lambda: np.zeros(shape, dtype),
      "int": lambda: 7,
      "float": lambda: 0.5,
      "bool": lambda: False,
      "str": lambda: "x",
      "placeholder": lambda: checkpoint_utils.PLACEHOLDER,
      "ArrayMetadata": lambda: value_metadata.ArrayMetadata(**unnamed, shape=shape, sharding=sharding, dtype=dtype),
      "ScalarMetadata": lambda: value_metadata.ScalarMetadata(**unnamed, dtype=dtype),
      "StringMetadata": lambda: value_metadata.StringMetadata(**unnamed),
  }
  return makers[kind]()


def nested(pairs):
  """A tree from (path, value) pairs."""
  if [path for path, _ in pairs] == [[]]:
    return pairs[0][1]
  below = {}
  for path, value in pairs:
    below.setdefault(path[0], []).append((path[1:], value))
  if isinstance(next(iter(below)), int):
    return [nested(below[index]) for index in range(len(below))]
  return {key: nested(children) for key, children in below.items()}


def of_target(body):
  """What construct_restore_args gives for the body of POST /restore-args."""
  target = body["target"]
  empty = [(node["path"], EMPTY_VALUES[node["value_type"]]) for node in target.get("empty", [])]
  tree = nested([(leaf["path"], to_leaf(leaf)) for leaf in target["leaves"]] + empty)
  options = {name: body[name] for name in ("set_global_shape", "support_layout", "strict") if name in body}
  if body.get("sharding_tree"):
    shardings = [(node["path"], to_sharding(node["sharding"])) for node in body["sharding_tree"]]
    options["sharding_tree"] = nested(shardings + empty)
  return document(checkpoint_utils.construct_restore_args(tree, **options), target.get("custom_metadata"))
