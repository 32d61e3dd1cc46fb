"""Requests and programs in the shape that Authlib asks for."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Payload, OAuth2Request

from server.access.clients.client import Client
from server.access.oauth import redirect_uris
from server.access.oauth.models import OFFLINE, Kind, Registration
from server.access.oauth.request_context import Asked, Pairs
from server.access.oauth.tokens import is_same


class Payload(OAuth2Payload):
    """The parameters of a request."""

    def __init__(self, pairs: Pairs) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._lists[name].append(value)
        self._first = {name: values[0] for name, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._first

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Request(OAuth2Request):
    """Made of plain pairs, so that one can wait for the person and be played again when they have said yes.

    `agreed`: what they said yes to. `denial`: why they said no.
    """

    def __init__(self, method: str, uri: str, pairs: Pairs, headers: Mapping[str, str]) -> None:
        super().__init__(method, uri, headers=dict(headers))
        self.payload = Payload(pairs)
        self.resource = ""
        self.agreed: Asked | None = None
        self.denial = ""

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


@dataclass(frozen=True)
class Visitor(ClientMixin):
    """A program as Authlib asks for it. `scopes`: all there are now. `client`: whose it is, once the person has let it in."""

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
        """A secret may come in the body or in the header; without one there is none to send."""
        return (method == "none") == self.is_public

    @property
    def is_public(self) -> bool:
        return self.registration.secret_hash is None

    @property
    def needs_pkce(self) -> bool:
        """GPT's actions cannot do it; they have a secret that the person pasted."""
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
        """What it may be given of what it asks for. What there is not is left out; where nothing is left, it is the usual."""
        asked = (scope or "").split()
        has = self.client.scopes if self.client else None
        most = has if has is not None and self.registration.kind is Kind.own else self.scopes
        given = [one for one in dict.fromkeys(asked) if one in most] or sorted((has or self.scopes) & self.scopes)
        if not given:
            return None
        return " ".join(given + [OFFLINE] * (OFFLINE in asked))


def split(scope: Any) -> tuple[str, ...]:
    """The scopes in a text."""
    return tuple(str(scope or "").split())
