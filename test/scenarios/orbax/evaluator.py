"""An evaluator: leases each new step over HTTP, waits until the trainer has deleted the original, and only then restores the
leased copy with real Orbax and compares every value.

Prints JSON lines. Exits 1 when a value differs, a lease breaks, or too few steps were restored after their deletion.
"""

import argparse
import json
import pathlib
import sys
import time

import orbax.checkpoint as ocp
from lease_client import LeaseClient
from training_state import check_differences, differences


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


class Evaluator:
    def __init__(self, client: LeaseClient, options: argparse.Namespace) -> None:
        self._client = client
        self._options = options
        self._checkpointer = ocp.StandardCheckpointer()
        self.steps: list[int] = []
        self.after_deletion = 0
        self.failures = 0

    def run(self) -> None:
        """Ends after the last step, when the run is finished, or when no step comes within the patience."""
        until = 0
        give_up = time.monotonic() + self._options.patience
        while time.monotonic() < give_up:
            lease = self._client.wait_and_lease(
                until, ttl=self._options.ttl, timeout=self._options.timeout, holder=self._options.holder
            )
            if isinstance(lease, tuple):
                say(event="nothing", until=until, reason=lease[0])
                if lease[0] == "finished":
                    return
                continue
            step = lease["step"]
            if step < until:
                raise RuntimeError(f"asked for a step from {until} on, got {step}")
            self._evaluate(lease)
            if step >= self._options.last_step:
                return
            until = step + 1
            give_up = time.monotonic() + self._options.patience
        raise RuntimeError(f"no step from {until} on within {self._options.patience} s")

    def _evaluate(self, lease: dict) -> None:
        step = lease["step"]
        say(event="leased", step=step, number=lease["number"], path=lease["path"], waited=lease["waited"])
        deleted = self._hold_until_deleted(lease)
        path = pathlib.Path(lease["path"])
        found = differences(self._checkpointer.restore(path / "default"), step)
        say(event="restored", step=step, original_deleted=deleted, equal=not found, differences=found)
        self._client.release(lease)
        say(event="released", step=step, path_remains=path.exists())
        self.steps.append(step)
        self.after_deletion += deleted
        self.failures += bool(found)

    def _hold_until_deleted(self, lease: dict) -> bool:
        """Whether the original went while the lease was held. The last steps of a training are never deleted."""
        source = pathlib.Path(lease["source_path"])
        give_up = time.monotonic() + self._options.hold
        renew_at = time.monotonic() + lease["renew_after"]
        while source.exists():
            now = time.monotonic()
            if now >= give_up or lease["step"] >= self._options.kept_from:
                return False
            if now >= renew_at:
                self._client.renew(lease)
                renew_at = now + lease["renew_after"]
            time.sleep(0.02)
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="of the server, such as http://127.0.0.1:7878")
    parser.add_argument("--run", default="default")
    parser.add_argument("--holder", default="evaluator")
    parser.add_argument("--last-step", type=int, required=True, help="end after this step")
    parser.add_argument("--kept-from", type=int, help="the trainer keeps this step and later ones for good (default: last step)")
    parser.add_argument("--ttl", type=float, default=10, help="seconds of each lease (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=5, help="seconds of one wait (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=60, help="seconds without a step to fail after")
    parser.add_argument("--hold", type=float, default=20, help="seconds to wait for the deletion of the original")
    parser.add_argument("--min-after-deletion", type=int, default=1, help="fewer restores after deletion fail")
    options = parser.parse_args()
    if options.kept_from is None:
        options.kept_from = options.last_step
    check_differences()
    evaluator = Evaluator(LeaseClient(options.url, options.run), options)
    evaluator.run()
    ok = evaluator.failures == 0 and evaluator.after_deletion >= options.min_after_deletion
    say(
        event="done",
        ok=ok,
        steps=evaluator.steps,
        restored_after_deletion=evaluator.after_deletion,
        failures=evaluator.failures,
    )
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
