"""The server's closed catalogue of codes, each an exception: catch what you can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steplease.problem import Problem, Unprotected


class LeaseEnded(Problem, Unprotected):
    """The lease is over: its path is no longer protected."""

    advice = "stop reading its path, and take a new one with client.lease()"


class InvalidRequest(Problem):
    """A value breaks a rule of the contract."""

    code = "invalid_request"


class RunRequired(Problem):
    """No run was named, and the server cannot tell which one is meant: it has none, or several without a `default`."""

    code = "run_required"
    advice = 'pass run="NAME" to Client or to the call; client.runs() lists the runs'


class Unauthorized(Problem):
    """The token is missing or unknown."""

    code = "unauthorized"
    advice = "pass token=... to Client, or set STEPLEASE_TOKEN"


class Forbidden(Problem):
    """The token's scope does not reach this far."""

    code = "forbidden"


class DirectoryNotAllowed(Problem):
    """The directory lies under no `--allow-root` of the server."""

    code = "directory_not_allowed"


class OriginForbidden(Problem):
    """A web page of a foreign origin called."""

    code = "origin_forbidden"


class NotFound(Problem):
    """There is no such path."""

    code = "not_found"
    advice = "is the server older than this client? client.version() tells"


class RunNotFound(Problem):
    """No run has this name."""

    code = "run_not_found"
    advice = "client.runs() lists the runs; client.put_run(NAME, DIRECTORY) registers one"


class StepNotFound(Problem):
    """The run has no such finalized step."""

    code = "step_not_found"
    advice = 'client.steps(state="all") shows every entry of the directory, and why it counts or not'


class ItemNotFound(Problem):
    """The step has no such item."""

    code = "item_not_found"


class LeaseNotFound(Problem):
    """No lease has this id, or it ended long ago."""

    code = "lease_not_found"
    advice = "client.leases() lists the active ones"


class ConsumerNotFound(Problem):
    """The run has no such consumer."""

    code = "consumer_not_found"
    advice = "client.consumers() lists them; client.consumer(NAME).put(MODE) makes one"


class MethodNotAllowed(Problem):
    """The path does not take this method."""

    code = "method_not_allowed"


class DirectoryTaken(Problem):
    """Another run watches this directory."""

    code = "directory_taken"


class RunInUse(Problem):
    """Leases, holds or consumers stand in the way."""

    code = "run_in_use"
    advice = "release the leases and delete the consumers first; client.delete_run(NAME, force=True) does not wait for that"


class SnapshotFailed(Problem):
    """The step could not be linked or copied; the document has `errno`."""

    code = "snapshot_failed"


class SnapshotPathBusy(Problem):
    """Something else occupies the path of the snapshot."""

    code = "snapshot_path_busy"


class SnapshotDirInUse(Problem):
    """The snapshot directory belongs to another server."""

    code = "snapshot_dir_in_use"


class ConsumerExists(Problem):
    """The consumer exists with another mode or start."""

    code = "consumer_exists"
    advice = "use another name, or client.consumer(NAME).delete() first"


class NameTaken(Problem):
    """Another token has the name."""

    code = "name_taken"


class NotADelivery(Problem):
    """The lease was not granted by a consumer."""

    code = "not_a_delivery"
    advice = "lease.release() releases it"


class CursorExpired(Problem):
    """The cursor is malformed, foreign or too old."""

    code = "cursor_expired"
    advice = "list with client.steps() and go on with client.watch(after=error.cursor)"

    @property
    def cursor(self) -> str:
        """The current cursor: list what is there, and go on from it."""
        return str(self.document["cursor"])


class StepGone(Problem):
    """The step was deleted while it was snapshotted."""

    code = "step_gone"
    advice = 'lease a newer step, or "latest"'


class LeaseExpired(LeaseEnded):
    """The lease was not renewed in time."""

    code = "lease_expired"


class LeaseReleased(LeaseEnded):
    """The lease was let go."""

    code = "lease_released"


class LeaseBroken(LeaseEnded):
    """An administrator ended the lease, or its run was removed."""

    code = "lease_broken"


class LeaseLost(LeaseEnded):
    """The files of the lease vanished by other hands."""

    code = "lease_lost"


class PayloadTooLarge(Problem):
    """The body is larger than the server takes."""

    code = "payload_too_large"


class UnsupportedMediaType(Problem):
    """The body is not `application/json`."""

    code = "unsupported_media_type"
    advice = "this client sends application/json: look for a proxy that changes headers"


class HostUnknown(Problem):
    """The server is not known under this host name."""

    code = "host_unknown"


class IdempotencyMismatch(Problem):
    """The idempotency key was used for another request."""

    code = "idempotency_mismatch"


class ItemRequired(Problem):
    """The step has several items: say which one is meant."""

    code = "item_required"
    advice = 'pass item="NAME"'


class MetadataUnreadable(Problem):
    """A metadata file of the checkpoint is damaged."""

    code = "metadata_unreadable"
    advice = "client.verify(STEP) tells what else is wrong with the checkpoint"


class UnsupportedType(Problem, ValueError):
    """A leaf of the target is of a kind that Orbax does not restore; it raises ValueError for it."""

    code = "unsupported_type"


class TooManyWaits(Problem):
    """As many requests wait as the server permits."""

    code = "too_many_waits"


class TooManyLeases(Problem):
    """As many leases are active as the server permits."""

    code = "too_many_leases"
    advice = "release some; client.change_run() raises max_leases_per_step of the run, --max-leases the limit of the server"


class TooManyRequests(Problem):
    """Requests come faster than the server permits."""

    code = "too_many_requests"


class LimitReached(Problem):
    """There are as many runs, consumers or event streams as the server permits; `document["setting"]` names the limit."""

    code = "limit_reached"
    advice = "remove some that nobody needs, or raise the setting of the server that the detail names"


class Internal(Problem):
    """The server failed; `request_id` finds the reason in its log."""

    code = "internal"


class ShuttingDown(Problem):
    """The server is being stopped."""

    code = "shutting_down"


class RunUnavailable(Problem):
    """The run's directory cannot be read at the moment."""

    code = "run_unavailable"


class Overloaded(Problem):
    """The server has more to do than it can."""

    code = "overloaded"


class InsufficientStorage(Problem):
    """There is no room for a snapshot."""

    code = "insufficient_storage"
    advice = "free space there, or lower min_free_bytes of the run with client.change_run()"


def problem(status: int, document: Mapping[str, Any]) -> Problem:
    """The exception for an answer; a code of a newer server is a plain `Problem`."""
    return Problem.of_code.get(str(document.get("code")), Problem)(status, document)
