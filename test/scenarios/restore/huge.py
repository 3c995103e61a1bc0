"""Writes a checkpoint of very many leaves in the form that Orbax gives it, without Orbax, which would take minutes.

    python huge.py DIR LEAVES

DIR is then an item: `_METADATA`, `_sharding`, and an OCDBT database configured as Orbax configures it.
"""
import base64
import json
import pathlib
import sys

import tensorstore as ts

SHARDING = json.dumps({
    "sharding_type": "NamedSharding", "shape": [2, 2], "axis_names": ["x", "y"],
    "axis_types": ["AxisType.Auto", "AxisType.Auto"], "partition_spec": ["x", "y"],
    "device_mesh": {"mesh": [[{"id": 0}, {"id": 1}], [{"id": 2}, {"id": 3}]]}})
ZARRAY = json.dumps({
    "chunks": [4, 4], "compressor": {"id": "zstd", "level": 1}, "dimension_separator": ".", "dtype": "<f4",
    "fill_value": None, "filters": None, "order": "C", "shape": [8, 8], "zarr_format": 2}, separators=(",", ":")).encode()
CONFIG = {"max_inline_value_bytes": 1024, "max_decoded_node_bytes": 100000000}


def main():
  directory, leaves = pathlib.Path(sys.argv[1]), int(sys.argv[2])
  directory.mkdir(parents=True)
  paths = [("params", f"layer_{i // 8:06d}", ("attention", "mlp")[i % 2], f"kernel_{i % 8}") for i in range(leaves)]
  entries = {str(path): {
      "key_metadata": [{"key": key, "key_type": 2} for key in path],
      "value_metadata": {"value_type": "jax.Array", "skip_deserialize": False, "write_shape": [4, 4]},
  } for path in paths}
  (directory / "_METADATA").write_text(json.dumps({
      "tree_metadata": entries, "use_ocdbt": True, "use_zarr3": False, "store_array_data_equal_to_fill_value": True,
      "custom_metadata": None}))
  names = [".".join(path) for path in paths]
  (directory / "_sharding").write_text(json.dumps(
      {base64.urlsafe_b64encode(name.encode()).decode(): SHARDING for name in names}, separators=(",", ":")))
  store = ts.KvStore.open({"driver": "ocdbt", "base": f"file://{directory}/", "config": CONFIG}).result()
  with ts.Transaction() as transaction:
    within = store.with_transaction(transaction)
    for name in names:
      within.write(f"{name}/.zarray", ZARRAY).result()
      for chunk in ("0.0", "0.1", "1.0", "1.1"):
        within.write(f"{name}/{chunk}", name.encode() * 3).result()


if __name__ == "__main__":
  main()
