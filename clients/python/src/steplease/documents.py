"""The JSON documents of the contract, as they are. A newer server may add fields."""

from __future__ import annotations

from typing import Any, TypedDict


class NameFormat(TypedDict):
    """How steps are named: `[prefix_]N`, N padded with zeros to the fixed length."""

    step_prefix: str | None
    step_format_fixed_length: int | None


class RunWarning(TypedDict):
    """What would otherwise look dead, and what to do about it."""

    code: str
    detail: str
    hint: str | None


class RunOptions(TypedDict, total=False):
    """The body of `PUT /runs/{run}` without the directory; `poll_interval` in seconds."""

    step_name_formats: list[NameFormat]
    commit_mode: str
    watch: str
    poll_interval: float
    snapshot_mode: str
    snapshot_layout: str
    snapshot_dir: str | None
    immutable: bool
    min_free_bytes: int | None
    max_leases_per_step: int | None


class Run(TypedDict):
    """One watched checkpoint root."""

    name: str
    directory: str
    state: str
    reason: str | None
    warnings: list[RunWarning]
    latest_step: int | None
    step_count: int
    cursor: str
    watch: dict[str, Any]
    leases: dict[str, int]
    snapshots: dict[str, int]
    options: RunOptions


class Step(TypedDict):
    """One checkpoint of a run. In lists the costly fields may be None until they are known."""

    run: str
    step: int | None
    name: str
    generation: str | None
    state: str
    reason: str
    path: str
    relative_path: str
    committed_at: str | None
    init_at: str | None
    items: list[str] | None
    metrics: dict[str, Any] | None
    custom_metadata: dict[str, Any] | None
    size_bytes: int | None
    file_count: int | None
    leases: int
    snapshot: dict[str, Any] | None


class Wait(TypedDict):
    """The answer of a wait; `step` is -1 when it was not satisfied. `waited` and `timeout` in seconds."""

    run: str
    satisfied: bool
    step: int
    reason: str
    cursor: str
    waited: float
    timeout: float


class Delivery(TypedDict):
    """Which consumer granted a lease, and at which attempt."""

    consumer: str
    attempt: int


class _Lease(TypedDict):
    number: int
    run: str
    step: int
    generation: str
    state: str
    holder: str | None
    labels: dict[str, str]
    path: str
    relative_path: str | None
    source_path: str
    snapshot: bool
    ttl: float
    ttl_remaining: float | None
    renew_after: float | None
    granted_at: str
    expires_at: str
    waited: float


class PublicLease(_Lease, total=False):
    """A lease as others see it: without its id, which is the right to it."""

    ended_at: str | None
    end_reason: str | None


class HeldLease(PublicLease, total=False):
    """A lease as its holder sees it."""

    id: str
    delivery: Delivery


class Consumer(TypedDict):
    """A durable iterator; `lag` is what it would still yield."""

    name: str
    run: str
    mode: str
    last_acked_step: int | None
    pending: list[int]
    in_flight: list[dict[str, Any]]
    parked: list[Any]
    lag: int
    last_error: Any


class Event(TypedDict, total=False):
    """CloudEvents 1.0. `id` is the cursor; a `bookmark` carries nothing else."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: dict[str, Any]


class EventPage(TypedDict):
    """Events after a cursor; `cursor` goes forward even when all were filtered out."""

    items: list[Event]
    cursor: str
    more: bool


# From the root to a node: strings are keys, integers are indices.
Path = list[str | int]


class Leaf(TypedDict, total=False):
    """How one leaf is restored."""

    path: Path
    type: str
    restore_type: str
    dtype: str | None
    global_shape: list[int] | None
    sharding: dict[str, Any] | None
    strict: bool


class EmptyNode(TypedDict):
    """A place of the tree that holds no leaf."""

    path: Path
    value_type: str


class RestoreArgs(TypedDict):
    """The answer of `/restore-args`."""

    leaves: list[Leaf]
    empty: list[EmptyNode]
    custom_metadata: Any


class ItemRestoreArgs(RestoreArgs):
    """The same of a stored item; `item` is None when the step itself is the item."""

    run: str
    step: int
    item: str | None
