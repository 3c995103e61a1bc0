"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steplease.transport import Request, Transport

_PAGE = 10_000


def all_items(transport: Transport, path: str, query: Mapping[str, object]) -> list[Any]:
    """The items of every page."""
    items: list[Any] = []
    page: str | None = None
    while True:
        request = Request("GET", path, {**query, "limit": _PAGE, "page": page})
        document = transport.call(request).document
        items += document["items"]
        page = document["next_page"]
        if page is None:
            return items
