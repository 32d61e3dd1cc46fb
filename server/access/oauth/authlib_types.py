"""Requests and clients in the form that Authlib expects."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Payload, OAuth2Request

from server.access.clients.client import Client
from server.access.oauth import redirect_uris
from server.access.oauth.models import OFFLINE, Kind, Registration
from server.access.oauth.request_context import AuthorizationRequest, FormParams
from server.core.credentials import is_same


class Payload(OAuth2Payload):
    """Parameters of a request."""

    def __init__(self, params: FormParams) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in params:
            self._lists[name].append(value)
        self._first = {name: values[0] for name, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._first

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Request(OAuth2Request):
    """A request made of plain parameters, so that it can wait for the person and be repeated after their decision.

    `agreed`: the request they approved. `denial`: their reason to deny it.
    """

    def __init__(self, method: str, uri: str, params: FormParams, headers: Mapping[str, str]) -> None:
        super().__init__(method, uri, headers=dict(headers))
        self.payload = Payload(params)
        self.resource = ""
        self.agreed: AuthorizationRequest | None = None
        self.denial = ""

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


@dataclass(frozen=True)
class AuthlibClient(ClientMixin):
    """An OAuth client. `scopes`: all existing ones. `client`: the Deskhand client that it is, once the person has let it in."""

    registration: Registration
    client: Client | None
    scopes: frozenset[str]

    def get_client_id(self) -> str:
        return self.registration.id

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token"}

    def check_client_secret(self, client_secret: str) -> bool:
        return is_same(client_secret, self.registration.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002, Authlib's name
        """Accept the secret in the body or the header, and `none` for public clients only."""
        return (method == "none") == self.is_public

    @property
    def is_public(self) -> bool:
        return self.registration.secret_hash is None

    @property
    def needs_pkce(self) -> bool:
        """Return whether PKCE is required: for all but GPT actions, which cannot do it and have a secret."""
        return self.is_public or self.registration.kind is not Kind.own

    def get_default_redirect_uri(self) -> str | None:
        uris = self.registration.redirect_uris
        return uris[0] if len(uris) == 1 else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        own = self.registration.kind is Kind.own
        if own and (redirect_uris.is_gpt(redirect_uri) or redirect_uris.is_known_site(redirect_uri)):
            return True
        return redirect_uris.is_among(redirect_uri, self.registration.redirect_uris, any_port=self.is_public)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Scopes that it may get. Unknown ones are left out; if none is left, the client's scopes or all are offered."""
        requested = (scope or "").split()
        has = self.client.scopes if self.client else None
        most = has if has is not None and self.registration.kind is Kind.own else self.scopes
        given = [name for name in dict.fromkeys(requested) if name in most] or sorted((has or self.scopes) & self.scopes)
        if not given:
            return None
        return " ".join(given + [OFFLINE] * (OFFLINE in requested))


def split(scope: Any) -> tuple[str, ...]:
    """Scopes of a space-separated list."""
    return tuple(str(scope or "").split())
