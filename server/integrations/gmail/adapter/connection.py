"""HTTP to Google over httplib2, without its habit of sending a request again by itself: a mail must not go out twice."""

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httplib2
import requests
from requests.adapters import HTTPAdapter

from server.core.errors import UpstreamTimedOut
from server.integrations.gmail.adapter.errors import NotReached
from server.integrations.gmail.models import LOOPBACK

_TOO_LONG = "Google did not answer in time. Try again in a moment."


class _Once(http.client.HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError:
            raise NotReached from None

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            return super().getresponse()
        except http.client.BadStatusLine as error:  # httplib2 would answer this by sending it again
            raise ConnectionResetError("Google hung up.") from error


class _OnceOpen(_Once, httplib2.HTTPConnectionWithTimeout):
    pass


class _OnceSecured(_Once, httplib2.HTTPSConnectionWithTimeout):
    pass


class Connection(httplib2.Http):
    """A connection for one thread. Raises UpstreamTimedOut where Google got a request and did not answer in time."""

    def __init__(self, endpoint: str, seconds: float) -> None:
        loopback = urlsplit(endpoint).hostname in LOOPBACK
        super().__init__(timeout=seconds)
        if loopback:
            self.proxy_info = None
        self.follow_redirects = False

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        redirections: int = 0,
        connection_type: Any = None,  # noqa: ARG002, ours does not resend
    ) -> tuple[httplib2.Response, bytes]:
        kind = _OnceSecured if urlsplit(uri).scheme == "https" else _OnceOpen
        try:
            response, content = super().request(uri, method, body, headers, redirections, kind)
        except TimeoutError:
            raise UpstreamTimedOut(_TOO_LONG) from None
        return response, content


class ToLoopback(HTTPAdapter):
    """Sends over http what oauthlib, which wants https everywhere, believes to go over https. For this computer alone."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        request.url = as_http(request.url or "")
        return super().send(request, *arguments, **options)


def as_https(address: str) -> str:
    """Write an address as oauthlib wants it."""
    return address.replace("http://", "https://", 1)


def as_http(address: str) -> str:
    """Write an address as demo mode has it. ValueError: it is another computer's."""
    if urlsplit(address).hostname not in LOOPBACK:
        raise ValueError("Only this computer is reached over http.")
    return address.replace("https://", "http://", 1)
