"""Dynamic client registration (RFC 7591), if the person allows it."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from server.access.oauth.models import Kind, Registration
from server.access.oauth.redirect_uris import LONGEST, MOST, may_register
from server.access.oauth.request_context import OAuthResponse
from server.access.oauth.tokens import CLIENT_SECRET, new_id
from server.core.clock import Clock
from server.core.credentials import digest, new_secret

MOST_UNUSED = 100  # registrations without consent
MOST_A_MINUTE = 30
NOT_ALLOWED = (
    "The person at this computer does not let programs register themselves. They can allow it in Deskhand's window, under Access."
)


def check_callback(uri: str) -> str:
    if len(uri) > LONGEST or not may_register(uri):
        raise ValueError("redirect_uri")
    return uri


class Metadata(BaseModel):
    """Client metadata; unknown fields are ignored."""

    redirect_uris: list[Annotated[str, AfterValidator(check_callback)]] = Field(min_length=1, max_length=MOST)
    token_endpoint_auth_method: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_basic"  # noqa: S105, a method
    grant_types: list[Literal["authorization_code", "refresh_token"]] = ["authorization_code", "refresh_token"]
    response_types: list[Literal["code"]] = ["code"]
    client_name: str = Field("", max_length=200)
    scope: str = Field("", max_length=1000)


def register(body: bytes, clock: Clock) -> tuple[OAuthResponse, Registration | None]:
    """Validate client metadata. Answers the response, and the registration to store if it is valid."""
    try:
        fields: Any = json.loads(body)
        if isinstance(fields, dict):
            fields = {name: value for name, value in fields.items() if value not in (None, "")}
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
