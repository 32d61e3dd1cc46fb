"""A server for files.example, over TLS, and an internet in which every connection leads to it."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.http.server import run
from server.outbound.fetch import Fetch, Fetched

PUBLIC = "93.184.215.14"
LINK = "https://files.example/folder/report.pdf?sig=1"


@dataclass(frozen=True)
class Papers:
    """A server's certificate for files.example, and who believes it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_papers(folder: Path) -> Papers:
    """Make a certificate that is valid today."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "files.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("files.example")]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "both.pem"
    file.write_bytes(certificate + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return Papers(server, ssl.create_default_context(cadata=certificate.decode()))


class Wire(httpcore2.AsyncNetworkBackend):
    """Leads every connection to one port of this computer, and knows which address was asked for."""

    def __init__(self, port: int) -> None:
        self.port, self.dialled = port, []
        self.real = httpcore2.AnyIOBackend()

    async def connect_tcp(self, host, port, *rest, **more):
        self.dialled.append((host, port))
        return await self.real.connect_tcp("127.0.0.1", self.port, *rest, **more)


@dataclass
class Web:
    """A server that answers every request with the same bytes, piece by piece, and the names that lead to it."""

    pieces: list[bytes]
    pause: float = 0
    hang: bool = False
    corrupt: bool = False
    names: list[list[str]] = field(default_factory=lambda: [[PUBLIC]])
    requests: list[bytes] = field(default_factory=list)
    requested_hosts: list[str] = field(default_factory=list)
    wire: Wire = field(default_factory=lambda: Wire(0))
    port: int = 0

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.requested_hosts.append(host)
        return self.names[min(len(self.requested_hosts), len(self.names)) - 1]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                for piece in self.pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(self.pause)
                if self.corrupt:  # past TLS
                    os.write(writer.get_extra_info("socket").fileno(), bytes(100))
                if self.hang:
                    await reader.read()
        finally:
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def serving(self, papers: Papers | None) -> AsyncIterator["Web"]:
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0, ssl=papers.server if papers else None)
        self.port = server.sockets[0].getsockname()[1]
        self.wire = Wire(self.port)
        async with server:
            yield self

    def fetch(self, papers: Papers, url: str = LINK, *, largest: int = 1000, seconds: float = 5, trusted: str = "") -> Fetched:
        """Fetch from this server, as if it were on the internet."""

        async def main() -> Fetched:
            async with self.serving(papers):
                hosts = trusted.split()
                fetch = Fetch(resolve=self.resolve, dialer=self.wire, trust=papers.client, trusted_hosts=lambda: hosts)
                return await fetch.get(url, largest=largest, seconds=seconds)

        return run(main)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
