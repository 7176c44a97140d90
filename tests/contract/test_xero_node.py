"""The vendor's Node client drives the mock.

It is not installed with the rest: `XERO_NODE_MODULES` names a folder in which
`npm install xero-node` was run. Without it this test is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mock_accounting.app import Server

_MODULES = os.environ.get("XERO_NODE_MODULES", "")
_SCRIPT = Path(__file__).with_name("xero_node.cjs")
_NODE = shutil.which("node") or "node"


@pytest.mark.skipif(not _MODULES, reason="XERO_NODE_MODULES is not set")
def test_the_node_client_books_an_order(server: Server) -> None:
    run = subprocess.run(
        [_NODE, _SCRIPT, _MODULES, server.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "organisation": "Demo Company (NL)",
        "refused": "Invoice # must be unique.",
        "status": "PAID",
        "credited": 5.41,
        "pdf": "%PDF-",
        "history": True,
    }
