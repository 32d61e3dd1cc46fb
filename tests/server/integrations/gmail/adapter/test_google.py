"""Google's libraries, driven against a real socket."""

import json
import logging
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from server.core.errors import Forbidden, NotFound, SignInNeeded, TooManyRequests, UpstreamFailed, UpstreamTimedOut
from server.integrations.gmail.accounts.session import REQUESTED
from server.integrations.gmail.adapter.errors import NotReached
from server.integrations.gmail.adapter.google import (
    LARGEST_JSON_MAIL,
    CallOptions,
    ClientCredentials,
    Google,
    Grant,
    SignIn,
    read_refusal,
)
from server.integrations.gmail.fake import Consent
from server.integrations.gmail.models import Endpoints
from tests import loopback

SECONDS = 5.0
OURS = {"uvicorn", "httpx2", "httpcore2"}  # the fake and this test's browser, in the same process


@pytest.fixture
def client(google):
    described = google.client_secrets()["installed"]
    return ClientCredentials(described["client_id"], described["client_secret"])


@pytest.fixture
def endpoints(google):
    at = google.address
    return Endpoints(api=at, sign_in=f"{at}/o/oauth2/auth", token=f"{at}/token", revoke=f"{at}/revoke")


@pytest.fixture
def options(google):
    return CallOptions(google.address, google.grant()["token"], SECONDS)


def consent(google, begun: SignIn, answer: Consent) -> str:
    """Answer the consent page and return the code."""
    google.sign_in.consent = answer
    sent_back = loopback.get(begun.address).headers["location"]
    return parse_qs(urlsplit(sent_back).query)["code"][0]


def test_sign_in_uses_pkce_and_returns_the_granted_scopes(google, client, endpoints):
    begun = Google().begin(client, endpoints, REQUESTED, "http://127.0.0.1:7/oauth2callback")
    query = parse_qs(urlsplit(begun.address).query)
    assert begun.address.startswith(endpoints.sign_in)
    assert (query["access_type"], query["prompt"], query["code_challenge_method"]) == (["offline"], ["consent"], ["S256"])
    assert query["scope"] == [" ".join(REQUESTED)]
    assert begun.verifier not in begun.address
    code = consent(google, begun, Consent(scopes=frozenset(REQUESTED[:1])))
    grant = Google().finish(client, endpoints, begun, code, SECONDS)
    assert grant.scopes == REQUESTED[:1]
    assert grant.refresh_token
    assert grant.seconds > 3000


def test_code_needs_its_verifier(google, client, endpoints):
    begun = Google().begin(client, endpoints, REQUESTED, "http://127.0.0.1:7/oauth2callback")
    code = consent(google, begun, Consent())
    stolen = SignIn(begun.address, begun.state, "x" * 64, begun.redirect)
    with pytest.raises(SignInNeeded):
        Google().finish(client, endpoints, stolen, code, SECONDS)


def test_access_token_is_refreshed(google, client, endpoints):
    grant = Google().refresh(client, endpoints, google.grant(scopes=REQUESTED)["refresh_token"], SECONDS)
    assert Google().call_each(CallOptions(google.address, grant.access_token), "getProfile", [{}])[0]["emailAddress"]
    assert 3000 < grant.seconds < 3700


def test_revoked_grant_needs_a_new_sign_in(google, client, endpoints):
    token = google.grant()["refresh_token"]
    Google().revoke(endpoints, token, SECONDS)
    with pytest.raises(SignInNeeded, match="ended this sign-in"):
        Google().refresh(client, endpoints, token, SECONDS)


def test_unknown_oauth_client_is_a_separate_error(google, endpoints):
    with pytest.raises(SignInNeeded, match="credentials"):
        Google().refresh(ClientCredentials("other-client", "secret"), endpoints, google.grant()["refresh_token"], SECONDS)


def test_failure_of_the_token_endpoint_needs_no_new_sign_in(google, client, endpoints):
    token = google.grant()["refresh_token"]
    google.drop_next(times=10, path="^/token")
    with pytest.raises(UpstreamFailed):
        Google().refresh(client, endpoints, token, SECONDS)
    google.faults.clear()
    begun = Google().begin(client, endpoints, REQUESTED, "http://127.0.0.1:7/oauth2callback")
    code = consent(google, begun, Consent())
    google.fail_next(503, path="^/token")
    with pytest.raises(UpstreamFailed):
        Google().finish(client, endpoints, begun, code, SECONDS)
    google.delay_next(2, path="^/token")
    with pytest.raises(UpstreamTimedOut):
        Google().finish(client, endpoints, begun, code, 0.1)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (401, "", SignInNeeded),
        (403, "insufficientPermissions", Forbidden),
        (403, "rateLimitExceeded", TooManyRequests),
        (404, "", NotFound),
        (429, "", TooManyRequests),
        (500, "", UpstreamFailed),
        (503, "", UpstreamFailed),
    ],
)
def test_error_status_is_a_response(google, options, status, reason, kind):
    google.fail_next(status, path="profile", reason=reason, retry_after=7)
    first, second = Google().call_each(options, "getProfile", [{}, {}])
    assert isinstance(first, kind)
    assert first.retry_after == (7 if kind is TooManyRequests else None)
    assert second["emailAddress"] == "alex@example.com"


