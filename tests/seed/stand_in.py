"""Stands in for both `sluice` and `mock-accounting` in tests of the demo.

It writes down how it was called, and as `serve` answers for its health and as
the intake. Files in the demo's folder change what it does:

- `fail-<first word>`: that command ends with exit status 3; once, if it says so.
- `refuse`: the intake answers 500.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FOLDER = Path.cwd()
NAME = Path(sys.argv[0]).name


def main() -> None:
    arguments = sys.argv[1:]
    text = sys.stdin.read() if "--password-stdin" in arguments else ""
    note(
        "calls",
        {
            "name": NAME,
            "pid": os.getpid(),
            "arguments": arguments,
            "stdin": text,
            "env": {
                k: v
                for k, v in os.environ.items()
                if k.startswith(("SLUICE_", "MOCK_"))
            },
        },
    )
    fails = FOLDER / f"fail-{arguments[0]}"
    if fails.exists():
        if fails.read_text() == "once":
            fails.unlink()
        sys.stderr.write("This went wrong.\n")
        sys.exit(3)
    if arguments[0] == "serve":
        port = int(arguments[arguments.index("--port") + 1])
        ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def note(name: str, what: object) -> None:
    with (FOLDER / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200 if self.path in {"/healthz", "/__mock__/health"} else 404)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/__mock__/"):
            self.answer(200, b"{}")
            return
        secret = json.loads((FOLDER / "demo.json").read_text())["shop_secret"]
        digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
        signed = base64.b64encode(digest).decode()
        good = signed == self.headers["X-WC-Webhook-Signature"]
        order = json.loads(raw)
        note("orders", [self.path, good, order["number"], order["status"]])
        self.answer(500 if (FOLDER / "refuse").exists() else 202)

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing to log."""


main()
