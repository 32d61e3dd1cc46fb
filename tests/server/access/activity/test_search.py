import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import to_row
from server.access.activity.search import WINDOW, Search
from server.access.tables import activity
from server.core.sentences import Sentence

READ = Entry(
    at="",
    client_id="c",
    client_name="bot",
    operation="find_mails",
    sentence="Find mails",
    changes=False,
    decision="allowed",
    reason="Reading is allowed.",
    outcome=Outcome.done,
    arguments='{"query": "a \\"quoted\\" word"}',
    result="[]",
)
SENT = replace(
    READ,
    client_name="gpt",
    operation="send_mail",
    sentence=Sentence("send mail to Österreich", "is sending mail", "sent mail to Österreich", "could not send mail"),
    changes=True,
    arguments=None,
)
FAILED = replace(
    READ, client_name="100%", operation="list_apps", sentence="List_the apps", arguments=None, outcome=Outcome.failed
)


@pytest.fixture
def search(opened, clock):
    """Look for calls among three, which were made an hour apart; answers their ids."""

    def find(**wanted) -> list[int]:
        async def main() -> list[int]:
            async with opened() as state:
                for hours, entry in enumerate((READ, SENT, FAILED)):
                    await state.activity.add(replace(entry, at=(clock.now() + timedelta(hours=hours)).isoformat()))
                return [entry.id for entry in (await state.activity.search(Search(**wanted), 10)).entries]

        return asyncio.run(main())

    return find


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"client": "gpt"}, [2]),
        ({"outcomes": (Outcome.failed, Outcome.refused)}, [3]),
        ({"changes": True}, [2]),
        ({"changes": False}, [3, 1]),
        ({"operations": ("send_mail", "list_apps")}, [3, 2]),
        ({"operations": ()}, []),
        ({"ids": (1, 3)}, [3, 1]),
        ({"ids": ()}, []),
        ({"without": (3,)}, [2, 1]),
        ({"text": "MAILS find"}, [1]),
        ({"text": "sent Mail"}, [2]),
        ({"text": "is sending"}, [2]),
        ({"text": '"quoted"'}, [1]),
        ({"text": "österreich"}, [2]),
        ({"text": "%"}, [3]),
        ({"text": "t_t"}, [3]),
        ({"text": "list_apps"}, [3]),
        ({"text": "nothing such"}, []),
    ],
)
def test_calls_are_filtered_by_their_fields(search, wanted, expected) -> None:
    assert search(**wanted) == expected


def test_calls_are_filtered_by_time(search, clock) -> None:
    assert search(since=clock.now() + timedelta(minutes=30), until=clock.now() + timedelta(minutes=90)) == [2]


def test_time_without_zone_is_local(search, clock) -> None:
    here = clock.now().astimezone().replace(tzinfo=None)
    assert search(since=here + timedelta(minutes=90)) == [3]


def fill(connection, count: int, at: str) -> None:
    connection.execute(insert(activity), [to_row(replace(READ, at=at)) for _ in range(count)])


async def test_rare_match_is_found_or_a_cursor_to_continue_is_returned(opened, clock) -> None:
    async with opened() as state:
        at = clock.now().isoformat()
        await state.activity.add(replace(SENT, at=at))
        await state.context.database.write(fill, 2 * WINDOW, at)
        rare = Search(client="gpt")
        results = await state.activity.search(rare, 10)
        assert ([entry.id for entry in results.entries], results.earlier) == ([1], None)
        first = await state.activity.search(rare, 10, seconds=0)
        assert (first.entries, first.earlier) == ([], WINDOW + 2)
        rest = await state.activity.search(rare, 10, before=first.earlier)
        assert ([entry.id for entry in rest.entries], rest.earlier) == ([1], None)


async def test_page_omits_results_except_of_failures(opened, clock) -> None:
    async with opened() as state:
        for status in (200, 404):
            await state.activity.add(replace(READ, at=clock.now().isoformat(), status=status))
        results = await state.activity.search(Search(contents=False), 2)
        assert [(entry.result, entry.arguments) for entry in results.entries] == [
            ("[]", READ.arguments),
            (None, READ.arguments),
        ]


def test_event_loop_is_not_blocked_by_a_search_in_a_hundred_thousand_rows(opened, clock) -> None:
    async def main() -> int:
        async with opened() as state:
            at = clock.now().isoformat()
            for _ in range(10):
                await state.context.database.write(fill, 10_000, at)
            search = asyncio.create_task(state.activity.search(Search(text="nothing such"), 10))
            turns = 0
            while not search.done():
                await asyncio.sleep(0.001)
                turns += 1
            assert search.result().entries == []
            return turns

    assert asyncio.run(main()) > 10


async def test_today_starts_at_local_midnight(opened, clock) -> None:
    midnight = datetime(2026, 1, 1).astimezone()
    clock.moment = midnight + timedelta(hours=12)

    async with opened() as state:
        for entry, minutes in ((SENT, -1), (SENT, 1), (READ, 2), (FAILED, 3), (replace(SENT, outcome=Outcome.refused), 4)):
            moment = midnight + timedelta(minutes=minutes)
            await state.activity.add(replace(entry, at=moment.astimezone(clock.now().tzinfo).isoformat()))
        count = await state.activity.count_today()
        assert (count.calls, count.changes, count.refused, count.failed) == (4, 1, 1, 1)
