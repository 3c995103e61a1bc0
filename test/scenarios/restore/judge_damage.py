"""Asks real Orbax about damaged checkpoints.

    python judge_damage.py BUNDLE.json DAMAGES.json

DAMAGES lists damages that the reader answered in spite of: {"path", "length"} for a file cut off there, {"path", "at",
"mask"} for a byte changed, each with the "answer". For the same bytes Orbax must give the same answer.
"""
import base64
import json
import logging
import os
import pathlib
import sys
import tempfile

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
logging.disable(logging.CRITICAL)

import describe  # noqa: E402


def unpack(bundle, directory):
  for path in bundle["directories"]:
    (directory / path).mkdir(parents=True, exist_ok=True)
  for path, content in bundle["files"].items():
    (directory / path).parent.mkdir(parents=True, exist_ok=True)
    data = content["text"].encode() if "text" in content else base64.b64decode(content["base64"])
    (directory / path).write_bytes(data)


def damaged(content, damage):
  if "length" in damage:
    return content[: damage["length"]]
  at = damage["at"]
  return content[:at] + bytes([content[at] ^ damage["mask"]]) + content[at + 1 :]


def main():
  bundle = json.loads(pathlib.Path(sys.argv[1]).read_text())
  damages = json.loads(pathlib.Path(sys.argv[2]).read_text())
  directory = pathlib.Path(tempfile.mkdtemp())
  unpack(bundle, directory)
  wrong = 0
  for damage in damages:
    path = directory / damage["path"]
    content = path.read_bytes()
    path.write_bytes(damaged(content, damage))
    try:
      verdict = json.loads(json.dumps(describe.of_item(directory / bundle["item"])))
    except Exception as error:  # pylint: disable=broad-except
      verdict = f"{type(error).__name__}: {error}"[:300]
    path.write_bytes(content)
    if verdict != damage["answer"]:
      wrong += 1
      print(json.dumps({**damage, "orbax": verdict})[:2000])
  print(f"{len(damages)} damages judged, {wrong} answered otherwise than by Orbax", file=sys.stderr)
  sys.exit(1 if wrong else 0)


if __name__ == "__main__":
  main()
