"""Settings of sign-ins."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from server.access.oauth.models import SECTION, OAuthSettings
from server.access.oauth.oauth_clients import RefusedRequest
from server.runtime.state import State

TOPIC = "sign-ins"


class SignInOrder(BaseModel):
    """Settings of sign-ins."""

    registration_allowed: bool = Field(False, description="Whether apps may use dynamic client registration.")
    documents_allowed: bool = Field(True, description="Whether apps may use a client ID document.")


class SignInView(SignInOrder):
    """Settings of sign-ins, and the last refusal."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    refused: RefusedRequest | None = Field(None, description="What was refused last, since Deskhand started.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/sign-ins")

    @routes.get("")
    async def read_sign_ins() -> SignInView:
        """Returns the registration settings, and the redirect URIs refused last."""
        return show(state)

    @routes.put("")
    async def set_sign_ins(order: SignInOrder) -> SignInView:
        """Changes the registration settings. Existing grants stay."""
        changed = order.model_dump()
        await state.context.settings.change(SECTION, OAuthSettings, lambda now: now.model_copy(update=changed))
        state.context.events.publish(TOPIC)
        return show(state)

    return routes


def show(state: State) -> SignInView:
    """Show the current settings."""
    settings = state.context.settings.read(SECTION, OAuthSettings)
    return SignInView(
        registration_allowed=settings.registration_allowed,
        documents_allowed=settings.documents_allowed,
        refused=state.programs.refused,
    )
