"""How OpenAI is used: settings of the person."""

from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

ENDPOINT = "https://api.openai.com/v1"
USUAL_OUTPUT = 16_384  # tokens of an answer, where a budget needs a limit and none is set
LARGEST_BUDGET = Decimal(1_000_000)


def check_endpoint(url: str) -> str:
    """Raises ValueError unless OpenAI itself or a fake of it on this computer is there."""
    if url != ENDPOINT and urlsplit(url).hostname != "127.0.0.1":
        raise ValueError("OpenAI is not there")
    return url


def check_budget(amount: str | None) -> str | None:
    """Normalize an amount of US dollars. Raises ValueError."""
    if amount is None:
        return None
    try:
        value = Decimal(amount.strip())
    except InvalidOperation:
        raise ValueError("Give an amount of US dollars, such as 20 or 7.50") from None
    if not value.is_finite() or not 0 <= value <= LARGEST_BUDGET or value != value.quantize(Decimal("0.01")):
        raise ValueError("Give an amount of US dollars between 0 and 1000000, with at most two decimals")
    return f"{value:.2f}"


ModelName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
OptionalName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Amount = Annotated[str, StringConstraints(max_length=20), AfterValidator(check_budget)]
Tokens = Annotated[int, Field(ge=16, le=10_000_000)]
Temperature = Annotated[float, Field(ge=0, le=2)]


class WebhookRegistration(BaseModel):
    """Our webhook at OpenAI. `origin`: of the API that it is registered at."""

    id: str = ""
    url: str = ""
    origin: str = ""


class OpenAISettings(BaseModel):
    """Settings of OpenAI. `endpoint`: where OpenAI is; demo mode points it at its fake, and nothing else changes it."""

    endpoint: Annotated[str, AfterValidator(check_endpoint)] = ENDPOINT
    organization: OptionalName = ""
    model: OptionalName = ""
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    base_url: str = Field("", max_length=2000)
    aliases: dict[str, str] = {}
    budget: str | None = None
    project_budgets: dict[str, str] = {}
    webhook_allowed: bool = False
    webhook: WebhookRegistration = WebhookRegistration()
