"""Compares steplease's step names with real Orbax, over a table of names and formats.

Needs orbax-checkpoint 0.12.4 and a built project: `npm run build`, then `python test/scenarios/orbax/name_format_oracle.py`.
Prints one JSON line and exits 0 when all answers agree, else prints each disagreement and exits 1.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("JAX_PLATFORMS", "cpu")

from orbax.checkpoint._src.path import step as step_lib  # noqa: E402

ANSWERS = pathlib.Path(__file__).parents[3] / "dist/test/scenarios/orbax/name-format-answers.js"
TMP = ".orbax-checkpoint-tmp"

PREFIXES = (None, "checkpoint", "a_b", "1", "run-2.v", "モデル")
LENGTHS = (None, 1, 2, 8, 16)
DIGITS = (
    "0 1 7 9 10 12 99 100 0012 1200 12000 012000 00000005 00000010 123456789 0000000000000001 1234567890123456 9007199254740991 "
    "00 000 007 01 -1 +1 -01 1.0 1e3 0x1 1_000 x1 1x ٣ ² １"
).split() + [" 1", "1 ", "x"]
HEADS = ("", "checkpoint_", "Checkpoint_", "checkpoint", "checkpoint__", "my_checkpoint_", "a_b_", "a_", "b_", "1_", "_", "モデル_")
STEPS = (0, 1, 7, 12, 999, 1000, 12000, 2**31, 10**15, 2**53 - 1)

COMPOSITES = (
    ((None, None), (None, 4)),
    ((None, 4), (None, None)),
    ((None, 2), (None, 4), (None, 8)),
    (("checkpoint", 8), ("checkpoint", None), (None, None)),
    (("a_b", None), ("a", None), ("1", 4)),
)

# Where steplease differs on purpose: format, name, Orbax's step (or the error it raises), steplease's step.
DIFFERENCES = (
    ((None, None), "1\n", 1, None),
    ((None, None), "1٢", 12, None),
    ((None, 3), "0٠١", 1, None),
    ((None, None), "9007199254740992", 2**53, None),
    (("a+", None), "a+_1", None, 1),
    (("a|b", None), "a|b_1", TypeError, 1),
    (("(a)", None), "(a)_1", None, 1),
)


def names() -> list[str]:
    finals = [head + digits for head, digits in itertools.product(HEADS, DIGITS)]
    temporaries = [f"{head}{digits}{TMP}{tail}" for head in HEADS[:2] for digits in DIGITS for tail in ("", "-1700000000")]
    odd = ["_SNAPSHOTS", "_STEPLEASE", "metadata", TMP, f"7{TMP}_8", f"7{TMP}.orbax", f"7{TMP}{TMP}-1", "7.orbax-checkpoint"]
    return finals + temporaries + odd


def orbax_format(formats: tuple) -> step_lib.NameFormat:
    standard = [step_lib.standard_name_format(step_prefix=p, step_format_fixed_length=n) for p, n in formats]
    return standard[0] if len(standard) == 1 else step_lib.composite_name_format(standard[0], standard)


def ask_steplease(questions: list[dict]) -> list[dict]:
    done = subprocess.run(["node", ANSWERS], input=json.dumps(questions), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{ANSWERS.name} failed, is the project built?\n{done.stderr}")
    return json.loads(done.stdout)


def question(formats: tuple, some_names: list[str]) -> dict:
    options = [{"prefix": prefix, "separator": "_", "fixedLength": length} for prefix, length in formats]
    return {"formats": options, "names": some_names, "steps": STEPS}


class Comparison:
    def __init__(self) -> None:
        self.compared = 0
        self.disagreements: list[str] = []

    def equal(self, what: str, orbax: object, steplease: object) -> None:
        self.compared += 1
        if orbax != steplease:
            self.disagreements.append(f"{what}: Orbax {orbax!r}, steplease {steplease!r}")


def compare_run(comparison: Comparison, root: pathlib.Path, formats: tuple, all_names: list[str], answer: dict) -> None:
    """One directory listing, read by Orbax and by steplease."""
    name_format = orbax_format(formats)
    found = {metadata.path.name: metadata.step for metadata in name_format.find_all(root)}
    finals = {name: parsed for name, parsed in zip(all_names, answer["final"], strict=True) if parsed is not None}
    for name in all_names:
        comparison.equal(f"{formats} reads {name!r}", found.get(name), finals.get(name, {}).get("step"))

    # find_step tries the formats in order: the name it picks must be the one that steplease lets win.
    winners: dict[int, tuple[int, str]] = {}
    for name, parsed in finals.items():
        rank = (parsed["formatIndex"], name)
        winners[parsed["step"]] = min(winners.get(parsed["step"], rank), rank)
    for step, (_, winner) in winners.items():
        metadata = step_lib.maybe_find_step_metadata(root, name_format, step=step)
        comparison.equal(f"{formats} finds step {step}", metadata and metadata.path.name, winner)

    for index, (prefix, length) in enumerate(formats):
        build = step_lib.standard_name_format(step_prefix=prefix, step_format_fixed_length=length).build_name
        comparison.equal(f"{(prefix, length)} builds", [build(step) for step in STEPS], answer["built"][index])

    temporary = {path.get().name: path.get_final().name for path in step_lib.all_temporary_paths(root)}
    for name, step in zip(all_names, answer["temporary"], strict=True):
        final = temporary.get(name)
        comparison.equal(f"{formats} reads the step of temporary {name!r}", found.get(final), step)


def compare_differences(comparison: Comparison) -> None:
    """Differences are claims about Orbax, too: each is checked on both sides."""
    answers = ask_steplease([question((spec,), [name]) for spec, name, _, _ in DIFFERENCES])
    for (spec, name, orbax_expected, expected), answer in zip(DIFFERENCES, answers, strict=True):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / name).mkdir()
            orbax: object
            try:
                orbax = next((metadata.step for metadata in orbax_format((spec,)).find_all(root)), None)
            except (TypeError, ValueError) as error:
                orbax = type(error)
        parsed = answer["final"][0]
        comparison.equal(f"{spec} {name!r}: what Orbax is known to do", orbax, orbax_expected)
        comparison.equal(f"{spec} {name!r}: what steplease does instead", expected, parsed and parsed["step"])


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    all_names = names()
    runs = [((prefix, length),) for prefix, length in itertools.product(PREFIXES, LENGTHS)] + list(COMPOSITES)
    comparison = Comparison()
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name in all_names:
            (root / name).mkdir(exist_ok=True)
        answers = ask_steplease([question(formats, all_names) for formats in runs])
        for formats, answer in zip(runs, answers, strict=True):
            compare_run(comparison, root, formats, all_names, answer)
    compare_differences(comparison)
    for line in comparison.disagreements:
        print(line, file=sys.stderr)
    print(json.dumps({"compared": comparison.compared, "disagreements": len(comparison.disagreements)}))
    sys.exit(1 if comparison.disagreements else 0)


if __name__ == "__main__":
    main()
