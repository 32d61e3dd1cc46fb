"""OAuth client of one server, in the spellings of VS Code and Claude (`oauth`), Cursor (`auth`) and mcpo (`oauth`)."""

import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from server.core.text import shorten
from server.integrations.tools.config.variables import VARIABLE
from server.integrations.tools.models import OAuthClient

SECRET = "client secret"  # noqa: S105, name of the variable that holds it
NAMES = {
    "clientid": "client_id",
    "clientsecret": "client_secret",
    "scope": "scope",
    "scopes": "scope",
    "issuer": "issuer",
    "clientmetadataurl": "metadata_url",
    "granttype": "machine",
    "flow": "machine",
    "callbackport": "callback_port",
    "redirecturi": "redirect_uri",
    "redirecturl": "redirect_uri",
}
WITHOUT_EFFECT = {"enabled", "type", "serverurl", "storagetype", "useloopback"}
MACHINE = {"clientcredentials": True, "authorizationcode": False}
REDIRECT_URI = re.compile(r"http://localhost:(\d{1,5})/callback")
TEXT = re.compile(r"[\x21-\x7e]*")
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e ]*")  # RFC 6749 §3.3
LONGEST = 4_096


class Reader(Protocol):
    """Reader of the fields of one server."""

    @property
    def title(self) -> str: ...

    @property
    def fields(self) -> Mapping[str, Any]: ...

    @property
    def notes(self) -> list[str]: ...

    def fail(self, sentence: str) -> Exception: ...

    def scalar(self, name: str, value: Any) -> str: ...


def read_client(reader: Reader) -> tuple[OAuthClient | None, dict[str, str]]:
    """Read the client, and the values of its variables. Raises EntryError with a sentence if it cannot be used."""
    name = next((name for name in ("oauth", "auth") if reader.fields.get(name) is not None), "")
    value = reader.fields.get(name)
    if not name or isinstance(value, bool) or value == "oauth":
        return None, {}
    if not isinstance(value, dict):
        raise reader.fail(f"its “{name}” must be an object. A token belongs into “headers”.")
    texts, unused = collect(reader, name, value)
    if unused:
        reader.notes.append(f"These settings of “{name}” of “{reader.title}” are not used: {', '.join(unused[:8])}.")
    secret = texts.get("client_secret", "")
    values = {SECRET: secret} if secret and not VARIABLE.fullmatch(secret) else {}
    if values:
        texts["client_secret"] = f"${{{SECRET}}}"
    return make_client(reader, texts), values


def collect(reader: Reader, name: str, value: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Collect the settings by our names, and those that are not used."""
    texts, unused = dict[str, str](), list[str]()
    for key, item in value.items():
        plain = re.sub(r"[-_ ]", "", key).lower()
        if item is None:
            continue
        if plain in NAMES:
            words = item if isinstance(item, list) and NAMES[plain] == "scope" else [item]
            texts[NAMES[plain]] = " ".join(reader.scalar(f"{name}.{key}", word) for word in words)
        elif plain not in WITHOUT_EFFECT:
            unused.append(shorten(key))
    for key, text in texts.items():
        if len(text) > LONGEST or not (SCOPE if key == "scope" else TEXT).fullmatch(VARIABLE.sub("x", text)):
            raise reader.fail(f"its “{name}” has a {key} that cannot be used.")
    return texts, unused


def make_client(reader: Reader, texts: dict[str, str]) -> OAuthClient:
    """Make the client. Raises EntryError for one that has not all that it needs."""
    grant = re.sub(r"[-_ ]", "", texts.pop("machine", "authorization_code")).lower()
    port = read_port(reader, texts.pop("callback_port", ""), texts.pop("redirect_uri", ""))
    if grant not in MACHINE:
        raise reader.fail("its grant type must be authorization_code or client_credentials.")
    client = OAuthClient.model_validate({**texts, "machine": MACHINE[grant], "callback_port": port})
    if client.client_secret and not client.client_id:
        raise reader.fail("its client secret needs a client id.")
    if client.machine and not (client.client_secret and client.issuer):
        raise reader.fail("client credentials need a client id, a client secret and the issuer that they are for.")
    if not all(is_https(text) for text in (client.issuer, client.metadata_url) if text):
        raise reader.fail("its issuer and its client metadata URL must begin with https://.")
    return client


def read_port(reader: Reader, port: str, redirect_uri: str) -> int:
    """Return the port of the redirect URI that a client was registered with; 0 for any."""
    match = REDIRECT_URI.fullmatch(redirect_uri)
    if redirect_uri and not match:
        raise reader.fail("its redirect URI must be http://localhost:PORT/callback.")
    text = match[1] if match else port
    if text and not (text.isdecimal() and text.isascii() and 0 < int(text[:6]) < 65_536):
        raise reader.fail("its callback port must be a number up to 65535.")
    return int(text or 0)


def is_https(text: str) -> bool:
    """Return whether a text is a URL of https, or of http on this computer."""
    try:
        parts = urlsplit(text)
        local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
        return bool(parts.hostname) and parts.username is None and (parts.scheme == "https" or local)
    except ValueError:
        return False
