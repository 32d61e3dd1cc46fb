"""The connection with OpenAI: its key, its options, and the models that there are."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from server.core.command import format_command
from server.core.errors import DeskhandError, InvalidInput, SignInNeeded
from server.integrations.conversations.adapter.client import Connection, OpenAIClient
from server.integrations.conversations.adapter.errors import OPENAI
from server.integrations.conversations.adapter.protocol import Model, OpenAIApi
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.api_key import ApiKey
from server.integrations.conversations.openai_account.base_urls import check_base_url, read_origin
from server.integrations.conversations.openai_account.models import describe_missing, is_for_chat, pick_default
from server.integrations.conversations.openai_account.options import CurrentOptions, OpenAIOptions
from server.integrations.conversations.openai_account.settings import USUAL_OUTPUT, OpenAISettings
from server.sdk.context import Context
from server.sdk.service_addresses import check_resolved_service, check_service
from server.sdk.service_http import ServiceHttp

SECTION = "conversations"
SHORTEST_HINTED = 12  # the end of a shorter key would say too much
READ_KEY, OPENING_SECONDS, REOPENING_SECONDS = "read the key for OpenAI", 2.0, 60.0
FRESH_SECONDS, OLD_SECONDS = 600.0, 86_400.0  # a model is unknown by a list that is fresh, and known by one that is not old
NO_KEY = f"There is no OpenAI key. Enter one in Deskhand's window, under Conversations, or run `{format_command('openai key')}`."
OTHER_HOST = "The OpenAI key was entered for another address. Enter the key for {origin}."
ELSEWHERE = "Another service than OpenAI is used now. This goes on once OpenAI is used again."
NO_MODEL = "No model is set. Choose one in Deskhand's window, under Conversations."


@dataclass(frozen=True)
class Limits:
    """Options of each response. None: OpenAI's own."""

    max_output_tokens: int | None
    temperature: float | None


