"""Every layout that Orbax writes or still reads, each as a function that fills a directory.

A function takes the directory of its own and returns the item's path in it ('' when that is the item).
"""
import json
import os
import shutil

import jax.numpy as jnp
import msgpack
import numpy as np
import orbax.checkpoint as ocp
import tensorstore as ts
import trees
from orbax.checkpoint._src.metadata import pytree_metadata_options
from orbax.checkpoint.experimental import v1

LAYOUTS = {}


def layout(function):
  LAYOUTS[function.__name__.replace("_", "-")] = function
  return function


def save(directory, tree, handler=None, **kwargs):
  """A Checkpointer saves straight into the directory."""
  handler = handler or ocp.PyTreeCheckpointHandler()
  with ocp.Checkpointer(handler) as checkpointer:
    checkpointer.save(directory / "1", tree, **kwargs)
  return "1"


def edit(path, change):
  content = json.loads(path.read_text())
  change(content)
  path.write_text(json.dumps(content))


def options(**kwargs):
  return ocp.PyTreeCheckpointHandler(**kwargs)


@layout
def pytree_ocdbt_zarr2(d):
  return save(d, trees.mixed())


@layout
def pytree_ocdbt_zarr3(d):
  return save(d, trees.mixed(), options(use_zarr3=True))


@layout
def pytree_files_zarr2(d):
  return save(d, trees.mixed(), options(use_ocdbt=False))


@layout
def pytree_files_zarr3(d):
  return save(d, trees.mixed(), options(use_ocdbt=False, use_zarr3=True))


@layout
def standard(d):
  with ocp.StandardCheckpointer() as checkpointer:
    checkpointer.save(d / "1", {"w": trees.sharded((4, 4), ("x",)), "n": 3, "s": np.ones(2), "e": {}})
  return "1"


@layout
def standard_handler(d):
  return save(d, {"w": jnp.ones((2, 2)), "list": [1.5, np.ones(2)]}, ocp.StandardCheckpointHandler())


@layout
def manager_default_item(d):
  with ocp.CheckpointManager(d) as manager:
    manager.save(7, args=ocp.args.StandardSave({"w": jnp.ones(2)}), metrics={"loss": float("nan")})
    manager.wait_until_finished()
  return "7/default"


@layout
def manager_many_items(d):
  with ocp.CheckpointManager(d, options=ocp.CheckpointManagerOptions(step_prefix="ckpt", step_format_fixed_length=6)) as manager:
    manager.save(7, args=ocp.args.Composite(
        state=ocp.args.StandardSave({"w": jnp.ones(2), "n": 1}), tree=ocp.args.PyTreeSave([np.ones(1)]),
        notes=ocp.args.JsonSave({"a": [1, None]}), key=ocp.args.JaxRandomKeySave(trees.keys()["fry"]),
        array=ocp.args.ArraySave(np.arange(4))))
    manager.wait_until_finished()
  return "ckpt_000007/state"


@layout
def manager_array_item(d):
  manager_many_items(d)
  return "ckpt_000007/array"


@layout
def manager_random_key_item(d):
  manager_many_items(d)
  return "ckpt_000007/key/jax_random_key"


@layout
def manager_json_item(d):
  manager_many_items(d)
  return "ckpt_000007/notes"


@layout
def named_tuples(d):
  return save(d, {"m": trees.Momentum(jnp.ones(1), trees.Momentum(1, "x")), "d": trees.Layer(jnp.ones(2), np.ones(2))})


@layout
def rich_types(d):
  rich = pytree_metadata_options.PyTreeMetadataOptions
  tree = {"m": trees.Momentum(jnp.ones(1), (np.ones(2), 3)), "none": trees.Nothing(), "t": (1, [2, "s"])}
  return save(d, tree, options(pytree_metadata_options=rich(support_rich_types=True)))


@layout
def random_keys(d):
  return save(d, trees.keys())


@layout
def random_keys_zarr3_files(d):
  return save(d, trees.keys(), options(use_ocdbt=False, use_zarr3=True))


@layout
def scalars_and_strings(d):
  return save(d, trees.scalars())


@layout
def scalars_zarr3(d):
  return save(d, trees.scalars(), options(use_zarr3=True))


@layout
def empty_containers(d):
  return save(d, trees.empties())


@layout
def only_empty(d):
  return save(d, {"a": {}, "b": [None, ()]})


@layout
def only_strings(d):
  return save(d, ["a", {"b": "c"}])


@layout
def numpy_dtypes(d):
  return save(d, trees.numpy_dtypes())


@layout
def numpy_dtypes_zarr3(d):
  return save(d, trees.numpy_dtypes(), options(use_zarr3=True))


@layout
def numpy_dtypes_zarr3_files(d):
  return save(d, trees.numpy_dtypes(), options(use_zarr3=True, use_ocdbt=False))


