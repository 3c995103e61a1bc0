"""Prints the Python code of the README as one module, for a type checker: `python tests/readme_blocks.py > readme.py`."""

from __future__ import annotations

import pathlib
import re

# What the README leaves to its reader. Orbax need not be there: what comes from it is of any type then.
_NAMES = """
# pyright: reportMissingImports=false
import pathlib
from typing import Any, cast

from etils import epath

def evaluate(path: pathlib.Path | epath.Path) -> float: ...

directory = cast(epath.Path, ...)
mesh, target, sharding_tree = cast(Any, ...)
host = cast(int, ...)
"""


def blocks(text: str) -> list[str]:
    """Each block of code; of a diff, what it leads to."""
    found = re.findall(r"^```(python|diff)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [code if language == "python" else _after(code) for language, code in found]


def _after(diff: str) -> str:
    return "".join(line[1:] or "\n" for line in diff.splitlines(keepends=True) if not line.startswith("-"))


if __name__ == "__main__":
    readme = (pathlib.Path(__file__).parents[1] / "README.md").read_text()
    print("\n".join([_NAMES, *blocks(readme)]))
