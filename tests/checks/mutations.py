"""Sends broken variants of valid requests, byte by byte, to a running server and counts the answers.

    python -m tests.checks.mutations http://127.0.0.1:8000 dh_… --count 100000 --seed 1

Ends with 1, and prints the requests, if an answer was 5xx.
"""

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests import loopback

INTERESTING = [
    b"\x00",
    b"\xff",
    b"\r\n",
    b"\n",
    b'"',
    b"\\",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"-1",
    b"%",
    b"%00",
    b"%ff",
    b"..",
    b"{",
    b"[",
    b",",
    b":",
    b"\xf0\x9f\x98\x80",
    b"9" * 400,
]
AT_ONCE = 16


@dataclass
class Tally:
    """Response statistics. `failures`: the requests that were answered 5xx, with the answer."""

    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[bytes, bytes]] = field(default_factory=list)


def list_requests(document: dict[str, Any], key: str, host: str) -> list[tuple[bytes, bytes]]:
    """Make a valid request, as head and body, for each operation of a document."""
    made = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = example(
                document, operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            )
            text = json.dumps(body).encode() if body is not None else b""
            where = path
            query = []
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    where = where.replace("{" + parameter["name"] + "}", "18f0a1b2c3d4e5f6")
                else:
                    query.append(f"{parameter['name']}={example(document, parameter['schema'])}")
            target = where + ("?" + "&".join(query) if query else "")
            head = f"{method.upper()} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
            made.append(
                ((head + ("Content-Type: application/json\r\n" if text else "")).replace(" HTTP", " HTTP").encode(), text)
            )
    return made


def example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Make a plausible value for a schema."""
    if "$ref" in schema:
        return example(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return example(document, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    examples = {"string": "ann@example.com", "integer": 5, "number": 1.5, "boolean": True, "null": None}
    kinds = schema.get("type", "null")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "array":
        return [example(document, schema.get("items", {}))]
    if kind == "object":
        return {name: example(document, inner) for name, inner in schema.get("properties", {}).items()}
    return examples.get(kind)


def mutate(data: bytes, dice: random.Random) -> bytes:
    """Change one to four places."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        kind = dice.randrange(5)
        if kind == 0 and data:
            data = data[: at - 1] + bytes([data[at - 1] ^ (1 << dice.randrange(8))]) + data[at:] if at else data
        elif kind == 1:
            data = data[:at] + dice.choice(INTERESTING) + data[at:]
        elif kind == 2:
            data = data[:at] + data[at + dice.randint(1, 8) :]
        elif kind == 3:
            data = data[:at] + data[at : at + dice.randint(1, 16)] * 2 + data[at + 16 :]
        else:
            data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
    return data


def make_mutations(requests: list[tuple[bytes, bytes]], count: int, dice: random.Random) -> Iterator[bytes]:
    """Break the body (its length told truly), the head, or the whole."""
    for _ in range(count):
        head, body = dice.choice(requests)
        if body and dice.random() < 0.6:
            body = mutate(body, dice)
            yield head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        else:
            yield mutate(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body, dice)


async def send(request: bytes, host: str, port: int) -> bytes:
    """Send one request and read the beginning of what comes back; nothing when the server hangs up or waits for more."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return b""
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(4096), 2)
    except (OSError, TimeoutError):
        return b""
    finally:
        writer.close()


async def attack(url: str, key: str, document: dict[str, Any], count: int, seed: int) -> Tally:
    """Send the mutations, some at once."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    pending = make_mutations(list_requests(document, key, parts.netloc), count, random.Random(seed))
    tally = Tally()

    async def work() -> None:
        for request in pending:
            answer = await send(request, host, port)
            status = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.1 ") else "none"
            tally.statuses[status] += 1
            if status.startswith("5"):
                tally.failures.append((request, answer))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    document = loopback.get(arguments.url + "/openapi.json").json()
    tally = asyncio.run(attack(arguments.url, arguments.key, document, arguments.count, arguments.seed))
    print(dict(tally.statuses))
    for request, answer in tally.failures[:10]:
        print(request, answer, sep="\n", end="\n\n")
    return bool(tally.failures)


if __name__ == "__main__":
    sys.exit(main())
