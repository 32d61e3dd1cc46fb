"""A database from elsewhere has our tables, and values that we write."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.access.activity.entry import Outcome
from server.access.clients.client import Policy
from server.core.rates import require_rate
from server.outbound.webhooks.models import DeliveryState, EndpointState
from server.sdk.approval_requests import ApprovalDuration
from server.storage.migrations import migrate
from server.storage.restored_database import DELIVERIES, ENDPOINTS, EXTENTS, OUTCOMES, POLICIES, require_own_content

AT = "'2026-01-01T00:00:00+00:00'"
CLIENT = f"INSERT INTO client VALUES ('c', 'bot', '[\"read:mail\"]', '{{\"send_mail\": \"ask\"}}', '30/minute', {AT}, NULL)"
CALL = (
    "INSERT INTO activity (at, client_name, operation, sentence, changes, decision, reason, outcome) "
    f"VALUES ({AT}, 'bot', 'o', 's', 1, 'd', 'r', 'done')"
)
RECEIVER = (
    "INSERT INTO webhook_endpoint (id, kind, url, name, types, state, reason, secret_name, created_at, failures) VALUES ('w',"
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "deskhand.db"
    migrate(path)
    run(path, CLIENT, CALL)
    return path


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_own_content_is_accepted(database: Path) -> None:
    run(database, "CREATE TABLE other (a)", "UPDATE client SET rate = 'none'", "UPDATE activity SET arguments = '{}'")
    require_own_content(database, migrate)
    assert sorted(path.name for path in database.parent.iterdir()) == ["deskhand.db"]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE outgoing",
        "ALTER TABLE activity DROP COLUMN result",
        "ALTER TABLE activity ADD COLUMN more",
        "UPDATE client SET scopes = 'not json'",
        "UPDATE client SET scopes = '[1]'",
        "UPDATE client SET scopes = '{\"a\": 1}'",
        "UPDATE client SET policies = '[]'",
        'UPDATE client SET policies = \'{"send_mail": "please"}\'',
        "UPDATE client SET policies = '{\"send_mail\": []}'",
        "UPDATE client SET rate = 'much'",
        "UPDATE client SET name = x'00'",
        "UPDATE client SET name = CAST(x'ff' AS TEXT)",
        "UPDATE client SET created_at = 'yesterday'",
        "UPDATE client SET revoked_at = ''",
        "UPDATE activity SET outcome = 'splendid'",
        "UPDATE activity SET arguments = '[]'",
        "UPDATE activity SET effect = '{'",
        "UPDATE activity SET status = 'many'",
        f"{RECEIVER} 'person', 'https://a.example', '', '[]', 'splendid', '', '', {AT}, 0)",
        f"{RECEIVER} 'stranger', 'https://a.example', '', '[]', 'enabled', '', '', {AT}, 0)",
        "CREATE UNIQUE INDEX one_end ON api_key (revoked_at)",
        "CREATE TABLE other (a REFERENCES API_KEY (revoked_at))",
    ],
)
def test_content_that_nobody_writes_is_refused(database: Path, statement: str) -> None:
    run(database, statement)
    with pytest.raises((ValueError, sqlite3.OperationalError)):
        require_own_content(database, migrate)


def test_values_are_those_of_access() -> None:
    """The storage is below access, so it repeats them; a value that it did not know would make our own backups unusable."""
    assert set(Policy) == POLICIES
    assert set(Outcome) == OUTCOMES
    assert set(ApprovalDuration) <= EXTENTS
    assert set(EndpointState) == ENDPOINTS
    assert set(DeliveryState) == DELIVERIES


@pytest.mark.parametrize("rate", ["none", "30/minute", "100 per month", "5 per 2 hours", " 30 / minute "])
def test_rate_that_a_client_can_have_is_accepted(database: Path, rate: str) -> None:
    require_rate(rate)
    run(database, f"UPDATE client SET rate = '{rate}'")
    require_own_content(database, migrate)
