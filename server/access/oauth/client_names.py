"""Names of OAuth clients for the person: an unverified name is quoted, after the client's origin."""

from urllib.parse import urlsplit

from server.access.oauth.models import Kind, Registration
from server.access.oauth.request_context import AuthorizationRequest
from server.core.text import shorten

QUOTES = str.maketrans("“”", '""')
LONGEST_HOST = 28  # characters: a notification has to show it whole; its end is what cannot be made up


def name_client(request: AuthorizationRequest) -> str:
    """Name of a client for the person: the one they gave it; for an unknown client its origin and its own name."""
    if request.client:
        return request.client.name
    called = spell_name(request.registration.name)
    origin = find_origin(request.registration)
    return f"{origin}, calling itself “{called}”" if called else origin


def find_origin(registration: Registration) -> str:
    """Origin of a client, short enough for a title."""
    if registration.kind is not Kind.document:
        return "Unknown program"
    host = urlsplit(registration.id).netloc
    return host if len(host) <= LONGEST_HOST else f"…{host[-LONGEST_HOST:]}"


def spell_name(name: str) -> str:
    """Name that a client gives itself, in one line, with invisible characters escaped and without our quotation marks."""
    return shorten(name.translate(QUOTES))
