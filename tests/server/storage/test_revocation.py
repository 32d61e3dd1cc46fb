import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.storage.revocation import NOW, Revocation, revoke_access
from tests.server.storage.conftest import LIVE_KEYS, NOON, THEN, Home


def test_revocation_ends_keys_and_stored_answers(home: Home) -> None:
    revoke_access(home.database, NOON)
    assert home.ask(LIVE_KEYS) == [0]
    assert home.ask("SELECT revoked_at FROM api_key ORDER BY hash") == [NOON.isoformat(), THEN]
    assert home.ask("SELECT count(*) FROM idempotency") == [0]
    assert home.ask("SELECT revoked_at FROM client") == [NOON.isoformat()], "its name is free again"


def test_revocation_ends_pending_approvals_and_allowances(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "CREATE TABLE approval (state); INSERT INTO approval VALUES ('approved'); "
        "CREATE TABLE allowance (ended_at); INSERT INTO allowance VALUES (NULL), ('before')"
    )
    revoke_access(path, NOON, with_access=True)
    assert connection.execute("SELECT count(*) FROM approval").fetchone() == (0,), "it may have run since"
    assert connection.execute("SELECT ended_at FROM allowance").fetchall() == [(None,), ("before",)]
    revoke_access(path, NOON)
    assert connection.execute("SELECT ended_at FROM allowance").fetchall() == [(NOON.isoformat(),), ("before",)]
    connection.close()


def test_revocation_ends_oauth_grants(home: Home) -> None:
    home.run(
        "INSERT INTO oauth_client VALUES ('o', 'own', 'c', 'x', NULL, '[]', '[]', 'then', NULL)",
        "INSERT INTO oauth_grant VALUES ('g', 'o', 'c', 'x', 'a', '', 'x', 'then', NULL, NULL, NULL)",
        "INSERT INTO oauth_code VALUES (x'01', 'g', NULL, NULL, 'later', NULL)",
        "INSERT INTO oauth_token VALUES (x'02', 'g', 'access', 'a', 'later', NULL, NULL)",
    )
    revoke_access(home.database, NOON)
    assert home.ask("SELECT ended_at FROM oauth_grant") == home.ask("SELECT revoked_at FROM oauth_client") == [NOON.isoformat()]
    assert home.ask("SELECT (SELECT count(*) FROM oauth_code) + (SELECT count(*) FROM oauth_token)") == [0]


def test_table_that_is_not_there_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("CREATE TABLE idempotency (x); INSERT INTO idempotency VALUES (1)")
    revoke_access(path, NOON)
    assert connection.execute("SELECT count(*) FROM idempotency").fetchone() == (0,)
    connection.close()


def test_integration_revokes_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "CREATE TABLE source (state, ended); INSERT INTO source VALUES ('accepted', NULL), ('denied', NULL), ('accepted', 'x');"
        "CREATE TABLE code (x); INSERT INTO code VALUES (1)"
    )
    revocations = (
        Revocation("source", {"state": "accepted", "ended": None}, {"state": "waiting", "ended": NOW}),
        Revocation("code"),
    )
    revoke_access(path, NOON, revocations, with_access=True)
    assert connection.execute("SELECT count(*) FROM source WHERE state = 'accepted'").fetchone() == (2,)
    revoke_access(path, NOON, revocations)
    rows = connection.execute("SELECT state, ended FROM source").fetchall()
    assert rows == [("waiting", NOON.isoformat()), ("denied", None), ("accepted", "x")]
    assert connection.execute("SELECT count(*) FROM code").fetchone() == (0,)
    connection.close()


def test_table_that_undoes_a_revocation_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "CREATE TABLE idempotency (at TEXT PRIMARY KEY);"
            f"INSERT INTO idempotency VALUES ('{NOON.isoformat()}');"
            "CREATE TABLE api_key (revoked_at TEXT REFERENCES idempotency(at) ON DELETE SET NULL);"
            "INSERT INTO api_key VALUES (NULL)"
        )
    with pytest.raises(ValueError, match="api_key"):
        revoke_access(path, NOON)


def test_pending_rows_of_an_integration_go_with_access_too(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "CREATE TABLE outbox (x); INSERT INTO outbox VALUES (1); CREATE TABLE code (x); INSERT INTO code VALUES (1)"
    )
    revoke_access(path, NOON, [Revocation("outbox", is_pending=True), Revocation("code")], with_access=True)
    assert connection.execute("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM code)").fetchone() == (0, 1)
    connection.close()


def test_value_that_fails_its_check_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE thing (kind TEXT, at REAL); INSERT INTO thing VALUES ('good', 1), (NULL, 2)")
        revocation = Revocation("thing", values={"at": None}, checks={"kind": "good".__eq__})
        revoke_access(path, NOON, [revocation])
        connection.executescript("INSERT INTO thing VALUES ('bad', 3)")
        with pytest.raises(ValueError, match="thing"):
            revoke_access(path, NOON, [revocation])
        assert connection.execute("SELECT at FROM thing WHERE kind = 'bad'").fetchall() == [(3,)], "nothing was changed"
