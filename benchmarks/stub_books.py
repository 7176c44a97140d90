"""Books that say yes to everything, as cheaply as Python can: to measure clients with.

    python -m benchmarks.stub_books 50        answers after 50 ms

Prints its address. It keeps nothing: every element comes back with an id.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from typing import Final

_IDS: Final = {
    "Contacts": "ContactID",
    "Invoices": "InvoiceID",
    "Payments": "PaymentID",
}
_TOKEN: Final = b'{"access_token": "token", "expires_in": 3600}'
_TENANTS: Final = b'[{"tenantId": "3b6c4d5e-0000-4000-8000-000000000001"}]'
_ids = itertools.count(1)


async def _serve(delay_s: float) -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                if delay_s:
                    await asyncio.sleep(delay_s)
                content = _answer(head.split(b" ", 2)[1].decode(), body)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=10_000_000)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)


def _answer(target: str, body: bytes) -> bytes:
    path = target.split("?", 1)[0]
    if path == "/connect/token":
        return _TOKEN
    if path == "/connections":
        return _TENANTS
    collection = path.rsplit("/", 1)[1]
    elements = json.loads(body)[collection]
    for element in elements:
        element[_IDS[collection]] = f"00000000-0000-4000-8000-{next(_ids):012}"
    return json.dumps({collection: elements}).encode()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) / 1000))
