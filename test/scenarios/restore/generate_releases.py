"""Lets each minor version of Orbax from 0.4 on write one small root, and asks the newest what it reads there.

    python generate_releases.py OUT_DIR [--only VERSION]... [--venvs DIR]

The Python that runs this needs orbax-checkpoint 0.12.8 and jax: its answers are what is committed, one JSON file for each release, under
test/fixtures/restore/releases. Each release is installed by pip in an environment of its own under DIR, with a jax of its time; the
first and the last release of a long series stand for it. Written for Python 3.11, the newest that the oldest ones run on.
"""
import argparse
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
logging.disable(logging.CRITICAL)

import orbax.checkpoint as ocp  # noqa: E402
from etils import epath  # noqa: E402

import describe  # noqa: E402
import generate  # noqa: E402

WRITER = pathlib.Path(__file__).with_name("write_release.py")
OLD_NUMPY = ("numpy<2", "scipy<1.13")
# Release, a jax that fits it, and what else has to be older than pip would choose.
RELEASES = {
    "0.4.1": ("0.4.18", *OLD_NUMPY), "0.4.8": ("0.4.23", *OLD_NUMPY), "0.5.0": ("0.4.23", *OLD_NUMPY),
    "0.5.23": ("0.4.31", "numpy<2"), "0.6.4": ("0.4.33",), "0.7.0": ("0.4.34",), "0.8.0": ("0.4.35",), "0.9.1": ("0.4.35",),
    "0.10.3": ("0.4.36",), "0.11.0": ("0.4.38",), "0.11.40": ("0.10.2",), "0.12.0": ("0.10.2",), "0.12.8": ("0.10.2",),
}
TREES = ("default", "state", "weights")


def python_with(version, venvs):
  venv = venvs / f"venv-{version}"
  if not (venv / "complete").exists():
    jax, *older = RELEASES[version]
    subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
    packages = [f"orbax-checkpoint=={version}", f"jax=={jax}", f"jaxlib=={jax}", *older]
    subprocess.run([venv / "bin/python", "-m", "pip", "install", "--quiet", *packages], check=True)
    (venv / "complete").touch()
  return venv / "bin/python"


def restored(handler, directory):
  """Whether the newest Orbax gets the item's values back, and why not."""
  try:
    return {"restores": handler.restore(epath.Path(directory)) is not None}
  except Exception as error:  # pylint: disable=broad-except
    return {"restores": False, "restore_error": f"{type(error).__name__}: {error}".replace(str(directory), "ITEM")[:200]}


def item_answers(handler, directory):
  restore_args = generate.expected(directory)
  return {**restored(handler, directory), **{name: restore_args[name] for name in ("answer", "error") if name in restore_args}}


def handler_of(name):
  if name in TREES:
    return ocp.PyTreeCheckpointHandler()
  return ocp.ArrayCheckpointHandler() if name == "array" else ocp.JsonCheckpointHandler("metrics" if name == "metrics" else None)


def answers(root):
  """What the newest Orbax says of each step."""
  # With names, which ones does not matter, a manager tells of every item that it finds.
  manager = ocp.CheckpointManager(root, item_names=("default", "state"))
  steps = {}
  for step in (1, 2):
    names = sorted(manager.item_metadata(step).keys())
    steps[step] = {"metrics": manager.metrics(step), "items": {
        name: item_answers(handler_of(name), root / str(step) / name) for name in names}}
  for step in (3, 4, 5, 6):
    handler = ocp.PyTreeCheckpointHandler() if step < 5 else ocp.ArrayCheckpointHandler()
    steps[step] = {"items": {}, **item_answers(handler, root / str(step))}
  return steps


def one_line_each(value):
  if not isinstance(value, dict):
    return json.dumps(value)
  return "{\n" + ",\n".join(f" {json.dumps(str(name))}: {json.dumps(child)}" for name, child in value.items()) + "\n}"


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("out")
  parser.add_argument("--only", action="append")
  parser.add_argument("--venvs", default=tempfile.gettempdir())
  arguments = parser.parse_args()
  assert ocp.__version__ == "0.12.8", ocp.__version__
  for version in arguments.only or RELEASES:
    root = pathlib.Path(tempfile.mkdtemp()) / version
    python = python_with(version, pathlib.Path(arguments.venvs))
    subprocess.run([python, "-B", WRITER, root], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    content = generate.bundle(root, "")
    del content["item"]
    fields = {"orbax": version, "jax": RELEASES[version][0], **content, "steps": answers(root)}
    # A line for each: half the size of an indented document, and a diff can still be read.
    text = "{\n" + ",\n".join(f"{json.dumps(name)}: {one_line_each(value)}" for name, value in fields.items()) + "\n}"
    (pathlib.Path(arguments.out) / f"{version}.json").write_text(text + "\n")
    print(version, len(text), "bytes")


if __name__ == "__main__":
  main()
