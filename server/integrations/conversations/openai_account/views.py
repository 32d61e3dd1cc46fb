"""OpenAI as the person sees it: the connection, its models, usage and cost."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from server.core.errors import DeskhandError
from server.integrations.conversations.adapter.protocol import Model
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.models import list_current, rank, warn
from server.integrations.conversations.openai_account.money import format_units
from server.integrations.conversations.openai_account.options import KEY_VARIABLE
from server.integrations.conversations.openai_account.settings import Amount, ModelName, OptionalName, Temperature, Tokens
from server.integrations.conversations.openai_account.spending import Spending

WORKS = "OpenAI answers. {count} models can be used; conversations use {model}.{warning}"
WORKS_ELSEWHERE = "{origin} answers. {count} models can be used."


class OpenAIView(BaseModel):
    """The connection with OpenAI."""

    key_is_set: bool = Field(description="Whether there is a key for the present address.")
    key_hint: str = Field(description="The last characters of the key.")
    organization: str = Field(description="The organization that is billed; empty for the key's own.")
    model: str = Field(description="The model of conversations that name none; empty: the newest one.")
    max_tokens: int | None = Field(description="The most tokens of an answer; null: the model's own limit.")
    temperature: float | None = Field(description="From 0, the same each time, to 2; null: the model's own.")
    base_url: str = Field(description="Another service that speaks as OpenAI does, such as Ollama; empty: OpenAI itself.")
    aliases: dict[str, str] = Field(description="Models by the names that stand for them.")
    budget: str | None = Field(description="The most US dollars of a month; null: no limit.")
    spent: str = Field(description="US dollars of this month so far, as far as prices are known.")
    reserved: str = Field(description="US dollars that requests in progress, or with a lost answer, may cost.")
    is_free: bool = Field(description="Whether another service than OpenAI's is used, which costs nothing here.")
    from_environment: list[str] = Field(description="The variables of the environment that come before these settings.")
    problem: str | None = Field(description="What is wrong, in a sentence.")
    webhook_allowed: bool = Field(description="Whether Deskhand registers a webhook at OpenAI.")
    webhook_url: str = Field(description="The address that is registered there; empty: none.")


class OpenAIChange(BaseModel):
    """Changes of the connection; what is left out stays as it is."""

    organization: OptionalName = ""
    model: OptionalName = ""
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    base_url: str = Field("", max_length=2000)
    aliases: Annotated[dict[ModelName, ModelName], Field(max_length=100)] = {}
    budget: Amount | None = None
    webhook_allowed: bool = False


class KeyOrder(BaseModel):
    """An API key."""

    key: str = Field(min_length=1, max_length=1000, repr=False, description="The key, as OpenAI shows it once.")


class TestResult(BaseModel):
    """The result of a test of the connection."""

    __test__ = False  # it is no test of pytest's

    ok: bool = Field(description="Whether it works.")
    message: str = Field(description="What was found, in a sentence.")


class ModelView(BaseModel):
    """A model."""

    id: str = Field(description="Its name.")
    shutdown_date: str | None = Field(description="When OpenAI shuts it down; null: not announced.")
    warning: str | None = Field(description="The same in a sentence.")
    is_current: bool = Field(description="Whether it stays for some time.")


class ModelList(BaseModel):
    """The models that the key may use for conversations."""

    models: list[ModelView] = Field(description="The newest first.")


async def view_connection(openai: OpenAIConnection, spending: Spending, problem: str | None = None) -> OpenAIView:
    """View the connection. `problem`: of its webhook."""
    options, settings, balance = openai.options, openai.settings, (await spending.read_balances())[""]
    names = [*options.names, *([KEY_VARIABLE] if openai.key_is_from_environment else [])]
    return OpenAIView(
        key_is_set=bool(openai.key),
        key_hint=openai.key_hint,
        **options.model_dump(include={"organization", "model", "max_tokens", "temperature", "base_url"}),
        aliases=settings.aliases,
        budget=settings.budget,
        spent=format_units(balance.spent),
        reserved=format_units(balance.reserved),
        is_free=openai.is_free,
        from_environment=sorted(names),
        problem=openai.problem or options.problem or problem,
        webhook_allowed=settings.webhook_allowed,
        webhook_url=settings.webhook.url,
    )


async def test_connection(openai: OpenAIConnection) -> TestResult:
    """Ask for the models, and look for the one that conversations use."""
    try:
        models = await openai.list_models(fresh=True)
        if openai.is_free:
            missing = find_missing(openai, [model.id for model in models])
            message = WORKS_ELSEWHERE.format(origin=openai.origin, count=len(models))
            return TestResult(ok=not missing, message=message + missing)
        name, today = await openai.resolve_model(), openai.context.clock.now().date()
        warning = next((warn(model, today) for model in models if model.id == name), None)
        message = WORKS.format(count=len(models), model=name, warning=f" {name}: {warning}" if warning else "")
        return TestResult(ok=True, message=message)
    except DeskhandError as error:
        return TestResult(ok=False, message=error.detail)


def find_missing(openai: OpenAIConnection, names: list[str]) -> str:
    """Say if another service does not list the model that is set; it may leave out a tag, such as :latest."""
    name = openai.options.model
    name = openai.settings.aliases.get(name, name)
    is_there = not name or any(each == name or each.startswith(f"{name}:") for each in names)
    return "" if is_there or not names else f" Conversations use {name}, which is not among them."


def view_models(models: Iterable[Model], today: date) -> ModelList:
    """View models, the newest first."""
    models = sorted(models, key=rank, reverse=True)
    current = {model.id for model in list_current(models, today)}
    return ModelList(
        models=[
            ModelView(
                id=model.id, shutdown_date=model.shutdown_date or None, warning=warn(model, today), is_current=model.id in current
            )
            for model in models
        ]
    )
