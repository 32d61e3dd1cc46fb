"""Request and response models about OAuth clients."""

from dataclasses import asdict

from pydantic import BaseModel, Field

from server.access.oauth.models import Kind
from server.access.oauth.oauth_clients import OAuthClient


class GrantView(BaseModel):
    """One sign-in that lasts."""

    id: str
    callback: str = Field(description="Where the program was answered.")
    scopes: list[str] = Field(description="The granted scopes, within those of the client.")
    resource: str = Field(description="Empty for all of it, /mcp for the tools alone.")
    address: str = Field(description="The public address at which it signed in.")
    moved: bool = Field(description="Whether the public address is another one now, so that it has to be connected anew.")
    created_at: str
    last_used_at: str | None


class OAuthView(BaseModel):
    """OAuth client of a client."""

    client_id: str = Field(description="For one with a document about it, the document's address.")
    kind: Kind
    title: str = Field(description="What the program calls itself.")
    redirect_uris: list[str] = Field(description="Its redirect URIs, besides those of ChatGPT and Claude.")
    secret: bool = Field(description="Whether it has a secret.")
    created_at: str
    grants: list[GrantView] = Field(description="Oldest first.")


class OAuthOrder(BaseModel):
    """Another id and secret."""

    redirect_uris: list[str] | None = Field(
        None, max_length=20, description="Its redirect URIs; null: unchanged. Those of ChatGPT and Claude are always accepted."
    )


class CallbackOrder(BaseModel):
    """Redirect URIs of an OAuth client."""

    redirect_uris: list[str] = Field(max_length=20, description="All of them. ChatGPT's and Claude's need not be given.")


def view_program(program: OAuthClient, address: str) -> OAuthView:
    """Show how a client signs in. `address`: the public one of the moment."""
    registration = program.registration
    return OAuthView(
        client_id=registration.id,
        kind=registration.kind,
        title=registration.name,
        redirect_uris=list(registration.redirect_uris),
        secret=registration.secret_hash is not None,
        created_at=registration.created_at,
        grants=[
            GrantView.model_validate(asdict(grant) | {"scopes": sorted(grant.scopes), "moved": grant.address != address})
            for grant in program.grants
        ],
    )
