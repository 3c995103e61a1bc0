"""One process of a multihost job that evaluates with the drop-in. Arguments: coordinator, number, processes, directory, fault."""

from __future__ import annotations

import json
import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
from etils import epath
from jax.experimental import multihost_utils

from steplease import checkpoint_utils
from steplease.orbax_policy import LeasedSteps
from steplease.transport import Answer, Request, Transport


class _Info:
    def __init__(self, step: int) -> None:
        self.step = step


def main() -> None:
    coordinator, number, processes, directory, fault = sys.argv[1:]
    jax.distributed.initialize(coordinator, int(processes), int(number))
    requests: list[str] = []
    attempt = Transport.attempt

    def counted(self: Transport, request: Request) -> Answer:
        requests.append(request.path)
        return attempt(self, request)

    Transport.attempt = counted  # type: ignore[method-assign]
    if fault == "misconfigured":
        os.environ["STEPLEASE_URL"] = "nowhere"
    steps: list[list[object]] = []
    outcome = "ended"
    try:
        for step in checkpoint_utils.checkpoints_iterator(directory, timeout=0):
            kept = LeasedSteps(directory, deadline=20).should_preserve([_Info(1), _Info(2**40), _Info(step)], context=None)
            snapshot = checkpoint_utils.get_snapshot_dir_from_step_dir(epath.Path(directory) / str(step))
            steps.append([step, kept, snapshot.parts[-3 if "_STEPLEASE" in snapshot.parts else -2], snapshot.exists()])
        with checkpoint_utils.wait_for_new_checkpoint(directory, until_step=2**50, timeout=0) as step:
            steps.append([step])
    except Exception as error:
        outcome = type(error).__name__
    print(json.dumps({"steps": steps, "requests": len(requests), "outcome": outcome}), flush=True)
    # The first process serves the others: it must not end before they do.
    multihost_utils.sync_global_devices("end")


main()
