"""Bodies of POST /restore-args, each with what the real construct_restore_args makes of it."""
import json

import describe

NAMED = {"sharding_type": "NamedSharding", "shape": [2, 2], "axis_names": ["x", "y"],
         "axis_types": ["AxisType.Auto", "AxisType.Auto"], "partition_spec": ["x", "y"],
         "device_mesh": {"mesh": [[{"id": 0}, {"id": 1}], [{"id": 2}, {"id": 3}]]}}
ONE = {"sharding_type": "SingleDeviceSharding", "device_str": "cpu:1"}
LAYOUT = {"major_to_minor": [1, 0]}
TILED = {"major_to_minor": [0, 1], "tiling": [[2, 2]]}


def by(*spec):
  return {**NAMED, "partition_spec": list(spec)}


def one(leaf, **options):
  return {"target": {"leaves": [{"path": ["a"], **leaf}]}, **options}


def array(kind, sharding=None, dtype="float32", shape=(4, 4), **more):
  leaf = {"kind": kind, "shape": list(shape), "dtype": dtype, **more}
  return leaf if sharding is None else {**leaf, "sharding": sharding}


def bodies():
  abstract = ("ShapeDtypeStruct", "ArrayMetadata")
  for kind in abstract:
    yield f"{kind} without sharding", one(array(kind))
    yield f"{kind} with layout but without sharding", one(array(kind, layout=LAYOUT), support_layout=True)
  for kind in (*abstract, "jax.Array"):
    for name, sharding in {"named": NAMED, "single": ONE, "partly": by("x"), "padded": by("x", None), "joined": by(["x", "y"]),
                           "lone": by(["y"], None), "nothing": by([], "x"), "replicated": by()}.items():
      yield f"{kind} {name}", one(array(kind, sharding))
    yield f"{kind} layout not asked for", one(array(kind, NAMED, layout=LAYOUT))
    yield f"{kind} layout", one(array(kind, NAMED, layout=LAYOUT), support_layout=True)
    yield f"{kind} layouts asked for, none given", one(array(kind, NAMED), support_layout=True)
    yield f"{kind} no shape, not strict", one(array(kind, NAMED), set_global_shape=False, strict=False)
    yield f"{kind} scalar", one(array(kind, by(), shape=()), support_layout=True)
    yield f"{kind} tree of shardings", one(array(kind, NAMED), sharding_tree=[{"path": ["a"], "sharding": ONE}])
    yield f"{kind} tree of no shardings", one(array(kind, NAMED), sharding_tree=[{"path": ["a"], "sharding": None}])
    yield f"{kind} empty tree of shardings", one(array(kind, NAMED), sharding_tree=[])
    yield f"{kind} tree of shardings and a layout", one(
        array(kind, NAMED, layout=LAYOUT), support_layout=True, sharding_tree=[{"path": ["a"], "sharding": NAMED}])
    for dtype in ("key<fry>", "key<rbg>", "key<urbg>"):
      yield f"{kind} {dtype}", one(array(kind, by("x"), dtype, (4,)))
      yield f"{kind} {dtype} matrix", one(array(kind, by("x"), dtype))
      yield f"{kind} {dtype} single", one(array(kind, ONE, dtype, (4,)))
      yield f"{kind} {dtype} alone", one(array(kind, by(), dtype, ()))
      yield f"{kind} {dtype} layouts", one(array(kind, by("x"), dtype, (4,)), support_layout=True)
      yield f"{kind} {dtype} tree", one(array(kind, None, dtype, (4,)), sharding_tree=[{"path": ["a"], "sharding": by("x")}])
  yield "tiles", one(array("ShapeDtypeStruct", NAMED, layout=TILED), support_layout=True)
  for dtype in ("bool", "int4", "uint8", "int64", "float16", "bfloat16", "float8_e4m3fn", "complex64"):
    yield f"ScalarMetadata {dtype}", one({"kind": "ScalarMetadata", "dtype": dtype})
    yield f"np.ndarray {dtype}", one(array("np.ndarray", dtype=dtype), support_layout=True)
    yield f"ShapeDtypeStruct {dtype}", one(array("ShapeDtypeStruct", dtype=dtype))
  for kind in ("int", "float", "bool", "str", "placeholder", "StringMetadata"):
    yield kind, one({"kind": kind}, sharding_tree=[{"path": ["a"], "sharding": NAMED}])
  yield "order", {"target": {
      "leaves": [{"path": path, "kind": "int"} for path in (
          ["b", 1], ["b", 0], ["a", "\U0001f600"], ["a", "\uffee"], ["a", "Z"], ["a", "10"], ["a", "9"], ["__proto__", "x"])],
      "empty": [{"path": ["c", "none"], "value_type": "None"}, {"path": ["b", 2], "value_type": "Dict"},
                {"path": ["c", "list"], "value_type": "List"}, {"path": ["c", "tuple"], "value_type": "Tuple"}],
      "custom_metadata": {"note": [1, 2.5, None], "__proto__": {"x": 1}}}}
  yield "long list", {"target": {"leaves": [{"path": [i], "kind": "int"} for i in range(12)]}}
  yield "a bare leaf", {"target": {"leaves": [{"path": [], "kind": "float"}]}}
  yield "nothing but an empty dict", {"target": {"leaves": [], "empty": [{"path": [], "value_type": "Dict"}]}}
  yield "longer specification than shape", one(array("ShapeDtypeStruct", NAMED, shape=(4,)))
  yield "longer specification than shape, described", one(array("ArrayMetadata", NAMED, shape=(4,)))
  yield "unknown axis", one(array("ShapeDtypeStruct", by("z")))
  yield "axis used twice", one(array("ShapeDtypeStruct", by("x", "x")))
  yield "sharding tree without the leaf", one(array("ShapeDtypeStruct"), sharding_tree=[{"path": ["b"], "sharding": ONE}])
  yield "unknown kind", one({"kind": "object"})


def cases():
  for name, body in bodies():
    case = {"name": name, "body": json.loads(json.dumps(body))}
    try:
      yield {**case, "answer": describe.of_target(body)}
    except Exception as error:  # pylint: disable=broad-except
      yield {**case, "error": f"{type(error).__name__}: {error}"[:120]}