def test_read_timeout_differs_from_a_connection_error(google, options):
    google.delay_next(1, path="profile")
    assert isinstance(
        Google().call_each(CallOptions(options.endpoint, options.token, 0.1), "getProfile", [{}])[0], UpstreamTimedOut
    )
    google.drop_next(path="profile")
    broken = Google().call_each(options, "getProfile", [{}])[0]
    assert type(broken) is UpstreamFailed


def test_unreachable_google_received_nothing(options):
    assert isinstance(Google().call_each(CallOptions("http://127.0.0.1:1", options.token), "getProfile", [{}])[0], NotReached)
    nowhere = CallOptions("https://google.invalid", options.token)
    assert isinstance(Google().call_each(nowhere, "getProfile", [{}])[0], NotReached)


def test_read_is_retried_and_a_send_is_not(google, options):
    google.fail_next(503, path="profile")
    retrying = CallOptions(options.endpoint, options.token, SECONDS, retries=1)
    assert Google().call_each(retrying, "getProfile", [{}])[0]["emailAddress"]
    google.drop_next(path="drafts/send")
    Google().call_each(options, "drafts.send", [{"body": {"id": "r-1"}}])
    assert len([call for call in google.calls if call.path.endswith("drafts/send")]) == 1


@pytest.mark.parametrize("size", [10, LARGEST_JSON_MAIL + 1])
def test_small_and_large_mails_become_drafts_and_are_replaced(google, options, size):
    options = CallOptions(options.endpoint, options.token, seconds=60)
    mail = b"To: bob@example.com\r\nSubject: large\r\n\r\nFrom here\r\n" + b"x" * 70 + b"\r\n" * (size // 2)
    saved = Google().save_draft(options, mail, None, None)
    again = Google().save_draft(options, mail.replace(b"large", b"larger"), None, saved["id"])
    assert again["id"] == saved["id"]
    (draft,) = Google().call_each(options, "drafts.get", [{"id": saved["id"], "format": "full"}])
    subjects = [header["value"] for header in draft["message"]["payload"]["headers"] if header["name"] == "Subject"]
    assert subjects == ["larger"]


def test_secrets_are_neither_logged_nor_in_the_repr(google, client, endpoints, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    begun = Google().begin(client, endpoints, REQUESTED, "http://127.0.0.1:7/oauth2callback")
    grant = Google().finish(client, endpoints, begun, consent(google, begun, Consent()), SECONDS)
    renewed = Google().refresh(client, endpoints, grant.refresh_token, SECONDS)
    Google().call_each(CallOptions(google.address, renewed.access_token), "messages.list", [{"q": "canary-in-a-search"}])
    Google().revoke(endpoints, grant.refresh_token, SECONDS)
    logged = [record.getMessage() for record in caplog.records if record.name.partition(".")[0] not in OURS]
    shown = "".join(
        [*logged, *capsys.readouterr(), repr((client, begun, grant, renewed, CallOptions("x", renewed.access_token)))]
    )
    secrets = [client.client_secret, begun.verifier, grant.access_token, grant.refresh_token, renewed.access_token]
    assert not [secret for secret in [*secrets, "canary-in-a-search"] if secret in shown]


def test_error_of_a_refusal_has_only_its_code():
    assert "access_denied" in read_refusal("access_denied").detail
    assert "<script>" not in read_refusal("<script>").detail
    assert isinstance(read_refusal("invalid_grant"), SignInNeeded)


def test_repr_of_a_grant_hides_its_tokens():
    assert "ya29" not in repr(Grant("ya29.secret", "ya29.other", 1, ()))


def test_google_libraries_are_imported_lazily():
    program = (
        "import sys, json; from server.integrations.gmail import integration; integration.load(); integration.commands(); "
        "print(json.dumps([name for name in sys.modules if name.split('.')[0] in "
        "{'googleapiclient', 'google_auth_oauthlib', 'requests', 'oauthlib', 'httplib2'} or name.startswith('google.')]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
