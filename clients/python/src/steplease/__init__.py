"""Wait for, lease and restore checkpoints through a steplease server.

`steplease.checkpoint_utils` replaces `orbax.checkpoint.checkpoint_utils`, `steplease.orbax_policy` is for trainers.
"""

from steplease.bound_run import ALL_RUNS
from steplease.client import Client
from steplease.delivery import Delivery
from steplease.lease import Lease
from steplease.patience import Patience
from steplease.problem import (
    ForeignAnswer,
    LeaseUncertain,
    NoStep,
    Problem,
    RunFinished,
    ServerUnreachable,
    StepleaseError,
    Unprotected,
    WaitTimedOut,
)
from steplease.problem_codes import LeaseEnded
from steplease.version import __version__

__all__ = [
    "ALL_RUNS",
    "Client",
    "Delivery",
    "ForeignAnswer",
    "Lease",
    "LeaseEnded",
    "LeaseUncertain",
    "NoStep",
    "Patience",
    "Problem",
    "RunFinished",
    "ServerUnreachable",
    "StepleaseError",
    "Unprotected",
    "WaitTimedOut",
    "__version__",
]
