"""Options of OpenAI in force: variables of the environment come before the settings."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from server.core.errors import InvalidInput
from server.integrations.conversations.openai_account.base_urls import check_base_url
from server.integrations.conversations.openai_account.settings import OpenAISettings, OptionalName, Temperature, Tokens

VARIABLES = {  # of the environment, by the setting that each replaces
    "organization": "OPENAI_ORG_ID",
    "model": "OPENAI_MODEL",
    "max_tokens": "OPENAI_MAX_TOKENS",
    "temperature": "OPENAI_TEMPERATURE",
    "base_url": "OPENAI_BASE_URL",
}
KEY_VARIABLE = "OPENAI_API_KEY"


class OpenAIOptions(BaseModel):
    """Options in force: the settings, or the environment where it says something. `names`: the variables that do."""

    model_config = ConfigDict(frozen=True)

    organization: OptionalName = ""
    model: OptionalName = ""
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    base_url: str = ""
    names: tuple[str, ...] = ()
    problem: str = ""


def merge_options(settings: OpenAISettings, environment: Mapping[str, str]) -> OpenAIOptions:
    """Put the environment's options over the settings. One that does not fit is named in `problem` and has no effect."""
    values: dict[str, Any] = {field: getattr(settings, field) for field in VARIABLES}
    names, wrong = [], []
    for field, name in VARIABLES.items():
        value = environment.get(name, "").strip()
        if not value:
            continue
        try:
            text = check_base_url(value) if field == "base_url" else value
            values[field] = getattr(OpenAIOptions.model_validate({field: text}), field)
            names.append(name)
        except (ValueError, InvalidInput):
            wrong.append(name)
    problem = f"The value of {' and '.join(wrong)} in the environment does not fit, so it has no effect." if wrong else ""
    return OpenAIOptions(**values, names=tuple(names), problem=problem)


class CurrentOptions:
    """The options in force, made anew after a change of the settings alone: much asks for them, and the environment stays."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._made: tuple[OpenAISettings, OpenAIOptions] | None = None

    def find(self, settings: OpenAISettings) -> OpenAIOptions:
        """Find those of the stored settings, which are the same object until they are changed."""
        if self._made is None or self._made[0] is not settings:
            self._made = settings, merge_options(settings, self._environment)
        return self._made[1]