@layout
def jax_dtypes(d):
  return save(d, trees.jax_dtypes())


@layout
def sharded(d):
  return save(d, trees.shardings())


@layout
def sharded_zarr3(d):
  return save(d, trees.shardings(), options(use_zarr3=True))


@layout
def sharded_files(d):
  return save(d, trees.shardings(), options(use_ocdbt=False))


@layout
def split_among_replicas(d):
  """Large enough for Orbax to let each replica write a part: shards are then smaller than the sharding says."""
  return save(d, {"w": trees.sharded((512, 512), ("x",)), "r": trees.sharded((1024, 256), ())})


@layout
def uncompressed(d):
  return save(d, {"w": trees.sharded((4, 4), ("x", "y")), "s": 1.5}, options(use_compression=False))


@layout
def uncompressed_files(d):
  return save(d, {"w": trees.sharded((4, 4), ("x", "y")), "s": 1.5}, options(use_compression=False, use_ocdbt=False))


@layout
def uncompressed_zarr3(d):
  return save(d, {"w": trees.sharded((4, 4), ("x", "y"))}, options(use_compression=False, use_zarr3=True, use_ocdbt=False))


def chunked(d, **kwargs):
  tree = {"w": trees.sharded((64, 64), ("x", "y")), "n": np.ones((16, 16), "float64")}
  args = {"w": ocp.SaveArgs(chunk_byte_size=256), "n": ocp.SaveArgs(chunk_byte_size=128, dtype=np.dtype("float32"))}
  return save(d, tree, options(**kwargs), save_args=args)


@layout
def chunked_ocdbt(d):
  return chunked(d)


@layout
def chunked_zarr3_files(d):
  return chunked(d, use_zarr3=True, use_ocdbt=False)


@layout
def small_data_files(d):
  with ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as checkpointer:
    checkpointer.save(d / "1", args=ocp.args.PyTreeSave(
        {"w": trees.sharded((64, 64), ("x", "y")), "v": jnp.ones(4096)}, ocdbt_target_data_file_size=2048))
  return "1"


@layout
def odd_keys(d):
  return save(d, trees.odd_keys())


@layout
def odd_keys_files(d):
  tree = trees.odd_keys()
  # "_METADATA" and "d" would collide with Orbax's own files here.
  return save(d, tree, options(use_ocdbt=False))


@layout
def same_name_twice(d):
  return save(d, {"a.b": np.ones(2), "a": {"b": np.ones(2)}})


@layout
def empty_key(d):
  return save(d, {"": np.ones(2), "x": np.ones(1)})


@layout
def integer_keys(d):
  return save(d, {3: np.ones(1), 20: {1: 2.0}})


@layout
def top_list(d):
  return save(d, [np.ones(1), {"a": jnp.ones(2)}, 3])


@layout
def top_tuple(d):
  return save(d, (np.ones(1), ({"a": jnp.ones(2)},)))


@layout
def bare_array(d):
  return save(d, jnp.ones((2, 2)))


@layout
def bare_numpy_files(d):
  return save(d, np.ones((2, 2)), options(use_ocdbt=False))


@layout
def bare_sharded(d):
  return save(d, trees.sharded((4, 4), ("x", None)), options(use_zarr3=True, use_ocdbt=False))


@layout
def bare_scalar(d):
  return save(d, 3)


@layout
def long_list(d):
  return save(d, {"l": [np.float32(i) for i in range(25)]})


@layout
def custom_metadata(d):
  extra = {"nan": float("nan"), "inf": [float("inf"), -float("inf")], "big": 2**70, "f": 1e300, "one": 1.0,
           "text": "ключ \U0001f600 \ud800", "deep": {"a": [[], {}, None, True]}, "__proto__": {"x": 1}}
  with ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as checkpointer:
    checkpointer.save(d / "1", args=ocp.args.PyTreeSave({"a": np.ones(1)}, custom_metadata=extra))
  return "1"


@layout
def deep_tree(d):
  return save(d, trees.deep(60))


@layout
def per_process_not_merged(d):
  class NeverMerged(ocp.PyTreeCheckpointHandler):

    def finalize(self, directory):
      pass

  return save(d, {"w": jnp.ones(2)}, NeverMerged())


@layout
def v1_pytree(d):
  v1.save_pytree(d / "1", {"w": trees.sharded((4, 4), ("x", "y")), "n": 1, "s": "x", "l": [np.ones(1), None]})
  return "1/state"


@layout
def v1_checkpointables(d):
  v1.save_checkpointables(d / "1", {"state": {"w": jnp.ones(2)}, "data": {"x": np.ones(3)}})
  return "1/state"


@layout
def old_without_array_metadatas(d):
  save(d, trees.mixed())
  shutil.rmtree(d / "1" / "array_metadatas")
  return "1"


