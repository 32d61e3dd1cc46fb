"""Dynamic client registration (RFC 7591), if the person allows it."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from server.access.oauth.metadata import METHODS
from server.access.oauth.models import Kind, Registration
from server.access.oauth.redirect_uris import LONGEST, MOST, may_register
from server.access.oauth.request_context import OAuthResponse
from server.access.oauth.tokens import CLIENT_SECRET, new_id
from server.core.clock import Clock
from server.core.credentials import digest, new_secret
from server.core.lists import make_list

MOST_UNUSED = 100  # registrations without consent
MOST_A_MINUTE = 30
NOT_ALLOWED = (
    "The person at this computer does not let programs register themselves. They can allow it in Deskhand's window, under Access."
)


def keep_supported(supported: Callable[[str], bool]) -> BeforeValidator:
    """Validator that leaves out what is not supported, as RFC 7591, section 2 permits; the response says what was registered."""

    def keep(value: object) -> list[str]:
        given = dict.fromkeys(item for item in make_list(value) if isinstance(item, str))
        return [item for item in given if supported(item)]

    return BeforeValidator(keep)


def choose_method(value: object) -> object:
    """Supported method of authentication; RFC 7591's default in place of another."""
    return value if value in METHODS else METHODS[0]


def is_supported_uri(uri: str) -> bool:
    return len(uri) <= LONGEST and may_register(uri)


GRANTS = ("authorization_code", "refresh_token")
Callbacks = Annotated[list[str], keep_supported(is_supported_uri), AfterValidator(lambda uris: uris[:MOST]), Field(min_length=1)]
Grants = Annotated[list[str], keep_supported(GRANTS.__contains__), Field(min_length=1)]
ResponseTypes = Annotated[list[str], keep_supported("code".__eq__), Field(min_length=1)]


class Metadata(BaseModel):
    """Client metadata, of which what is not supported is left out; unknown fields are ignored."""

    redirect_uris: Callbacks
    token_endpoint_auth_method: Annotated[str, BeforeValidator(choose_method)] = METHODS[0]
    grant_types: Grants = list(GRANTS)
    response_types: ResponseTypes = ["code"]
    client_name: str = Field("", max_length=200)
    scope: str = Field("", max_length=1000)


def register(body: bytes, clock: Clock) -> tuple[OAuthResponse, Registration | None]:
    """Validate client metadata. Answers the response, and the registration to store if it is valid."""
    try:
        fields: Any = json.loads(body)
        if isinstance(fields, dict):
            fields = {name: value for name, value in fields.items() if value not in (None, "", [])}
        metadata = Metadata.model_validate(fields)
    except ValidationError as error:
        callback = any("redirect_uris" in detail["loc"] for detail in error.errors())
        return refuse("invalid_redirect_uri" if callback else "invalid_client_metadata"), None
    except (ValueError, RecursionError):
        return refuse("invalid_client_metadata"), None
    return make(metadata, clock)


def refuse(error: str) -> OAuthResponse:
    sentences = {
        "invalid_redirect_uri": "Only the addresses of ChatGPT and Claude, and those of this or your own computer, are answered.",
        "invalid_client_metadata": "This does not tell of a program as RFC 7591 has it.",
    }
    return OAuthResponse.failed(error, sentences[error])


def make(metadata: Metadata, clock: Clock) -> tuple[OAuthResponse, Registration]:
    """Create a registration, and the response with its client_id and secret."""
    now = clock.now()
    secret = None if metadata.token_endpoint_auth_method == "none" else new_secret(CLIENT_SECRET)  # noqa: S105, a method
    registration = Registration(
        id=new_id(),
        kind=Kind.registered,
        name=metadata.client_name,
        redirect_uris=tuple(metadata.redirect_uris),
        secret_hash=digest(secret) if secret else None,
        created_at=now.isoformat(),
    )
    created = {"client_id": registration.id, "client_id_issued_at": int(now.timestamp())}
    created |= {"client_secret": secret, "client_secret_expires_at": 0} if secret else {}
    rest = {name: value for name, value in metadata.model_dump().items() if value != ""}
    return OAuthResponse(201, created | rest), registration
