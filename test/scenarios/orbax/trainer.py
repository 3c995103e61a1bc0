"""A trainer: saves steps 100, 200, … with a real Orbax CheckpointManager, which deletes the old ones.

Prints one JSON line per step when Orbax has committed it, and one at the end.
"""

import argparse
import json
import pathlib
import time

import orbax.checkpoint as ocp
from training_state import training_state

STRIDE = 100


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def train(root: pathlib.Path, steps: int, interval: float, max_to_keep: int) -> None:
    options = ocp.CheckpointManagerOptions(max_to_keep=max_to_keep, best_fn=lambda metrics: metrics["accuracy"])
    # Tracking the best is what makes CheckpointManager write metrics; to it, a later step is always the better one.
    with ocp.CheckpointManager(root, options=options) as manager:
        for number in range(1, steps + 1):
            step = number * STRIDE
            saved = manager.save(
                step,
                args=ocp.args.StandardSave(training_state(step)),
                metrics={"accuracy": number / steps, "loss": float("nan") if number == 1 else 1 / number},
            )
            manager.wait_until_finished()
            say(event="saved", step=step, saved=saved, at=time.time(), kept=sorted(manager.all_steps()))
            time.sleep(interval)
        kept = sorted(manager.all_steps(read=True))
    expected = [number * STRIDE for number in range(1, steps + 1)][-max_to_keep:]
    say(event="done", steps=steps, last_step=steps * STRIDE, kept=kept)
    if kept != expected:
        raise SystemExit(f"Orbax kept {kept}, not {expected}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path, help="checkpoint root, made if missing")
    parser.add_argument("steps", type=int, help="how many steps to save")
    parser.add_argument("interval", type=float, help="seconds to rest after each step")
    parser.add_argument("--max-to-keep", type=int, default=2)
    arguments = parser.parse_args()
    train(arguments.root.resolve(), arguments.steps, arguments.interval, arguments.max_to_keep)


if __name__ == "__main__":
    main()
