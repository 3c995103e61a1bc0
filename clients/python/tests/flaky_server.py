"""An HTTP server that fails as it is told to: the one thing that a real server cannot be made to do on time."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

Handler = http.server.BaseHTTPRequestHandler
Script = list[Callable[["Handler"], None]]


def hang_up(handler: Handler) -> None:
    """Reads the request, and closes the connection without an answer."""
    handler.close_connection = True


def answer(status: int, document: Any, **headers: str) -> Callable[[Handler], None]:
    """Answers with JSON."""

    def send(handler: Handler) -> None:
        content = json.dumps(document).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return send


@contextlib.contextmanager
def flaky_server(script: Script) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yields the URL, and the requests as they come: `path`, `headers` and `body`. The last reaction goes on for ever."""
    requests: list[dict[str, Any]] = []

    class Scripted(Handler):
        def do_GET(self) -> None:
            self.react()

        def do_POST(self) -> None:
            self.react()

        def do_DELETE(self) -> None:
            self.react()

        def react(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen = {"path": self.path, "headers": dict(self.headers), "body": json.loads(body) if body else None}
            requests.append(seen)
            script[min(len(requests), len(script)) - 1](self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scripted) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()
            thread.join()