@layout
def old_without_use_ocdbt(d):
  save(d, trees.mixed())
  edit(d / "1" / "_METADATA", lambda m: [m.pop(k) for k in ("use_ocdbt", "use_zarr3", "store_array_data_equal_to_fill_value", "custom_metadata")])
  return "1"


@layout
def old_without_use_ocdbt_files(d):
  save(d, trees.mixed(), options(use_ocdbt=False))
  edit(d / "1" / "_METADATA", lambda m: m.pop("use_ocdbt"))
  return "1"


@layout
def old_without_sharding(d):
  save(d, trees.mixed())
  os.remove(d / "1" / "_sharding")
  return "1"


@layout
def old_without_write_shape(d):
  save(d, trees.mixed())
  def drop(metadata):
    for entry in metadata["tree_metadata"].values():
      entry["value_metadata"].pop("write_shape", None)
  edit(d / "1" / "_METADATA", drop)
  return "1"


@layout
def old_msgpack_only(d):
  (d / "1").mkdir()
  (d / "1" / "checkpoint").write_bytes(msgpack.packb({"a": {"b": 1}}))
  return "1"


@layout
def old_empty_sharding(d):
  save(d, {"w": jnp.ones(2), "v": jnp.ones(3)})
  edit(d / "1" / "_sharding", lambda s: s.update({key: "" for key in list(s)[:1]}))
  return "1"


@layout
def sharding_lacks_a_parameter(d):
  save(d, {"w": jnp.ones(2), "v": jnp.ones(3)})
  edit(d / "1" / "_sharding", lambda s: s.pop(list(s)[0]))
  return "1"


@layout
def old_positional_sharding(d):
  save(d, {"w": jnp.ones(2)})
  edit(d / "1" / "_sharding", lambda s: s.update({key: json.dumps({"sharding_type": "PositionalSharding"}) for key in s}))
  return "1"


@layout
def old_placeholder_above_leaves(d):
  save(d, {"a": {"x": np.ones(1)}, "l": [np.ones(1)]})
  def add(metadata):
    entry = {"value_metadata": {"value_type": "Dict", "skip_deserialize": True}}
    metadata["tree_metadata"]["('a',)"] = {"key_metadata": [{"key": "a", "key_type": 2}], **entry}
    metadata["tree_metadata"]["('l',)"] = {"key_metadata": [{"key": "l", "key_type": 2}], **entry}
  edit(d / "1" / "_METADATA", add)
  return "1"


@layout
def unknown_type_handler(d):
  save(d, {"w": np.ones(2)})
  edit(d / "1" / "_METADATA", lambda m: m["tree_metadata"]["('w',)"]["value_metadata"].update(value_type="my_type"))
  return "1"


@layout
def skipped_leaf(d):
  save(d, {"w": np.ones(2)})
  edit(d / "1" / "_METADATA", lambda m: m["tree_metadata"]["('w',)"]["value_metadata"].update(skip_deserialize=True))
  return "1"


def rewritten(d, tree, config, commits=1, **kwargs):
  """The same keys in an OCDBT database of another configuration, which TensorStore reads as well."""
  save(d, tree, **kwargs)
  item = d / "1"
  old = ts.KvStore.open({"driver": "ocdbt", "base": f"file://{item}/"}).result()
  content = {key: old.read(key).result().value for key in old.list().result()}
  for name in ("manifest.ocdbt", "d"):
    shutil.rmtree(item / name) if (item / name).is_dir() else os.remove(item / name)
  for name in os.listdir(item):
    if name.startswith("ocdbt.process_"):
      shutil.rmtree(item / name)
  new = ts.KvStore.open({"driver": "ocdbt", "base": f"file://{item}/", "config": config}).result()
  keys = sorted(content)
  for part in range(commits):
    with ts.Transaction() as transaction:
      for key in keys[part::commits]:
        new.with_transaction(transaction).write(key, content[key]).result()
  return "1"


@layout
def ocdbt_tall_tree(d):
  return rewritten(d, trees.wide(40), {"max_decoded_node_bytes": 300})


@layout
def ocdbt_raw(d):
  return rewritten(d, trees.wide(10), {"compression": None, "max_decoded_node_bytes": 600})


@layout
def ocdbt_values_outside(d):
  return rewritten(d, trees.wide(10), {"max_inline_value_bytes": 0})


@layout
def ocdbt_numbered_manifest(d):
  return rewritten(d, trees.wide(10), {"manifest_kind": "numbered"}, commits=3)


@layout
def ocdbt_many_versions(d):
  return rewritten(d, trees.wide(10), {"version_tree_arity_log2": 1}, commits=10)


@layout
def ocdbt_tall_odd_keys(d):
  return rewritten(d, trees.odd_keys(), {"max_decoded_node_bytes": 250, "max_inline_value_bytes": 8})
