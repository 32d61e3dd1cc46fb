"""The key for OpenAI: that of the environment, or the stored one. Each is for one address, and never goes to another."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress

from pydantic import BaseModel, Field, ValidationError

from server.core.errors import DeskhandError, InvalidInput
from server.integrations.conversations.openai_account.base_urls import read_origin
from server.integrations.conversations.openai_account.options import KEY_VARIABLE, merge_options
from server.integrations.conversations.openai_account.settings import OpenAISettings
from server.storage.secrets import Secrets

SECRET = "openai/key"  # noqa: S105, a name
KEY = re.compile(r"[!-~]{8,1000}")
WRONG_KEY = "That is no API key. Copy it from platform.openai.com, under API keys."
KEY_OF_ENVIRONMENT = f"The key is in the environment, as {KEY_VARIABLE}. Change it there."


class StoredKey(BaseModel):
    """A key and the origin that it is for, as one secret."""

    key: str = Field(repr=False)
    origin: str


class ApiKey:
    """The key and the origin that it is for. `problem`: why the stored one could not be read."""

    def __init__(self, secrets: Secrets, environment: Mapping[str, str], find_endpoint: Callable[[], str]) -> None:
        self.stored: StoredKey | None = None
        self.problem: str | None = None
        self._secrets, self._environment, self._find_endpoint = secrets, environment, find_endpoint

    @property
    def is_from_environment(self) -> bool:
        """Return whether the environment has it."""
        return bool(self._environment.get(KEY_VARIABLE, "").strip())

    def find(self) -> tuple[str, str]:
        """Return the key and its origin, empty without one. That of the environment is for the address there, or for OpenAI."""
        if key := self._environment.get(KEY_VARIABLE, "").strip():
            given = merge_options(OpenAISettings(), self._environment).base_url
            return key, read_origin(given or self._find_endpoint())
        return (self.stored.key, self.stored.origin) if self.stored else ("", "")

    async def open(self) -> bool:
        """Read the stored key; return whether that has succeeded."""
        try:
            text = await self._secrets.get(SECRET)
        except DeskhandError as error:
            self.problem = error.detail
            return False
        self.problem = None
        with suppress(ValidationError):
            self.stored = StoredKey.model_validate_json(text) if text else None
        return True

    def replace(self, key: str, origin: str) -> StoredKey | None:
        """Use another key without storing it; return the one before. Raises InvalidInput."""
        if self.is_from_environment:
            raise InvalidInput(KEY_OF_ENVIRONMENT)
        if not KEY.fullmatch(key.strip()):
            raise InvalidInput(WRONG_KEY)
        before, self.stored = self.stored, StoredKey(key=key.strip(), origin=origin)
        return before

    async def save(self) -> None:
        """Store the key that is used."""
        if self.stored:
            await self._secrets.set(SECRET, self.stored.model_dump_json())

    async def remove(self) -> None:
        """Forget the stored key. Raises InvalidInput."""
        if self.is_from_environment:
            raise InvalidInput(KEY_OF_ENVIRONMENT)
        await self._secrets.delete(SECRET)
        self.stored = None
