"""Operations of live conversations for clients: their Effects, and their answers in the form of ChatBETO's API."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from server.core.errors import DeskhandError, InvalidInput, NotFound, SignInNeeded
from server.integrations.conversations.adapter.protocol import Turn
from server.integrations.conversations.live import wording
from server.integrations.conversations.live.branches import Branch, Branches
from server.integrations.conversations.live.chats import EMPTY, NO_PROJECT, Chats
from server.integrations.conversations.live.completions import Completions, make_turns_of
from server.integrations.conversations.live.effects import Costs
from server.integrations.conversations.live.images import Images
from server.integrations.conversations.live.models import Chat, Project
from server.integrations.conversations.live.operation_models import (
    ChatOrder,
    CompletionAnswer,
    CompletionData,
    CompletionOrder,
    CreatedAnswer,
    CreatedData,
    MessageAnswer,
    MessageData,
    MessageOrder,
    OpenAIState,
    Reply,
    SentMessage,
    StatusAnswer,
    StatusData,
    TokenUsage,
    write_id,
)
from server.integrations.conversations.live.outcomes import SECTION
from server.integrations.conversations.live.turns import digest_turns, make_title, make_turns
from server.integrations.conversations.models import ConversationsSettings, Role
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.store import answers
from server.sdk.context import Context
from server.sdk.operation import Effect, allowed_effect, current_call

NO_PROJECT_ID = "Project ID is required."
NO_MESSAGES = "Messages array is required."
HISTORY = ":"  # in a seal, after the digest of what was delivered; answers that have come since change only the rest
Fields = tuple[tuple[str, str], ...]


class ChatOperations:
    """Starts conversations, sends messages and asks models for clients."""

    def __init__(self, context: Context, chats: Chats, completions: Completions, openai: OpenAIConnection) -> None:
        self._context, self._chats, self._completions, self._openai = context, chats, completions, openai
        self._costs = Costs(context, openai)
        self._branches, self._images = Branches(context), Images(context)

    async def show_status(self) -> StatusAnswer:
        """Show whether OpenAI can be used."""
        if not self._openai.is_usable:
            state = OpenAIState(status="disabled", reason="There is no OpenAI key.")
        else:
            try:
                await self._openai.list_models()
                state = OpenAIState(status="healthy")
            except DeskhandError as error:
                state = OpenAIState(status="disabled" if isinstance(error, SignInNeeded) else "unhealthy", reason=error.detail)
        return StatusAnswer(data=StatusData(openai=state, initialized=self._openai.is_usable), timestamp=self.now())

    async def preview_create(self, order: ChatOrder) -> Effect:
        """Preview the start of a conversation."""
        project, text = await self.find_project(order.project_id), order.initial_message
        title = order.title.strip() or make_title(text) or wording.UNTITLED
        fields: Fields = (("Title", title), ("Project", project.name))
        if not text.strip():
            return Effect(wording.START_EMPTY.fill(title=title), fields)
        cost = await self._costs.foresee((Turn(role="user", text=text),), project.instructions, "", project.model)
        sentence = wording.START.fill(title=title, model=cost.model_name, price=cost.price)
        return Effect(sentence, (*fields, ("Message", text), *list_instructions(project), *cost.fields))

    async def create_chat(self, order: ChatOrder) -> CreatedAnswer:
        """Start a conversation. It is here at once, and at OpenAI as soon as that can be reached."""
        project = await self.find_project(order.project_id)
        model = await self._costs.resolve_model("", project.model) if order.initial_message.strip() else ""
        client = current_call.get().client_id
        chat, _ = await self._chats.create(project.id, order.title, order.initial_message, model=model, client=client)
        thread_id = await self._chats.find_thread(chat, self._settings().answer_wait_seconds)
        data = CreatedData(conversation_id=chat.id, thread_id=thread_id or chat.id, project_id=write_id(chat.project))
        return CreatedAnswer(data=data, timestamp=self.now())

    async def preview_send(self, conversation_id: str, order: MessageOrder) -> Effect:
        """Preview a message."""
        if not order.message.strip():
            raise InvalidInput(EMPTY)
        chat = await self._chats.find(conversation_id)
        title = chat.title or wording.UNTITLED
        fields: Fields = (("Conversation", title), ("Message", order.message))
        if order.role != Role.user:
            return Effect(wording.ADD.fill(title=title), (*fields, ("Role", order.role)))
        branch, project = await self._branches.read_shown(chat), await self._chats.find_project(chat.project)
        turns = await self._make_turns(chat, branch, order.message)
        cost = await self._costs.foresee(turns, project.instructions, chat.model, project.model)
        return Effect(
            wording.SEND.fill(title=title, model=cost.model_name, price=cost.price),
            (*fields, *list_earlier(branch), *list_instructions(project), *cost.fields),
            seal=f"{branch.history}{HISTORY}{(await asyncio.to_thread(digest_turns, turns))[-1]}",
        )

    async def send_message(self, conversation_id: str, order: MessageOrder) -> MessageAnswer:
        """Send a message, and wait a while for its answer."""
        chat, client = await self._chats.find(conversation_id), current_call.get().client_id
        project = await self._chats.find_project(chat.project)
        role, approved = Role(order.role), allowed_effect.get()
        history = approved.seal.partition(HISTORY)[0] if approved and approved.seal else None
        model = await self._costs.resolve_model(chat.model, project.model) if role is Role.user else ""
        posted = await self._chats.send(chat.id, order.message, role=role, model=model, client=client, history=history)
        data: dict[str, Any] = {"state": "none"}
        if posted.answer_id:
            data = await self._wait(chat, posted.answer_id)
        chat = await self._chats.find(chat.id)
        message = SentMessage(id=posted.id, content=posted.text, role=posted.role)
        ids = {"conversation_id": chat.id, "thread_id": chat.thread_id or chat.id}
        return MessageAnswer(data=MessageData(**ids, user_message=message, **data), timestamp=self.now())

    async def preview_complete(self, order: CompletionOrder) -> Effect:
        """Preview a question."""
        turns, project = make_turns_of(order), await self._find_optional_project(order.project_id)
        if not turns:
            raise InvalidInput(NO_MESSAGES)
        cost = await self._costs.foresee(turns, project.instructions, order.model, project.model)
        said = tuple((turn.role.capitalize(), turn.text) for turn in turns)
        stored = (("Stored in", project.name),) if order.project_id else ()
        fields = (*said, *list_instructions(project), *cost.fields, *stored)
        return Effect(wording.COMPLETE.fill(model=cost.model_name, price=cost.price), fields)

    async def complete_chat(self, order: CompletionOrder) -> CompletionAnswer:
        """Ask a model, and store question and answer if a project is given."""
        turns, project = make_turns_of(order), await self._find_optional_project(order.project_id)
        if not turns:
            raise InvalidInput(NO_MESSAGES)
        model = await self._openai.resolve_model(order.model, project.model)
        client = current_call.get().client_id
        answer, chat_id = await self._completions.complete(turns, model, project, client, self._costs.most_output)
        tokens = answer.usage
        usage = TokenUsage(
            prompt_tokens=tokens.input_tokens,
            completion_tokens=tokens.output_tokens,
            total_tokens=tokens.input_tokens + tokens.output_tokens,
        )
        data = CompletionData(response=Reply(content=answer.text), conversation_id=chat_id, usage=usage)
        return CompletionAnswer(data=data, timestamp=self.now())

    async def find_project(self, project_id: str) -> Project:
        """Find the project of an order. Raises InvalidInput and NotFound."""
        if not project_id.strip():
            raise InvalidInput(NO_PROJECT_ID)
        return await self._chats.find_project(project_id)

    def now(self) -> str:
        """Write the time as JavaScript does."""
        moment: datetime = self._context.clock.now().astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def _find_optional_project(self, project_id: str) -> Project:
        if not project_id:
            return Project(id="", name="")
        try:
            return await self._chats.find_project(project_id)
        except NotFound:
            raise NotFound(NO_PROJECT) from None

    async def _make_turns(self, chat: Chat, branch: Branch, text: str) -> tuple[Turn, ...]:
        """Make what is sent with the next message of a conversation, after a branch."""
        images = await self._images.read(chat, branch.messages, branch.imported)
        return (*make_turns(branch.messages, images), Turn(role="user", text=text))

    async def _wait(self, chat: Chat, answer_id: str) -> dict[str, Any]:
        end = await self._chats.wait(chat, answer_id, self._settings().answer_wait_seconds)
        if end is None:
            row = await self._context.database.read(answers.find, answer_id)
            return {"state": row.state if row else "uncertain", "error": (row and row.error) or None}
        if end.state != "done":
            return {"state": end.state, "error": end.error or None}
        return {"state": "done", "assistant_response": Reply(content=end.text)}

    def _settings(self) -> ConversationsSettings:
        return self._context.settings.read(SECTION, ConversationsSettings)


def list_earlier(branch: Branch) -> Fields:
    """Describe the messages that are sent along, if there are any."""
    count, system = len(branch.messages), sum(message.role is Role.system for message in branch.messages)
    described = wording.describe_earlier(count, system, imported=branch.imported is not None)
    return ((wording.EARLIER, described),) if count else ()


def list_instructions(project: Project) -> Fields:
    """Show the instructions that are sent along, if there are any."""
    return ((wording.INSTRUCTIONS, project.instructions),) if project.instructions else ()
