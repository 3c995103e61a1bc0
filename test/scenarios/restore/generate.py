"""Writes every layout with real Orbax, and what real Orbax answers for it.

    python generate.py OUT_DIR [--only NAME]...     OUT_DIR/<layout>/… and OUT_DIR/<layout>.json
    python generate.py --bundles DIR                one JSON file for each small layout, as committed under test/fixtures
    python generate.py --targets FILE               bodies of POST with their answers

Needs orbax-checkpoint 0.12.4 or 0.12.8, jax and msgpack.
"""
import argparse
import base64
import json
import logging
import os
import pathlib
import shutil
import sys
import tempfile

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
logging.disable(logging.CRITICAL)

import describe  # noqa: E402
import layouts  # noqa: E402
import targets  # noqa: E402

MAX_BUNDLE_BYTES = 40_000


def expected(item):
  """The answers for both settings of the options; or the error that Orbax raises."""
  try:
    return {"answer": describe.of_item(item),
            "loose_answer": describe.of_item(item, set_global_shape=False, strict=False)}
  except Exception as error:  # pylint: disable=broad-except
    return {"error": f"{type(error).__name__}: {error}".replace(str(item), "ITEM")[:300]}


def write(name, parent):
  directory = pathlib.Path(parent) / name
  shutil.rmtree(directory, ignore_errors=True)
  directory.mkdir(parents=True)
  item = layouts.LAYOUTS[name](directory)
  return directory, item


def bundle(directory, item):
  """All files of the layout in one JSON document: git keeps no empty directories, nor is it fond of small binaries."""
  files, directories = {}, []
  for path in sorted(directory.rglob("*")):
    relative = path.relative_to(directory).as_posix()
    if path.is_dir():
      directories.append(relative)
      continue
    content = path.read_bytes()
    try:
      # Orbax notes in commit_success.txt where it was; that is nobody's business.
      files[relative] = {"text": content.decode("utf-8").replace(str(directory.parent), "/checkpoints")}
      assert b"\r" not in content and b"\0" not in content
    except (UnicodeDecodeError, AssertionError):
      files[relative] = {"base64": base64.b64encode(content).decode("ascii")}
  return {"item": item, "directories": directories, "files": files}


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument("out", nargs="?")
  parser.add_argument("--bundles")
  parser.add_argument("--targets")
  parser.add_argument("--only", action="append")
  arguments = parser.parse_args()
  if arguments.targets:
    lines = ",\n".join(json.dumps(case) for case in targets.cases())
    pathlib.Path(arguments.targets).write_text(f"[\n{lines}\n]\n")
    return
  for name in arguments.only or layouts.LAYOUTS:
    parent = arguments.out or tempfile.mkdtemp()
    try:
      directory, item = write(name, parent)
    except Exception as error:  # pylint: disable=broad-except
      print(f"{name}: Orbax does not write it: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
      continue
    result = {"item": item, **expected(directory / item)}
    if arguments.out:
      (directory.parent / f"{name}.json").write_text(json.dumps(result))
    if arguments.bundles:
      text = json.dumps({**bundle(directory, item), **result}, indent=1)
      if len(text) <= MAX_BUNDLE_BYTES:
        (pathlib.Path(arguments.bundles) / f"{name}.json").write_text(text + "\n")
      else:
        print(f"{name}: {len(text)} bytes, too large to commit", file=sys.stderr)


if __name__ == "__main__":
  main()
