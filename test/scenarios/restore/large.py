"""Writes a checkpoint of many leaves, and measures how long real Orbax takes to describe it.

    python large.py DIR LEAVES          writes DIR/1 (a step that is itself the item)
    python large.py DIR LEAVES --time   prints seconds for metadata() + construct_restore_args, imports aside
"""
import json
import logging
import os
import pathlib
import resource
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
logging.disable(logging.CRITICAL)

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import orbax.checkpoint as ocp  # noqa: E402
from etils import epath  # noqa: E402
from orbax.checkpoint import checkpoint_utils  # noqa: E402

import describe  # noqa: E402
import trees  # noqa: E402


def model(leaves):
  """Layers of eight leaves, sharded as a transformer's are."""
  on = trees.mesh(2, 2)
  arrays = {name: trees.sharded(shape, spec, on=on) for name, shape, spec in (
      ("query", (4, 4), ("x", "y")), ("key", (4, 4), ("x", "y")), ("value", (4, 4), (None, "y")), ("out", (4, 4), ("y", "x")),
      ("up", (4, 8), ("x", None)), ("down", (8, 4), (None, "x")))}
  arrays |= {"scale": jnp.ones(4, jnp.bfloat16), "bias": trees.sharded((4,), ())}
  return {"params": {f"layer_{i:05d}": dict(arrays) for i in range(leaves // 8)}, "step": 1}


def main():
  directory, leaves = pathlib.Path(sys.argv[1]), int(sys.argv[2])
  if "--time" not in sys.argv:
    with ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as checkpointer:
      checkpointer.save(directory / "1", model(leaves))
    return
  before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  start = time.perf_counter()
  metadata = ocp.PyTreeCheckpointHandler().metadata(epath.Path(directory / "1"))
  args = checkpoint_utils.construct_restore_args(metadata)
  seconds = time.perf_counter() - start
  after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  print(json.dumps({"seconds": seconds, "leaves": len(jax.tree.leaves(args.tree)), "megabytes": after // 1024,
                    "megabytes_more": (after - before) // 1024}))
  if "--answer" in sys.argv:
    pathlib.Path(sys.argv[-1]).write_text(json.dumps(describe.document(args.tree, metadata.custom_metadata)))


if __name__ == "__main__":
  main()
