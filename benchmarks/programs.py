"""The programs that benchmarks/peers compares, each in a process of its own. Prints its port and key, and serves until it ends.

    python -m benchmarks.programs deskhand|fastmcp|fastapi FOLDER

All three read and write one row of an SQLite file in FOLDER. `fastmcp` is fastmcp's own server with its defaults. `fastapi` is a
usual FastAPI program: sync routes, a SQLAlchemy session a request, synchronous=FULL, a key check and an audit row.
"""

import hashlib
import json
import logging
import secrets
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from starlette.types import ASGIApp

from server.http.server import bind


def prepare(path: Path) -> None:
    """Make the table of things, with a hundred rows."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, name TEXT NOT NULL, changed INTEGER NOT NULL)")
    connection.executemany("INSERT INTO things VALUES (?, ?, 0)", [(number, f"thing {number}") for number in range(100)])
    connection.commit()
    connection.close()


def tell(port: int, key: str = "") -> None:
    print(json.dumps({"port": port, "key": key}), flush=True)


def serve(app: ASGIApp, key: str = "") -> None:
    """Serve with uvicorn as it comes: uvloop and httptools, no access log."""
    bound = bind()
    tell(bound.getsockname()[1], key)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[bound])


async def serve_deskhand(folder: Path) -> None:
    """Serve the whole public surface, with two operations that read and change a thing."""
    from sqlalchemy import Connection, text

    from server.access.clients.registry import Policy
    from server.http.addresses import Address
    from server.http.server import Listener
    from server.lifecycle.program import rare_collections
    from server.public.app import create_public
    from server.runtime.state import open_state
    from server.sdk.health import Health
    from server.sdk.integration import Integration, IntegrationSpec
    from server.sdk.operation import Effect, Operations
    from server.storage.data_dir import open_home

    things = Operations(prefix="/things", title="Things")
    select = text("SELECT name FROM things WHERE number = :number")
    update = text("UPDATE things SET changed = changed + 1 WHERE number = :number")

    def find(connection: Connection, number: int) -> str:
        return str(connection.execute(select, {"number": number}).scalar_one())

    def change(connection: Connection, number: int) -> str:
        connection.execute(update, {"number": number})
        return find(connection, number)

    async def preview(number: int) -> Effect:
        return Effect(f"change thing {number}")

    with open_home(folder, demo=False) as home:
        bound = bind()
        address = Address()
        async with open_state(home, address) as state:
            database = state.context.database

            @things.operation("GET", "", scope="read:things")
            async def read_thing(number: int) -> dict[str, Any]:
                """Read a thing."""
                return {"number": number, "name": await database.read(find, number)}

            @things.operation("POST", "", scope="write:things", preview=preview)
            async def change_thing(number: int) -> dict[str, Any]:
                """Change a thing."""
                return {"number": number, "name": await database.write(change, number)}

            prepare(folder / "deskhand.db")
            allowed = {"change_thing": Policy.allow}
            _, key = await state.clients.create("bench", frozenset({"read:things", "write:things"}), allowed, rate="none")
            listener = Listener(create_public(state), bound)
            spec = IntegrationSpec(start=lambda _: nullcontext(Health()), public=(things,))
            state.runtime.start(state.context, lambda: [Integration("things", "Things", ("/things",), lambda: spec)])
            await state.runtime.wait()
            address.public_port = listener.port
            tell(listener.port, key)
            with rare_collections():  # as the program runs
                await listener.run_until_stopped()


def serve_fastmcp(folder: Path) -> None:
    """Serve one tool, a plain function, as fastmcp's documentation has it."""
    from fastmcp import FastMCP

    prepare(folder / "things.db")
    connection = sqlite3.connect(folder / "things.db", check_same_thread=False)
    mcp = FastMCP("things")

    @mcp.tool
    def read_thing(number: int) -> dict[str, Any]:
        """Read a thing."""
        (name,) = connection.execute("SELECT name FROM things WHERE number = ?", (number,)).fetchone()
        return {"number": number, "name": name}

    serve(mcp.http_app(path="/mcp"))


def open_engine(path: Path) -> Any:
    """Open SQLite with synchronous=FULL, as a careful program does."""
    from sqlalchemy import create_engine, event

    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=5000")

    return engine


def serve_fastapi(folder: Path) -> None:
    """Serve two routes, as FastAPI's and SQLAlchemy's documentation have it."""
    from fastapi import Depends, FastAPI, Header, HTTPException
    from sqlalchemy import select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "things"
        number: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        changed: Mapped[int]

    class Key(Base):
        __tablename__ = "keys"
        hash: Mapped[str] = mapped_column(primary_key=True)
        client: Mapped[str]

    class Audit(Base):
        __tablename__ = "audit"
        id: Mapped[int] = mapped_column(primary_key=True)
        at: Mapped[datetime]
        client: Mapped[str]
        operation: Mapped[str]
        arguments: Mapped[str]
        result: Mapped[str]

    prepare(folder / "things.db")
    engine = open_engine(folder / "things.db")
    Base.metadata.create_all(engine)
    sessions, key = sessionmaker(engine), secrets.token_urlsafe(32)

    def hash_key(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    with sessions.begin() as session:
        session.add(Key(hash=hash_key(key), client="bench"))

    def open_session() -> Iterator[Session]:
        with sessions() as session:
            yield session

    def find_client(session: Annotated[Session, Depends(open_session)], x_api_key: Annotated[str, Header()]) -> str:
        client = session.scalar(select(Key.client).where(Key.hash == hash_key(x_api_key)))
        if client is None:
            raise HTTPException(401)
        return client

    app = FastAPI()

    def note(session: Session, client: str, operation: str, number: int, result: dict[str, Any]) -> dict[str, Any]:
        arguments = json.dumps({"number": number})
        session.add(
            Audit(at=datetime.now(UTC), client=client, operation=operation, arguments=arguments, result=json.dumps(result))
        )
        session.commit()
        return result

    @app.get("/things")
    def read_thing(
        number: int, session: Annotated[Session, Depends(open_session)], client: Annotated[str, Depends(find_client)]
    ) -> dict[str, Any]:
        thing = session.get_one(Thing, number)
        return note(session, client, "read_thing", number, {"number": number, "name": thing.name})

    @app.post("/things")
    def change_thing(
        number: int, session: Annotated[Session, Depends(open_session)], client: Annotated[str, Depends(find_client)]
    ) -> dict[str, Any]:
        thing = session.get_one(Thing, number)
        thing.changed += 1
        return note(session, client, "change_thing", number, {"number": number, "name": thing.name})

    serve(app, key)


def main() -> None:
    logging.disable(logging.CRITICAL)
    name, folder = sys.argv[1], Path(sys.argv[2])
    if name == "deskhand":
        from server.http.server import run

        run(lambda: serve_deskhand(folder))
    else:
        {"fastmcp": serve_fastmcp, "fastapi": serve_fastapi}[name](folder)


if __name__ == "__main__":
    main()
