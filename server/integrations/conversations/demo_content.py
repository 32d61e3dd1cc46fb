"""Content of the demo: a ChatGPT history of two years, which is imported as a person would, live conversations, and their cost.

It is made once, some seconds after the first start, so that the window comes first.
"""

import asyncio
import logging
import os
import random
from datetime import timedelta
from typing import Any

from server.integrations.conversations.adapter.protocol import Usage
from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.imports.models import State
from server.integrations.conversations.live.chats import Chats
from server.integrations.conversations.live.projects import Projects
from server.integrations.conversations.openai_account.spending import Spending, calculate_units, format_month
from server.integrations.conversations.store import usage
from server.sdk.context import Context

DELAY_SECONDS = 3.0
EXPORT = "chatgpt-export.zip"
INSTRUCTIONS = "You help the volunteers of a town library that moves in March. Be brief and friendly."
LIBRARY = ("Write a friendly note to the volunteers: we meet on Saturday at nine.", "Which shelves should move first, and why?")
PRIVATE = ("What can I cook with a pumpkin for twelve people?", "How do I oil the door of the old boat?")
MONTHS, CALLS = 5, 40  # of made-up usage
MODELS = ("gpt-6-luna", "gpt-5.6-sol", "gpt-6-luna-mini")  # the price of the last one is not known

log = logging.getLogger(__name__)


async def fill(context: Context, imports: Imports, chats: Chats, projects: Projects, spending: Spending) -> None:
    """Make the content, unless it is there. With DESKHAND_DEMO_OPENAI set, there is none."""
    if os.environ.get("DESKHAND_DEMO_OPENAI"):
        return
    await asyncio.sleep(DELAY_SECONDS)
    try:
        if not await spending.read_months():
            await add_usage(context)
            await add_chats(chats, projects)
        await import_history(context, imports)
    except Exception:  # the demo goes on without it
        log.exception("The content of the demo could not be made.")


async def import_history(context: Context, imports: Imports) -> None:
    """Write the export and import it, unless it was imported before."""
    from server.integrations.conversations.fake.export import write_export

    path, known = context.folders.data / EXPORT, await imports.list_all()
    if not known:
        await asyncio.to_thread(write_export, path, context.clock.now())
        known = [await imports.create(str(path), start=True)]
    while known[0].state is State.running:
        known = [await imports.wait(known[0].id, 30)]
    await asyncio.to_thread(path.unlink, missing_ok=True)


async def add_chats(chats: Chats, projects: Projects) -> None:
    """Begin conversations, which the fake answers."""
    library = await projects.create("Library move", instructions=INSTRUCTIONS)
    for project_id, questions in ((library.id, LIBRARY), ("1", PRIVATE)):
        for text in questions:
            await chats.create(project_id, text=text)


async def add_usage(context: Context) -> None:
    """Add the usage of the last months."""
    await context.database.write(store_usage, await asyncio.to_thread(make_usage, context))


def make_usage(context: Context) -> list[tuple[dict[str, Any], Usage, int | None]]:
    """Make the rows of usage, the same each time."""
    chance, now = random.Random(3), context.clock.now()  # noqa: S311, it has to be the same each time
    rows = []
    for number in range(MONTHS * CALLS):
        at = now - timedelta(days=31 + 30 * number / CALLS)
        model = chance.choices(MODELS, (80, 17, 3))[0]
        tokens = Usage(input_tokens=chance.randrange(200, 60_000), output_tokens=chance.randrange(50, 3000))
        values = {"at": at.isoformat(), "month": format_month(at), "project": "1", "client": "", "model": model}
        rows.append((values, tokens, calculate_units(model, tokens, at)))
    return rows


def store_usage(connection: Any, rows: list[tuple[dict[str, Any], Usage, int | None]]) -> None:
    """Store rows, the oldest first."""
    for values, tokens, cost in reversed(rows):
        usage.settle(connection, usage.add(connection, values), tokens.model_dump(), cost)
