"""Where the server is: as a caller says, else as the environment says, else on this machine."""

from __future__ import annotations

import os
import ssl

from steplease.patience import Patience
from steplease.transport import Transport

DEFAULT_URL = "http://127.0.0.1:7878"


def transport_to(
    url: str | None = None, token: str | None = None, patience: Patience | None = None, tls: ssl.SSLContext | None = None
) -> Transport:
    """The way to the server; see `Client` for the arguments."""
    server = url or os.environ.get("STEPLEASE_URL") or DEFAULT_URL
    return Transport(server, token or os.environ.get("STEPLEASE_TOKEN"), patience=patience, tls=tls)
