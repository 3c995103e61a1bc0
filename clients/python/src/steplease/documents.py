"""The JSON documents of the API, written from its schemas by `node dist/scripts/write-openapi.js`.

A newer server may add fields.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

# The first step that the consumer yields. `latest` (default): the newest step there is; `earliest`: the oldest; `next`: the
# first that comes; a number: the first step from that number on.
ConsumerStart = Union[Literal["latest", "earliest", "next"], int]  # noqa: UP007
PathElement = Union[str, int]  # noqa: UP007


class ConstructedRestoreArgs(TypedDict):
    """How to restore into the given target tree."""

    # In pytree order: dict keys sorted, sequences by index.
    leaves: list[RestoreLeaf]
    empty: list[EmptyNode]
    # Metadata that the trainer stored with the item; None without any.
    custom_metadata: Any


class ConsumerResult(TypedDict):
    """An acknowledged delivery."""

    step: int
    generation: str
    # When the delivery was acknowledged. RFC 3339, UTC, milliseconds.
    acked_at: str
    # How many times the step was delivered.
    attempts: int
    # The result that the worker gave; None without one.
    result: dict[str, Any] | None


class Delivery(TypedDict):
    """The delivery that a lease is. None for a lease that `POST /leases` granted, since no consumer delivered it."""

    # Name of the consumer.
    consumer: str
    # How many times the step was delivered, this delivery included.
    attempt: int


class EmptyNode(TypedDict):
    """A place in the tree that contains no leaf."""

    # Position in the tree. Strings are keys, integers are indices.
    path: list[PathElement]
    # Type of the empty value.
    value_type: Literal["None", "Dict", "List", "Tuple", "NamedTuple"]


class _Event(TypedDict):
    # Version of CloudEvents.
    specversion: Literal["1.0"]
    # The cursor just behind this event.
    id: str
    # Path of the run.
    source: str
    # Type of the event. Streams also carry `bookmark`, an event that only tells a cursor.
    type: str
    # When the event happened. RFC 3339, UTC, milliseconds.
    time: str


class Event(_Event, total=False):
    """One event, as CloudEvents 1.0 describes events."""

    # Step number, lease number or name.
    subject: str
    # The document that the event is about, such as a Step.
    data: dict[str, Any]


class EventPage(TypedDict):
    """One page of events, in the order in which they happened."""

    items: list[Event]
    # The value of `after` that asks for the events behind this page. The cursor advances even when `types` hides every
    # event.
    cursor: str
    # Whether more events are available already.
    more: bool


class InFlightStep(TypedDict):
    """A step that a worker holds."""

    step: int
    # Public number of the lease.
    number: int
    # How many times the step was delivered, this delivery included.
    attempt: int
    # Name that the lease's holder gave.
    holder: str | None


class _Lease(TypedDict):
    # An unguessable capability: whoever knows the id holds the lease.
    id: str
    # Public number of the lease. Numbers strictly increase.
    number: int
    run: str
    step: int
    # The saving of the step that is leased.
    generation: str
    # Every state but `active` is final. `lost`: something other than steplease removed files of the snapshot.
    state: Literal["active", "released", "expired", "broken", "lost"]
    holder: str | None
    labels: dict[str, str]
    # Directory that the holder reads. The contents stay the same until the lease ends, whatever the trainer deletes.
    path: str
    # `path` below the directory of the run; None when it lies elsewhere.
    relative_path: str | None
    # Directory of the step itself, as the trainer saved it.
    source_path: str
    # Whether there is a snapshot. Without one nothing is protected, and `path` is `source_path`.
    snapshot: bool
    # Time from a grant or a renewal to the end of the lease. Seconds.
    ttl: float
    # Seconds; None once the lease has ended.
    ttl_remaining: float | None
    # Seconds until the lease should be renewed: all that is left, where no renewal makes it longer; None once the lease has
    # ended.
    renew_after: float | None
    # When the lease was granted. RFC 3339, UTC, milliseconds.
    granted_at: str
    # When the lease ends if nobody renews it. RFC 3339, UTC, milliseconds.
    expires_at: str
    # When the lease ended; None while the lease is active. RFC 3339, UTC, milliseconds.
    ended_at: str | None
    # Why the lease ended, if anybody gave a reason.
    end_reason: str | None
    # Time that the grant waited for the step. Seconds.
    waited: float
    delivery: Delivery | None


class Lease(_Lease, total=False):
    """A time-limited hold on a snapshot of one generation of a step."""

    # Always `lease`.
    kind: Literal["lease"]
    # Name of the token that the lease was granted to, where a lease is shown or listed. Only admins are told. None: it was
    # granted before the server knew tokens.
    granted_to: str | None


class NameFormat(TypedDict):
    """One format of the names of steps."""

    # The text before the number; None for none.
    step_prefix: str | None
    # The text between prefix and number.
    step_separator: str
    # The length to which numbers are zero-padded; None for no padding.
    step_format_fixed_length: int | None


class NameFormatRequest(TypedDict, total=False):
    """One format of the names of steps."""

    # The text before the number, without the separator: `step` for `step_100`. None: no prefix.
    step_prefix: str | None
    # The text between prefix and number: Orbax writes `_` (default); other writers use `-`, `.` or nothing. Needs
    # `step_prefix`.
    step_separator: str
    # Numbers are zero-padded to this length. None: no padding.
    step_format_fixed_length: int | None


class ParkedStep(TypedDict):
    """A step that was delivered `max_deliver` times in vain."""

    step: int
    generation: str
    # How many times the step was delivered.
    attempts: int
    # When the consumer gave the step up. RFC 3339, UTC, milliseconds.
    parked_at: str


class _PublicLease(TypedDict):
    # Public number of the lease. Numbers strictly increase.
    number: int
    run: str
    step: int
    # The saving of the step that is leased.
    generation: str
    # Every state but `active` is final. `lost`: something other than steplease removed files of the snapshot.
    state: Literal["active", "released", "expired", "broken", "lost"]
    holder: str | None
    labels: dict[str, str]
    # Directory that the holder reads. The contents stay the same until the lease ends, whatever the trainer deletes.
    path: str
    # `path` below the directory of the run; None when it lies elsewhere.
    relative_path: str | None
    # Directory of the step itself, as the trainer saved it.
    source_path: str
    # Whether there is a snapshot. Without one nothing is protected, and `path` is `source_path`.
    snapshot: bool
    # Time from a grant or a renewal to the end of the lease. Seconds.
    ttl: float
    # Seconds; None once the lease has ended.
    ttl_remaining: float | None
    # Seconds until the lease should be renewed: all that is left, where no renewal makes it longer; None once the lease has
    # ended.
    renew_after: float | None
    # When the lease was granted. RFC 3339, UTC, milliseconds.
    granted_at: str
    # When the lease ends if nobody renews it. RFC 3339, UTC, milliseconds.
    expires_at: str
    # When the lease ended; None while the lease is active. RFC 3339, UTC, milliseconds.
    ended_at: str | None
    # Why the lease ended, if anybody gave a reason.
    end_reason: str | None
    # Time that the grant waited for the step. Seconds.
    waited: float
    delivery: Delivery | None


class PublicLease(_PublicLease, total=False):
    """A lease as lists and events show it: without the id."""

    # Name of the token that the lease was granted to, where a lease is shown or listed. Only admins are told. None: it was
    # granted before the server knew tokens.
    granted_to: str | None


class RestoreArgs(TypedDict):
    """How to restore an item of a checkpoint."""

    run: str
    step: int
    # Name of the item; None when the step itself is the item.
    item: str | None
    # In pytree order: dict keys sorted, sequences by index.
    leaves: list[RestoreLeaf]
    empty: list[EmptyNode]
    # Metadata that the trainer stored with the item; None without any.
    custom_metadata: Any


class _RestoreLeaf(TypedDict):
    # Position in the tree. Strings are keys, integers are indices.
    path: list[PathElement]
    # Name of Orbax's class.
    type: Literal["ArrayRestoreArgs", "RestoreArgs"]
    restore_type: Literal["jax.Array", "np.ndarray", "int", "float", "complex", "bool", "str", "ellipsis"]
    # Name in NumPy or ml_dtypes.
    dtype: str | None


class RestoreLeaf(_RestoreLeaf, total=False):
    """How one leaf of the tree is restored."""

    global_shape: list[int] | None
    # The sharding in Orbax's own serialized form.
    sharding: dict[str, Any] | None
    strict: bool


class Run(TypedDict):
    """One watched checkpoint root."""

    name: str
    directory: str
    # Waits go on waiting in every state but `finished`, `unavailable` included.
    state: Literal["waiting_for_directory", "watching", "finished", "unavailable"]
    # One sentence that explains the state.
    reason: str | None
    warnings: list[RunWarning]
    # Highest finalized step.
    latest_step: int | None
    # Number of finalized steps.
    step_count: int
    # Position in the event log that this document shows.
    cursor: str
    watch: RunWatch
    leases: RunLeases
    snapshots: RunSnapshots
    options: RunOptions


class RunLeases(TypedDict):
    """The leases of the run."""

    # Number of active leases.
    active: int


class RunOptions(TypedDict):
    """The options of a run, defaults included."""

    # Earlier formats win.
    step_name_formats: list[NameFormat]
    # How a finished step is marked.
    commit_mode: Literal["auto", "atomic_rename", "commit_file"]
    # Name of the file inside a step that marks it as finished, with `commit_mode` `commit_file`.
    commit_marker: str
    # Seconds for which a tree must stay unchanged before it counts, where nothing else shows that its writer had finished.
    settle: float
    # How changes of the directory are noticed.
    watch: Literal["auto", "events", "poll"]
    # Seconds from one scan to the next.
    poll_interval: float
    # How snapshots keep the files of a step.
    snapshot_mode: Literal["hardlink", "reflink", "copy", "none"]
    # How the directories of snapshots are named.
    snapshot_layout: Literal["generation", "orbax"]
    # Directory of the snapshots; None: inside the directory of the run.
    snapshot_dir: str | None
    # Whether snapshots are made read-only.
    immutable: bool
    # No snapshot is made while less space is free. None: 5 % of the filesystem, at most 10 GiB.
    min_free_bytes: int | None
    # Most active leases of one step; None: no limit.
    max_leases_per_step: int | None


class RunSettings(TypedDict, total=False):
    """Options of a run, for `Client.put_run` and `Client.change_run`."""

    # The text before the number, without the separator: `step` for `step_100`. None: no prefix.
    step_prefix: str | None
    # The text between prefix and number: Orbax writes `_` (default); other writers use `-`, `.` or nothing. Needs
    # `step_prefix`.
    step_separator: str
    # Numbers are zero-padded to this length. None: no padding.
    step_format_fixed_length: int | None
    # Several name formats, earlier ones win (Orbax's composite format). Replaces `step_prefix`, `step_separator` and
    # `step_format_fixed_length`, which must be left out then.
    step_name_formats: list[NameFormatRequest]
    # How a finished step is marked: by its final name (`atomic_rename`) or by a file inside it (`commit_file`). `auto` is
    # `commit_file` behind gcsfuse, else `atomic_rename`.
    commit_mode: Literal["auto", "atomic_rename", "commit_file"]
    # Name of the file inside a step that marks it as finished, for writers other than Orbax. Implies `commit_mode`
    # `commit_file`. Orbax writes `commit_success.txt` (default).
    commit_marker: str
    # Seconds for which a tree must stay unchanged before it counts, where nothing else shows that its writer had finished
    # (a copy, a sync, a write in place).
    settle: float
    # How changes are noticed. `auto`: by events where the filesystem gives them, else by polling.
    watch: Literal["auto", "events", "poll"]
    # Seconds between two looks at the directory.
    poll_interval: float
    # How a leased step is kept. No mode falls back to another.
    snapshot_mode: Literal["hardlink", "reflink", "copy", "none"]
    # How snapshots are named: by generation, or where Orbax looks for snapshots (`_SNAPSHOTS/STEP`).
    snapshot_layout: Literal["generation", "orbax"]
    # The directory of the run's snapshots: absolute, under an allowed root, and of this run alone. None: inside the run's
    # directory.
    snapshot_dir: str | None
    # Whether snapshot directories get mode 0555 and, with `reflink` and `copy`, their files 0444.
    immutable: bool
    # Free bytes of the filesystem below which no snapshots are made. None: 5 % of the filesystem, at most 10 GiB.
    min_free_bytes: int | None
    # Most active leases of one step. None: no limit.
    max_leases_per_step: int | None


class RunSnapshots(TypedDict):
    """The snapshots of the run."""

    # Number of snapshots.
    count: int
    # Bytes on disk that only snapshots still hold.
    retained_bytes: int


class RunWarning(TypedDict):
    """Something that keeps the run from working as it probably should."""

    code: str
    detail: str
    hint: str | None


class RunWatch(TypedDict):
    """How the directory is watched."""

    # How changes are noticed at present.
    mode: Literal["events", "poll"]
    # Whether the filesystem gives no events although they were asked for.
    degraded: bool
    # When the directory was last scanned; None before the first scan. RFC 3339, UTC, milliseconds.
    last_scan_at: str | None
    # Number of scans since the server started.
    scans: int


class Step(TypedDict):
    """One directory entry of a checkpoint root."""

    run: str
    # Step number; None when the name contains none.
    step: int | None
    # Name of the directory entry.
    name: str
    # Names one particular saving of the step. A step that is saved again is a new generation.
    generation: str | None
    # `finalized`: complete. `temporary`: not complete yet. `deleting`: no longer complete. `foreign`: no step.
    state: Literal["finalized", "temporary", "deleting", "foreign"]
    # One sentence that explains the state.
    reason: str
    path: str
    # Path below the directory of the run, for readers that mount the root elsewhere.
    relative_path: str
    # When the step became final. RFC 3339, UTC, milliseconds.
    committed_at: str | None
    # When the saving of the step began. RFC 3339, UTC, milliseconds.
    init_at: str | None
    # Names of the items. A step that was saved straight into its directory has none. In lists None until known; `GET
    # /steps/{step}` fills the field in.
    items: list[str] | None
    # Metrics that were saved with the step. NaN and infinities are strings. In lists None until known; `GET /steps/{step}`
    # fills the field in.
    metrics: dict[str, Any] | None
    # Metadata that the trainer saved with the step. In lists None until known; `GET /steps/{step}` fills the field in.
    custom_metadata: dict[str, Any] | None
    # Size of all files. In lists None until known; `GET /steps/{step}` fills the field in.
    size_bytes: int | None
    # Number of files. In lists None until known; `GET /steps/{step}` fills the field in.
    file_count: int | None
    # Number of active leases on the step.
    leases: int
    snapshot: StepSnapshot | None


class StepConsumer(TypedDict):
    """A durable iterator over the steps of a run."""

    name: str
    run: str
    # `latest` yields the newest step beyond the last one yielded; `every` yields each finalized generation in order.
    mode: Literal["latest", "every"]
    start: ConsumerStart
    # The consumer yields only steps that are multiples of this number.
    every_k: int
    # Shortest time from one grant to the next. Seconds.
    min_interval: float
    # Most snapshots that are held in advance.
    max_pending: int
    # Most deliveries under way at once.
    max_in_flight: int
    # Most deliveries of one step.
    max_deliver: int
    # TTL of the leases, unless a worker asks for another. Seconds.
    ttl: float
    # When the consumer was created. RFC 3339, UTC, milliseconds.
    created_at: str
    # Every step before this one is acknowledged.
    last_acked_step: int | None
    # Steps that wait for a worker, in the order in which they will be yielded.
    pending: list[int]
    in_flight: list[InFlightStep]
    parked: list[ParkedStep]
    # Number of steps that would still be yielded.
    lag: int
    # Why the last hold failed. The hold is tried again while the step exists; None once a hold has succeeded.
    last_error: str | None


class StepSnapshot(TypedDict):
    """The snapshot that the leases and holds of the step share."""

    path: str
    # Path below the directory of the run; None when the snapshot lies elsewhere.
    relative_path: str | None
    # How the files of the step were kept.
    mode: Literal["hardlink", "reflink", "copy", "none"]
    # When the snapshot was complete. RFC 3339, UTC, milliseconds.
    created_at: str
    # Bytes on disk that only the snapshot still holds.
    retained_bytes: int


class Verification(TypedDict):
    """Whether a checkpoint is whole."""

    run: str
    step: int
    # Whether nothing is missing, too short, or at odds with its checksum.
    ok: bool
    items: list[VerifiedItem]
    # Number of files that were checked.
    checked_files: int
    # Number of bytes that were read, each counted once.
    checked_bytes: int


class VerificationProblem(TypedDict):
    """One fault of a checkpoint."""

    # Path of the file below the item or step.
    file: str
    code: Literal["missing", "too_short", "checksum_mismatch", "malformed", "contradiction", "uncommitted"]
    # One sentence that explains the problem.
    detail: str


class VerifiedItem(TypedDict):
    """Findings about one item of a checkpoint."""

    # Name of the item; None for the step itself, which is the item or has the problem.
    item: str | None
    # Whether the item has no problems.
    ok: bool
    problems: list[VerificationProblem]


class Versions(TypedDict):
    """The versions of a server."""

    name: str
    # Version of the package.
    version: str
    # Version of Node.js.
    node: str
    # Version of this API.
    api: str


class _Wait(TypedDict):
    run: str
    # Whether the wait ended with a step.
    satisfied: bool
    # The highest finalized step, which may be higher than `until`; -1 without a step.
    step: int
    # Why the wait ended. `reached`: there is a step. `timeout`: the timeout of the request passed. `finished`: the run is
    # finished, so no step will come; for a consumer also: nothing is pending, in flight or delayed. `max_wait`: the longest
    # wait that the server allows passed before the timeout did; ask again. `in_flight_limit`: the timeout passed, and only
    # `max_in_flight` of the consumer held a delivery back.
    reason: Literal["reached", "timeout", "finished", "max_wait", "in_flight_limit"]
    # Position in the event log at which the wait ended.
    cursor: str
    # Duration of the wait. Seconds.
    waited: float
    # The timeout that applied. Seconds.
    timeout: float


class Wait(_Wait, total=False):
    """The end of a wait. `item` is there when `GET /wait` is satisfied; `detail` when there is no step."""

    # Always `wait`.
    kind: Literal["wait"]
    item: Step
    # One sentence that explains why there is no step. Left out with a step.
    detail: str


class WaitRecord(TypedDict):
    """One ended wait."""

    run: str
    # The step number that was waited for; None when any step would do.
    until: int | None
    # When the wait began. RFC 3339, UTC, milliseconds.
    started_at: str
    # Duration of the wait. Seconds.
    duration: float
    # `cancelled`: the client hung up, or the server ended the wait.
    outcome: Literal["reached", "timeout", "finished", "cancelled"]
    # The step that ended the wait; None without one.
    step: int | None
    # The call that waited: `GET /wait`, a lease or a consumer.
    source: Literal["wait", "lease", "consumer"]


class WaitSummary(TypedDict):
    """Counts and durations of the ended waits that are still recorded."""

    # Number of waits that ended.
    count: int
    # Number of waits that ended with a step.
    reached: int
    # Number of waits that timed out.
    timeout: int
    # Number of waits that ended because the run was finished.
    finished: int
    # Number of waits that were cancelled.
    cancelled: int
    # Median duration. Seconds; None without waits.
    p50: float | None
    # 90th percentile of the durations. Seconds; None without waits.
    p90: float | None
    # 99th percentile of the durations. Seconds; None without waits.
    p99: float | None
    # Longest duration. Seconds; None without waits.
    max: float | None
