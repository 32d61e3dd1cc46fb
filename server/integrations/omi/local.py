"""Local routes of OMI: addresses, signing secret, accounts and conversations."""

from typing import Annotated

from fastapi import Query

from server.integrations.omi.models import ConversationList, Done
from server.integrations.omi.overview import view_all, view_conversation, view_live
from server.integrations.omi.service import OmiService
from server.integrations.omi.store.conversations import ConversationQuery
from server.integrations.omi.views import ConversationView, LiveView, OmiView, SecretOrder
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/omi", tags=["OMI"])
Omi = Annotated[OmiService, provided(OmiService)]


@local.get("")
async def show_omi(omi: Omi) -> OmiView:
    """Shows the addresses to paste, what came last, and from whom."""
    return await view_all(omi)


@local.post("/address")
async def make_address(omi: Omi) -> OmiView:
    """Makes the addresses, or others in their place; those before lead nowhere from then on."""
    await omi.make_address()
    return await view_all(omi)


@local.put("/secret")
async def set_secret(omi: Omi, order: SecretOrder) -> OmiView:
    """Takes the secret with which OMI signs, or none. The one before counts for another day."""
    await omi.set_secret(order.secret)
    return await view_all(omi)


@local.delete("/sources/{uid}")
async def forget_source(omi: Omi, uid: str) -> Done:
    """Removes a uid with all that it has sent. If it sends again, it is asked about anew."""
    await omi.sources.forget(uid)
    return Done(success=True, message=f"All data of {uid} deleted.")


@local.get("/live")
async def show_live(omi: Omi) -> LiveView:
    """Shows the latest words of the latest talk."""
    return await view_live(omi)


@local.get("/conversations")
async def show_conversations(
    omi: Omi,
    search: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> ConversationList:
    """Lists conversations, the newest first."""
    return await omi.memories.list_conversations(ConversationQuery(limit, offset, words=tuple(search.casefold().split())))


@local.get("/conversations/{conversation_id}")
async def show_conversation(omi: Omi, conversation_id: str) -> ConversationView:
    """Shows a conversation with what was said."""
    return await view_conversation(omi, conversation_id)
