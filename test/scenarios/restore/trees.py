"""The trees that the layouts save."""
import collections
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec, SingleDeviceSharding

Momentum = collections.namedtuple("Momentum", ["mu", "nu"])
Nothing = collections.namedtuple("Nothing", [])


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Layer:
  kernel: jax.Array
  bias: jax.Array


def mesh(*shape, names=("x", "y"), types=None):
  devices = np.array(jax.devices()[: int(np.prod(shape))]).reshape(shape)
  return Mesh(devices, names[: len(shape)], axis_types=types)


def sharded(shape, spec, dtype="float32", on=None):
  values = jnp.arange(int(np.prod(shape)), dtype="float32").reshape(shape).astype(dtype)
  return jax.device_put(values, NamedSharding(on or mesh(2, 2), PartitionSpec(*spec)))


def mixed():
  """A little of everything that a training state holds."""
  return {
      "params": {"w": sharded((8, 8), ("x", "y")), "b": jnp.zeros(3, jnp.bfloat16)},
      "opt": [np.int8([1, 2]), None, {}, (), [], jnp.float32(1)],
      "name": "résumé",
      "step": 3,
      "lr": 0.5,
      "done": True,
      "momentum": Momentum(jnp.ones(2), (jnp.ones(2), np.ones(2))),
  }


def shardings():
  auto = jax.sharding.AxisType.Auto
  explicit = jax.sharding.AxisType.Explicit
  one = mesh(4, names=("data",))
  return {
      "both": sharded((4, 4), ("x", "y")),
      "first": sharded((4, 4), ("x",)),
      "first_none": sharded((4, 4), ("x", None)),
      "second": sharded((4, 4), (None, "y")),
      "joined": sharded((8, 2), (("x", "y"), None)),
      "replicated": sharded((4,), ()),
      "one_axis": sharded((8,), ("data",), on=one),
      "explicit": sharded((4, 4), ("x", "y"), on=mesh(2, 2, types=(explicit, auto))),
      "one_by_four": sharded((4, 4), (None, "y"), on=mesh(1, 4)),
      "third_device": jax.device_put(jnp.ones(3), jax.devices()[2]),
      "single": jax.device_put(jnp.ones(3), SingleDeviceSharding(jax.devices()[1])),
      "scalar": sharded((), ()),
  }


def odd_keys():
  names = ["a.b", "a b", "it's", 'say "hi"', "ключ", "0", "10", "9", "-1", "__proto__", "constructor", "toString",
           "back\\slash", "tab\there", "new\nline", "\u00e9", "e\u0301", "\uffee", "\U0001f600", "~", "a/b", "%41",
           "length", "'", "None", "d", "_METADATA"]
  return {"top": {name: np.float32([i]) for i, name in enumerate(names)}, "a": {"b": np.ones(2)}, "1": {"2": 3.0}}


DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
          "float64", "complex64", "complex128", "bfloat16", "int2", "int4", "float4_e2m1fn", "float8_e3m4",
          "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
          "float8_e8m0fnu"]


def numpy_dtypes():
  tree = {name: np.zeros((2, 3), jnp.dtype(name)) for name in DTYPES}
  return {**tree, "big_endian": np.zeros(2, ">f4"), "fortran": np.zeros((2, 3), order="F")}


def jax_dtypes():
  wide = {"int64", "uint64", "float64", "complex128"}
  return {name: jnp.zeros((2, 3), jnp.dtype(name)) for name in DTYPES if name not in wide}


def scalars():
  return {
      "int": 1, "big": 2**40, "negative": -1, "float": 1.0, "bool": True, "str": "s", "empty_str": "",
      "np": {t: np.dtype(t).type(1) for t in ("int8", "uint16", "float16", "float32", "float64", "complex64")},
      "jnp": jnp.int32(4), "np_0d": np.array(2.5, "float32"),
  }


def empties():
  return {"none": None, "dict": {}, "list": [], "tuple": (), "nested": [None, {"x": {}}, [[]], ((),)],
          "named": Momentum(None, {}), "leaf": np.ones(1)}


def keys():
  on = mesh(4, names=("k",))
  split = jax.random.split(jax.random.key(1), 4)
  return {
      "fry": jax.random.key(0), "rbg": jax.random.key(0, impl="rbg"), "unsafe": jax.random.key(0, impl="unsafe_rbg"),
      "many": split, "old_style": jax.random.PRNGKey(0),
      "sharded": jax.device_put(split, NamedSharding(on, PartitionSpec("k"))),
  }


def deep(depth):
  tree = {"leaf": np.ones(1)}
  for level in range(depth):
    tree = [tree] if level % 3 == 0 else {f"k{level}": tree}
  return tree


def wide(count):
  return {f"layer_{i:05d}": {"kernel": np.full((2,), i, "float32")} for i in range(count)}
