"""Google: signing in, and calls of Gmail's API. It blocks, so it runs in threads; libraries come at their first use."""

import base64
import http.client
import logging
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from server.core.errors import DeskhandError, SignInNeeded, UpstreamFailed, UpstreamTimedOut
from server.integrations.gmail.adapter.errors import NotReached, read_failure
from server.integrations.gmail.models import Endpoints

LARGEST_JSON_MAIL = 4 * 1024 * 1024  # larger mails go to Gmail's address for uploads
_LOUD = ("googleapiclient", "google", "google_auth_oauthlib", "requests_oauthlib", "oauthlib", "urllib3")
_RETRIED = "Try again in a moment."

Answer = dict[str, Any]
Result = Answer | DeskhandError


@dataclass(frozen=True)
class ClientCredentials:
    """The OAuth client that the person made at Google."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class SignIn:
    """A sign-in that has begun: the address for the person's browser, and what proves later that it was ours (PKCE)."""

    address: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect: str


@dataclass(frozen=True)
class Grant:
    """Granted tokens and scopes. `seconds`: lifetime of the access token. `refresh_token` is empty if Google gave no new one."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: float
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class CallOptions:
    """Address, token and limits of calls of Gmail's API. `retries`: of each failed call."""

    endpoint: str
    token: str = field(repr=False)
    seconds: float = 30
    retries: int = 0


class Google:
    """Google over its own client libraries. Raises the errors of server/core/errors.py."""

    def __init__(self) -> None:
        self._services: dict[str, Any] = {}
        self._lock = threading.Lock()

    def begin(
        self, client: ClientCredentials, endpoints: Endpoints, scopes: Sequence[str], redirect: str, hint: str = ""
    ) -> SignIn:
        """Begin a sign-in. `hint`: the address that Google shall offer first."""
        flow = _open_flow(client, endpoints, redirect, scopes=list(scopes))
        hinted = {"login_hint": hint} if hint else {}
        address, state = flow.authorization_url(access_type="offline", prompt="consent", **hinted)
        return SignIn(_with_scheme_of(address, endpoints.sign_in), state, flow.code_verifier, redirect)

    def finish(self, client: ClientCredentials, endpoints: Endpoints, sign_in: SignIn, code: str, seconds: float) -> Grant:
        """Get tokens for the code with which Google sent the person's browser back."""
        # Without scopes of our own oauthlib does not take it for an error that the person granted fewer.
        flow = _open_flow(client, endpoints, sign_in.redirect, scopes=None, code_verifier=sign_in.verifier, state=sign_in.state)
        with _oauth_failures():
            token = flow.fetch_token(code=code, timeout=seconds)
            scopes = token.get("scope") or ()
            return Grant(
                access_token=str(token["access_token"]),
                refresh_token=str(token.get("refresh_token") or ""),
                seconds=float(token.get("expires_in") or 0),
                scopes=tuple(scopes.split() if isinstance(scopes, str) else scopes),
            )

    def refresh(self, client: ClientCredentials, endpoints: Endpoints, refresh_token: str, seconds: float) -> Grant:
        """Get a new access token; what was granted stays. Raises SignInNeeded where the person has to sign in again."""
        from google.auth.transport.requests import Request
        from google.oauth2.credentials import Credentials

        _hush()
        credentials = Credentials(  # type: ignore[no-untyped-call]  # google-auth has no types
            None,
            refresh_token=refresh_token,
            token_uri=endpoints.token,
            client_id=client.client_id,
            client_secret=client.client_secret,
        )
        with _oauth_failures():
            credentials.refresh(partial(Request(), timeout=seconds))  # type: ignore[no-untyped-call]  # google-auth has no types
        now = datetime.now(UTC).replace(tzinfo=None)  # google-auth writes its times so
        left = (credentials.expiry - now).total_seconds() if credentials.expiry else 0
        return Grant(str(credentials.token), str(credentials.refresh_token or ""), left, scopes=())

    def revoke(self, endpoints: Endpoints, token: str, seconds: float) -> None:
        """Take a grant back."""
        from google.auth.transport.requests import Request

        _hush()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with _oauth_failures():
            answer = Request()(endpoints.revoke, "POST", urlencode({"token": token}), headers, timeout=seconds)
        if answer.status == 429 or answer.status >= 500:
            raise UpstreamFailed

    def call_each(self, options: CallOptions, method: str, calls: Iterable[Mapping[str, Any]]) -> list[Result]:
        """Call one method of Gmail's API, such as "messages.get", many times over one connection. Failures are answers too."""
        from server.integrations.gmail.adapter.connection import Connection

        with closing(Connection(options.endpoint, options.seconds)) as connection:
            return [self._call(options, connection, method, arguments) for arguments in calls]

    def save_draft(self, options: CallOptions, content: bytes, thread_id: str | None, draft_id: str | None) -> Result:
        """Make a draft of a mail, or put the mail in the place of a draft."""
        method, arguments = ("drafts.update", {"id": draft_id}) if draft_id else ("drafts.create", {})
        return self._upload(options, method, arguments, {}, content, thread_id)

    def send_draft(self, options: CallOptions, content: bytes, thread_id: str | None, draft_id: str) -> Result:
        """Send this mail in the place of a draft, which is gone then, whatever it holds by now."""
        # https://developers.google.com/workspace/gmail/api/guides/drafts: what is sent is the mail that comes with the request
        return self._upload(options, "drafts.send", {}, {"id": draft_id}, content, thread_id)

    def _upload(
        self, options: CallOptions, method: str, arguments: dict[str, Any], draft: Answer, content: bytes, thread_id: str | None
    ) -> Result:
        place: Answer = {"threadId": thread_id} if thread_id else {}
        if len(content) <= LARGEST_JSON_MAIL or not content.isascii():  # the library's upload takes ASCII alone
            place["raw"] = base64.urlsafe_b64encode(content).decode()
        else:
            from googleapiclient.http import MediaInMemoryUpload

            arguments = {**arguments, "media_body": MediaInMemoryUpload(content, mimetype="message/rfc822")}
        return self.call_each(options, method, [{**arguments, "body": {**draft, "message": place}}])[0]

    def _call(self, options: CallOptions, connection: Any, method: str, arguments: Mapping[str, Any]) -> Result:
        from googleapiclient.errors import HttpError
        from httplib2.error import HttpLib2Error, ServerNotFoundError

        *path, verb = method.split(".")
        resource = self._service(options.endpoint).users()
        for name in path:
            resource = getattr(resource, name)()
        request = getattr(resource, verb)(userId="me", **arguments)
        request.uri = _with_scheme_of(request.uri, options.endpoint)  # the library makes https of every upload
        request.headers["authorization"] = f"Bearer {options.token}"
        try:
            answer = request.execute(http=connection, num_retries=options.retries)
            if answer and not isinstance(answer, dict):
                raise ValueError
        except HttpError as error:
            return read_failure(int(error.resp.status), error.resp, error.content)
        except DeskhandError as error:
            return error
        except (OSError, http.client.HTTPException, HttpLib2Error) as error:
            if isinstance(error, ServerNotFoundError | socket.gaierror | ConnectionRefusedError):
                return NotReached()
            return UpstreamFailed(f"The connection to Gmail broke. {_RETRIED}")
        except (ValueError, TypeError, AttributeError, RecursionError, MemoryError):
            return UpstreamFailed(f"Gmail answered something that cannot be read. {_RETRIED}")
        return answer or {}

    def _service(self, endpoint: str) -> Any:
        with self._lock:
            if endpoint not in self._services:
                self._services[endpoint] = _build(endpoint)
            return self._services[endpoint]


