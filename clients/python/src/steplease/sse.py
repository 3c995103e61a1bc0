"""Server-sent events, as the HTML standard describes them, as much as the contract uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One event; `id` is empty where it has none."""

    type: str
    id: str
    data: str


def read_messages(lines: Iterable[bytes]) -> Iterator[Message]:
    """Yields each complete message; one that the end of the stream cuts off is dropped."""
    kind, message_id = "message", ""
    data: list[str] = []
    for raw in lines:
        line = raw.decode().rstrip("\r\n")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data or message_id:
                yield Message(kind, message_id, "\n".join(data))
            kind, message_id, data = "message", "", []
        elif name == "event":
            kind = value
        elif name == "id":
            message_id = value
        elif name == "data":
            data.append(value)