class OpenAIConnection:
    """OpenAI, or a service that speaks like it, with the person's options. `problem`: a sentence, if there is one."""

    def __init__(self, context: Context, environment: Mapping[str, str] | None = None) -> None:
        self.context = context
        self.problem: str | None = None
        self._environment = {} if context.demo else os.environ if environment is None else environment
        self._key = ApiKey(context.secrets, self._environment, lambda: self.settings.endpoint)
        self._client: tuple[Connection, OpenAIClient] | None = None
        self._http = ServiceHttp(context)
        self._options = CurrentOptions(self._environment)
        self._models: list[Model] = []
        self._models_at: float | None = None
        self._listeners: list[Callable[[], Awaitable[None]]] = []

    async def open(self) -> bool:
        """Read the stored key; return whether that has succeeded."""
        is_read = await self._key.open()
        self.problem = self._key.problem
        return is_read

    async def start(self) -> None:
        """Read the stored key; a keyring that waits for its person is waited for in the background."""
        opening = self.context.tasks.start(self._open_repeatedly(), name=READ_KEY)
        done, _ = await asyncio.wait([opening], timeout=OPENING_SECONDS)
        if not done:
            self.context.tasks.start(self._announce(opening), name=READ_KEY)

    def listen(self, listener: Callable[[], Awaitable[None]]) -> None:
        """Call a listener after each change of the connection."""
        self._listeners.append(listener)

    @property
    def settings(self) -> OpenAISettings:
        """The stored settings."""
        return self.context.settings.read_shared(SECTION, ConversationsSettings).openai

    @property
    def options(self) -> OpenAIOptions:
        """The options in force."""
        return self._options.find(self.settings)

    @property
    def limits(self) -> Limits:
        """The options of each response. Within a budget every response has a limit."""
        options, settings = self.options, self.settings
        has_budget = settings.budget is not None or bool(settings.project_budgets)
        return Limits(options.max_tokens or (USUAL_OUTPUT if has_budget and not self.is_free else None), options.temperature)

    @property
    def is_free(self) -> bool:
        """Return whether a service other than OpenAI's is used, which costs nothing here."""
        return bool(self.options.base_url) and not is_openai(self.options.base_url)

    @property
    def origin(self) -> str:
        """Whom requests go to."""
        return read_origin(self.options.base_url or self.settings.endpoint)

    @property
    def key(self) -> str:
        """The key for the present address; empty without one."""
        key, origin = self._key.find()
        return key if origin == self.origin else ""

    @property
    def key_hint(self) -> str:
        """The end of the key."""
        return self.key[-4:] if len(self.key) >= SHORTEST_HINTED else ""

    @property
    def key_is_from_environment(self) -> bool:
        """Return whether the environment has the key."""
        return self._key.is_from_environment

    @property
    def is_usable(self) -> bool:
        """Return whether there is a key, or none is needed."""
        return bool(self.key) or (self.is_free and not self._key.find()[0])

    def api(self, *, only_openai: bool = False) -> OpenAIApi:
        """Return the API, or none but OpenAI's. Raises SignInNeeded without a key for it, InvalidInput if it is Deskhand's."""
        if only_openai and self.is_free:
            raise SignInNeeded(ELSEWHERE)
        options, url = self.options, self.options.base_url or self.settings.endpoint
        check_service(url, self.context.address)  # at each use, as ports change
        if not self.is_usable:
            raise SignInNeeded(OTHER_HOST.format(origin=self.origin) if self._key.find()[0] else NO_KEY)
        service = urlsplit(url).netloc if self.is_free else OPENAI
        connection = Connection(key=SecretStr(self.key), organization=options.organization, base_url=url, service=service)
        if self._client is None or self._client[0] != connection:
            self._client = connection, OpenAIClient(connection, lambda: self._http.get(options.base_url))
        return self._client[1]

    async def resolve_model(self, name: str = "", project_model: str = "") -> str:
        """Find the model that is meant: the one of the call, of its project, or of the settings; or its alias.

        Raises InvalidInput, which names current ones, for a model that is not there.
        """
        wanted = name or project_model or self.options.model
        wanted = self.settings.aliases.get(wanted, wanted) or await self._pick_default()
        if self.is_free:
            return wanted
        try:
            models = await self.find_models(wanted)
        except SignInNeeded:
            raise
        except DeskhandError:
            return wanted  # OpenAI will say whether it has it
        if models and all(model.id != wanted for model in models):
            raise describe_missing(wanted, models, self.context.clock.now().date())
        return wanted

    async def list_models(self, *, fresh: bool = False) -> list[Model]:
        """List the models for chats, from memory if that is not old."""
        if fresh or not self._is_recent(FRESH_SECONDS):
            await self._load_models()
        return [model for model in self._models if is_for_chat(model)]

    async def find_models(self, wanted: str) -> Sequence[Model]:
        """Return the known models: a list that lacks the wanted one has to be fresh."""
        has_it = any(model.id == wanted for model in self._models)
        if not self._is_recent(OLD_SECONDS if has_it else FRESH_SECONDS):
            await self._load_models()
        return self._models

    async def set_key(self, key: str) -> None:
        """Store a key for the present address, unless it is refused there. Raises InvalidInput and SignInNeeded."""
        problem, before = self.problem, self._key.replace(key, self.origin)
        try:
            await self._load_models()
        except SignInNeeded:
            self._key.stored, self.problem = before, problem
            raise
        except DeskhandError:
            pass  # it cannot be tested now
        await self._key.save()
        await self._change()

    async def remove_key(self) -> None:
        """Forget the stored key. Raises InvalidInput."""
        await self._key.remove()
        await self._change()

    async def change(self, **changes: Any) -> None:
        """Change settings. Raises InvalidInput."""
        if "base_url" in changes:
            changes["base_url"] = url = check_base_url(changes["base_url"])
            if url:
                await check_resolved_service(url, self.context.address)
        await self.store(**changes)
        await self._change()

    async def store(self, **changes: Any) -> None:
        """Store settings that are no business of the listeners."""

        def apply(settings: ConversationsSettings) -> ConversationsSettings:
            openai = OpenAISettings.model_validate({**settings.openai.model_dump(), **changes})
            return settings.model_copy(update={"openai": openai})

        await self.context.settings.change(SECTION, ConversationsSettings, apply)

    async def _pick_default(self) -> str:
        """Pick a model where none is set. Raises InvalidInput if there is none."""
        if model := pick_default(await self.find_models(""), self.context.clock.now().date()):
            return model
        raise InvalidInput(NO_MODEL, code="model_not_found", param="model")

    async def _load_models(self) -> None:
        if self._key.stored is None:  # the keyring may have been locked
            await self.open()
        try:
            models = await self.api().list_models()
        except DeskhandError as error:
            self.problem = error.detail if isinstance(error, SignInNeeded) else self.problem
            raise
        self.problem = None
        self._models, self._models_at = models, self.context.clock.monotonic()

    def _is_recent(self, seconds: float) -> bool:
        return self._models_at is not None and self.context.clock.monotonic() - self._models_at < seconds

    async def _open_repeatedly(self) -> None:
        while True:
            if await self.open():
                return
            await asyncio.sleep(REOPENING_SECONDS)

    async def _announce(self, opening: asyncio.Task[None]) -> None:
        await asyncio.wait([opening])
        await self._change()

    async def _change(self) -> None:
        self._models, self._models_at = [], None
        if self.problem and self.is_usable:
            self.problem = None
        self.context.events.publish(SECTION)
        for listener in self._listeners:
            await listener()


def is_openai(url: str) -> bool:
    """Return whether an address is OpenAI's own, such as one of its regions."""
    host = read_origin(url).removeprefix("https://").rpartition(":")[0]
    return host == "openai.com" or host.endswith(".openai.com")