def _build(endpoint: str) -> Any:
    from googleapiclient.discovery import build

    from server.integrations.gmail.adapter.connection import Connection

    _hush()
    never_used = Connection(endpoint, 1)  # each call brings its own
    options = {"api_endpoint": endpoint}
    return build("gmail", "v1", http=never_used, static_discovery=True, cache_discovery=False, client_options=options)


def _open_flow(client: ClientCredentials, endpoints: Endpoints, redirect: str, **options: Any) -> Any:
    from google_auth_oauthlib.flow import Flow

    from server.integrations.gmail.adapter.connection import ToLoopback, as_https

    _hush()
    token = as_https(endpoints.token)
    described = {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "auth_uri": as_https(endpoints.sign_in),
        "token_uri": token,
    }
    flow = Flow.from_client_config({"installed": described}, redirect_uri=redirect, **options)
    if token != endpoints.token:
        flow.oauth2session.mount(token, ToLoopback())
    return flow


def _with_scheme_of(address: str, endpoint: str) -> str:
    from server.integrations.gmail.adapter.connection import as_http

    return address if endpoint.startswith("https:") else as_http(address)


def _hush() -> None:
    for name in _LOUD:  # at their usual levels these write searches, and even tokens, into the log
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def _oauth_failures() -> Iterator[None]:
    """Turn what goes wrong while signing in or refreshing into our errors."""
    from google.auth.exceptions import GoogleAuthError, RefreshError
    from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # it has none
    from requests import RequestException, Timeout

    try:
        yield
    except RefreshError as error:
        if error.retryable:
            raise UpstreamFailed(f"Google could not renew the sign-in just now. {_RETRIED}") from None
        details = error.args[1] if len(error.args) > 1 else None
        code = details.get("error", "") if isinstance(details, dict) else str(*error.args[:1]).partition(":")[0]
        raise read_refusal(str(code)) from None
    except OAuth2Error as error:
        raise read_refusal(str(error.error or "")) from None
    except (RequestException, GoogleAuthError) as error:
        if isinstance(error, Timeout) or isinstance(error.__cause__, Timeout):
            raise UpstreamTimedOut(f"Google did not answer in time. {_RETRIED}") from None
        raise NotReached from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UpstreamFailed(f"Google answered something that cannot be read. {_RETRIED}") from None


def read_refusal(code: str) -> DeskhandError:
    """Make our error of OAuth's (RFC 6749, section 5.2)."""
    if code == "invalid_grant":
        return SignInNeeded("Google has ended this sign-in. Open Deskhand's window and choose Sign in.")
    if code in {"invalid_client", "unauthorized_client", "deleted_client"}:
        return SignInNeeded("Google does not know this client any more. Open Deskhand's window and enter its credentials again.")
    named = f" ({code})" if code.isidentifier() else ""
    return UpstreamFailed(f"Google refused to sign in{named}. {_RETRIED}")
