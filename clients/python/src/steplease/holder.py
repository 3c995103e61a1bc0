"""What others see of a process that holds a lease and gives no name of its own."""

from __future__ import annotations

import os
import socket

# The longest that the contract allows.
_LONGEST = 128


def this_process() -> str:
    """Host and process, as the command line names itself."""
    return f"{socket.gethostname()}:{os.getpid()}"[-_LONGEST:]
