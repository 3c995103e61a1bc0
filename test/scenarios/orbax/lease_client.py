"""The few calls of steplease's HTTP contract that an evaluator needs; standard library only."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class LeaseClient:
    def __init__(self, url: str, run: str) -> None:
        self._url = url.rstrip("/")
        self._query = "?" + urllib.parse.urlencode({"run": run})

    def wait_and_lease(self, until: int, *, ttl: float, timeout: float, holder: str) -> dict[str, Any] | tuple[str, None]:
        """The lease on the newest step from `until` on, or `(reason, None)` when the wait ended without one."""
        body = {"until": until, "ttl": ttl, "timeout": timeout, "holder": holder}
        status, answer = self._call("POST", "/leases" + self._query, body, patience=timeout + 30)
        if status == 201:
            return answer
        if status == 200 and answer["satisfied"] is False and answer["step"] == -1:
            return answer["reason"], None
        raise RuntimeError(f"POST /leases answered {status} {answer}")

    def renew(self, lease: dict[str, Any]) -> dict[str, Any]:
        status, answer = self._call("POST", f"/leases/{lease['id']}/renew", {})
        if status != 200 or answer["state"] != "active":
            raise RuntimeError(f"renew answered {status} {answer}")
        return answer

    def release(self, lease: dict[str, Any]) -> None:
        status, answer = self._call("DELETE", f"/leases/{lease['id']}")
        if status != 204:
            raise RuntimeError(f"DELETE answered {status} {answer}")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, patience: float = 30) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=patience) as response:
                content = response.read()
                return response.status, json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            # problem+json: the detail and hint say what went wrong.
            raise RuntimeError(f"{method} {path.split('?')[0][:8]}…: {error.code} {error.read().decode()}") from error
