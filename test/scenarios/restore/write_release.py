"""Writes one small root with whatever Orbax this Python has, from 0.4.1 on.

    python write_release.py ROOT

| step | what was saved |
| --- | --- |
| 1 | a CheckpointManager's only item, with metrics |
| 2 | several items of a CheckpointManager: two trees, an array, JSON, with metrics |
| 3 | a Checkpointer saved a tree straight into the step, its arrays in a database |
| 4 | the same, each array in files of its own |
| 5, 6 | a Checkpointer saved one array straight into the step: JAX's, NumPy's |
"""
import json
import logging
import os
import pathlib
import shutil
import sys

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
logging.disable(logging.CRITICAL)

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import orbax.checkpoint as ocp  # noqa: E402
from jax.sharding import Mesh, NamedSharding, PartitionSpec  # noqa: E402

METRICS = {"loss": 0.25}
NOTES = {"epoch": 3, "tags": ["a", None]}


def tree():
  """A little of everything that a training state holds."""
  mesh = Mesh(np.array(jax.devices()).reshape(2, 2), ("x", "y"))
  weights = jax.device_put(jnp.arange(16, dtype="float32").reshape(4, 4), NamedSharding(mesh, PartitionSpec("x", "y")))
  return {
      "params": {"w": weights, "b": jnp.zeros(3, jnp.bfloat16)},
      "opt": [np.array([1, 2], "int8"), {"count": jnp.int32(7)}],
      "step": 3,
      "lr": 0.5,
      "none": None,
      "empty": {},
  }


def array():
  return jnp.arange(3, dtype="float32")


def takes_args():
  """Since 0.5 a manager is told what to save by `args`; before, a checkpointer for each item was given to it."""
  return hasattr(ocp, "args") and hasattr(ocp.args, "Composite") and not ocp.__version__.startswith("0.4.")


def options():
  """Without a way to tell the best step, a manager throws metrics away."""
  return ocp.CheckpointManagerOptions(best_fn=lambda metrics: metrics["loss"])


def save_with_args(root):
  manager = ocp.CheckpointManager(root, options=options())
  manager.save(1, args=ocp.args.StandardSave(tree()), metrics=METRICS, force=True)
  manager.wait_until_finished()
  manager.close()
  manager = ocp.CheckpointManager(root, options=options(), item_names=("state", "weights", "array", "notes"))
  manager.save(2, metrics=METRICS, force=True, args=ocp.args.Composite(
      state=ocp.args.StandardSave(tree()), weights=ocp.args.PyTreeSave({"w": array()}), array=ocp.args.ArraySave(array()),
      notes=ocp.args.JsonSave(NOTES)))
  manager.wait_until_finished()
  manager.close()


def save_with_checkpointers(root):
  manager = ocp.CheckpointManager(root, ocp.PyTreeCheckpointer(), options())
  manager.save(1, tree(), metrics=METRICS, force=True)
  items = {"state": (ocp.PyTreeCheckpointer(), tree()), "weights": (ocp.PyTreeCheckpointer(), {"w": array()}),
           "array": (ocp.Checkpointer(ocp.ArrayCheckpointHandler()), array()),
           "notes": (ocp.Checkpointer(ocp.JsonCheckpointHandler()), NOTES)}
  manager = ocp.CheckpointManager(root, {name: checkpointer for name, (checkpointer, _) in items.items()}, options())
  manager.save(2, {name: value for name, (_, value) in items.items()}, metrics=METRICS, force=True)


def main():
  root = pathlib.Path(sys.argv[1]).absolute()
  shutil.rmtree(root, ignore_errors=True)
  root.mkdir(parents=True)
  # First of all: in Orbax 0.4 the first database made everything that came later go into databases. The managers below are told to save
  # although higher steps are there.
  ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=False)).save(root / "4", tree())
  ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=True)).save(root / "3", tree())
  ocp.Checkpointer(ocp.ArrayCheckpointHandler()).save(root / "5", array())
  ocp.Checkpointer(ocp.ArrayCheckpointHandler()).save(root / "6", np.arange(3.0))
  (save_with_args if takes_args() else save_with_checkpointers)(root)
  print(json.dumps({"orbax": ocp.__version__, "jax": jax.__version__}))


if __name__ == "__main__":
  main()
