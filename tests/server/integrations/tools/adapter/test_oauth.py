import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from server.core.errors import Conflict, DeskhandError, SignInNeeded, Unavailable, UpstreamFailed
from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.http import make_client
from server.integrations.tools.adapter.oauth import SessionAuth, authorize
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import OAuthClient, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.sign_in.client import resolve_client
from server.integrations.tools.sign_in.pending import Answer, Pending
from server.integrations.tools.sign_in.sign_in import SignIn
from server.integrations.tools.sign_in.stored import GrantStore
from server.storage.secrets import Secrets
from tests.server.integrations.tools.authorized import AuthorizedServer, authorized_server, read_query
from tests.server.integrations.tools.upstreams import answer, connect_url, ignore_change, listen_http

CALLBACK = "http://127.0.0.1:9/callback"
REFRESH = {"grant_type": "refresh_token"}


@pytest.fixture
def upstream() -> Iterator[AuthorizedServer]:
    with authorized_server() as upstream:
        yield upstream


def make_sign_in(folder: Path) -> SignIn:
    return SignIn(GrantStore(Secrets(folder, folder_only=True)), "notes", "Notes", "binding", ignore_change)


@pytest.fixture
def sign_in(tmp_path: Path) -> SignIn:
    return make_sign_in(tmp_path)


async def sign_in_at(upstream: AuthorizedServer, sign_in: SignIn, client: OAuthClient | None = None) -> None:
    """Sign in as the person does."""
    pending = Pending("Notes", CALLBACK)

    async def visit() -> None:
        values = read_query(await asyncio.to_thread(upstream.visit, await pending.page))
        pending.answer.set_result(Answer(values["state"], values.get("code", ""), values.get("iss")))

    browser = asyncio.create_task(visit())
    try:
        await authorize(connect_url(upstream.url), client or OAuthClient(), sign_in, pending)
    finally:
        browser.cancel()


def expire(sign_in: SignIn) -> None:
    assert sign_in.grant
    sign_in.grant = sign_in.grant.model_copy(update={"ends": 1.0})


@asynccontextmanager
async def connect(
    upstream: AuthorizedServer, sign_in: SignIn, client: OAuthClient | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """Open the HTTP client of a session."""
    auth = SessionAuth(upstream.url, client or OAuthClient(), sign_in)
    async with make_client(connect_url(upstream.url), Ending(), auth) as http:
        yield http


async def post(http: httpx2.AsyncClient, url: str) -> int:
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    headers = {"Accept": "application/json, text/event-stream"}
    return (
        await http.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}, headers=headers)
    ).status_code


async def test_session_uses_what_was_granted(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    auth = SessionAuth(upstream.url, OAuthClient(), sign_in)
    async with open_session(connect_url(upstream.url), UpstreamLog(), ignore_change, auth) as session:
        assert (await session.call_tool("whoami", {})).text == "hello"


@pytest.mark.parametrize("transport", [Transport.http, Transport.sse])
async def test_session_without_a_grant_needs_a_sign_in_and_registers_nothing(upstream, sign_in, transport):
    auth = SessionAuth(upstream.url, OAuthClient(), sign_in)
    with pytest.raises(SignInNeeded, match="needs you to sign in"):
        async with open_session(connect_url(upstream.url, transport), UpstreamLog(), ignore_change, auth):
            pytest.fail("it opened")
    assert upstream.requests == []


async def test_requests_at_once_refresh_a_token_once(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    expire(sign_in)
    async with connect(upstream, sign_in) as http:
        statuses = await asyncio.gather(*(post(http, upstream.url) for _ in range(8)))
    assert 401 not in statuses
    assert upstream.count("/token", **REFRESH) == 1


async def test_refused_token_is_refreshed_once_for_all_requests(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    upstream.issued = dict.fromkeys(["unknown"], *upstream.issued.values())
    async with connect(upstream, sign_in) as http:
        statuses = await asyncio.gather(*(post(http, upstream.url) for _ in range(4)))
    assert 401 not in statuses
    assert upstream.count("/token", **REFRESH) == 1


async def test_refresh_is_stored_for_the_next_start(upstream, sign_in, tmp_path):
    await sign_in_at(upstream, sign_in)
    expire(sign_in)
    async with connect(upstream, sign_in) as http:
        await post(http, upstream.url)
    later = make_sign_in(tmp_path)
    await later.load()
    assert later.grant
    assert later.grant.tokens["access_token"] in upstream.issued


async def test_token_is_refreshed_where_it_was_issued(upstream, sign_in, tmp_path):
    upstream.metadata = {"token_endpoint": f"{upstream.address}/other/token"}
    await sign_in_at(upstream, sign_in)
    later = make_sign_in(tmp_path)
    await later.load()
    expire(later)
    async with connect(upstream, later) as http:
        assert await post(http, upstream.url) != 401
    assert (upstream.count("/other/token", **REFRESH), upstream.count("/token")) == (1, 0)


async def test_refresh_that_was_refused_is_not_tried_again(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    upstream.revoke()
    async with connect(upstream, sign_in) as http:
        assert [await post(http, upstream.url) for _ in range(3)] == [401] * 3
    assert upstream.count("/token", **REFRESH) == 1
    error = sign_in.explain(401)
    assert isinstance(error, SignInNeeded)


async def test_refresh_that_fails_for_a_while_asks_nobody_and_is_tried_again(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    expire(sign_in)
    upstream.refresh_status = 503
    former, upstream.issued = upstream.issued, {}
    async with connect(upstream, sign_in) as http:
        assert await post(http, upstream.url) == 401
        error = sign_in.explain(401)
        assert isinstance(error, Unavailable)
        upstream.issued, upstream.refresh_status = former, 200
        assert await post(http, upstream.url) != 401
    assert sign_in.explain(401) is None


async def test_token_is_sent_to_its_own_server_only(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    with authorized_server() as other:
        async with connect(upstream, sign_in) as http:
            await post(http, other.url)
        assert other.tokens_seen == [""]


async def test_requests_do_not_wait_for_each_other(sign_in):
    arrived, both = list[str](), asyncio.Event()

    async def respond(head, body, writer):
        arrived.append(head)
        if len(arrived) == 2:
            both.set()
        await both.wait()
        answer(writer, b"{}")

    async with listen_http(respond) as url, asyncio.timeout(30):
        auth = SessionAuth(url, OAuthClient(), sign_in)
        async with make_client(connect_url(url), Ending(), auth) as http:
            assert await asyncio.gather(post(http, url), post(http, url)) == [200, 200]


async def test_renewal_is_completed_when_its_request_is_cancelled(upstream, sign_in):
    await sign_in_at(upstream, sign_in)
    expire(sign_in)
    (former,) = upstream.issued
    async with connect(upstream, sign_in) as http:
        task = asyncio.create_task(post(http, upstream.url))
        while not upstream.count("/token", **REFRESH):
            await asyncio.sleep(0.001)
        task.cancel()
        async with asyncio.timeout(30):
            while sign_in.grant.tokens["access_token"] == former:
                await asyncio.sleep(0.01)
    assert sign_in.grant.tokens["access_token"] in upstream.issued


async def test_client_credentials_need_no_person(upstream, sign_in):
    client = OAuthClient(client_id="machine", client_secret="machine-secret", issuer=upstream.address, machine=True)
    auth = SessionAuth(upstream.url, client, sign_in)
    async with open_session(connect_url(upstream.url), UpstreamLog(), ignore_change, auth) as session:
        assert (await session.call_tool("whoami", {})).text == "hello"
    assert upstream.count("/authorize") == upstream.count("/register") == 0


async def test_client_secret_is_sent_to_its_issuer_only(upstream, sign_in):
    client = OAuthClient(client_id="machine", client_secret="machine-secret", issuer="https://issuer.example", machine=True)
    async with connect(upstream, sign_in, client) as http:
        assert await post(http, upstream.url) == 401
    assert upstream.count("/token") == 0


async def test_configured_client_is_used_and_nothing_is_registered(upstream, sign_in):
    upstream.clients["own-id"] = {"redirect_uris": [CALLBACK]}
    config = UpstreamConfig(
        id="notes",
        title="Notes",
        transport=Transport.http,
        oauth=OAuthClient(client_id="own-id", client_secret="${client secret}"),
    )
    secrets = UpstreamSecrets(variables={"client secret": SecretStr("own-secret")})
    await sign_in_at(upstream, sign_in, resolve_client(config, secrets))
    assert upstream.count("/register") == 0
    assert upstream.count("/token", client_id="own-id", client_secret="own-secret") == 1, (
        "as its metadata says: client_secret_post"
    )


async def test_configured_scope_is_asked_for(upstream, sign_in):
    await sign_in_at(upstream, sign_in, OAuthClient(scope="notes.read notes.write"))
    assert upstream.count("/authorize", scope="notes.read notes.write") == 1


async def test_registration_is_used_again_after_a_sign_in_that_was_not_finished(upstream, sign_in):
    upstream.answers = {"iss": "https://other.example"}
    with pytest.raises(UpstreamFailed):
        await sign_in_at(upstream, sign_in)
    upstream.answers = {}
    await sign_in_at(upstream, sign_in)
    assert upstream.count("/register") == 1


async def test_query_of_the_address_is_sent_to_its_server_only(upstream, sign_in):
    upstream.resource = {"resource": None}  # so that the address itself is named
    pending = Pending("Notes", CALLBACK)
    task = asyncio.create_task(authorize(connect_url(f"{upstream.url}?key=secret-key"), OAuthClient(), sign_in, pending))
    page = await pending.page
    task.cancel()
    assert read_query(page)["resource"] == upstream.url
    assert "secret-key" not in page


async def test_server_that_does_not_ask_has_no_sign_in(sign_in):
    with authorized_server(is_open=True) as upstream, pytest.raises(Conflict, match="does not ask"):
        await sign_in_at(upstream, sign_in)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resource": {"resource": "https://other.example/mcp"}}, "does not match"),
        ({"metadata": {"issuer": "https://other.example"}}, "mismatch"),
        ({"metadata": {"token_endpoint": "http://10.0.0.1/token"}}, "does not contact"),
        ({"metadata": {"registration_endpoint": "http://169.254.169.254/register"}}, "does not contact"),
        ({"resource": {"authorization_servers": ["http://[fd00::1]/"]}}, "does not contact"),
        ({"metadata": {"code_challenge_methods_supported": ["plain"]}}, "PKCE"),
        ({"expires_in": 10**400}, "cannot read"),
    ],
)
async def test_metadata_that_leads_elsewhere_ends_the_sign_in(upstream, sign_in, changes, reason):
    for name, value in changes.items():
        setattr(upstream, name, value)
    with pytest.raises(DeskhandError, match=reason) as raised:
        await sign_in_at(upstream, sign_in)
    assert raised.value.detail.startswith("The sign-in at “CRM” failed: ")
    assert sign_in.grant is None


async def test_state_of_another_sign_in_completes_nothing(upstream, sign_in):
    pending = Pending("Notes", CALLBACK)
    task = asyncio.create_task(authorize(connect_url(upstream.url), OAuthClient(), sign_in, pending))
    values = read_query(await asyncio.to_thread(upstream.visit, await pending.page))
    pending.answer.set_result(Answer("other", values["code"], values["iss"]))
    with pytest.raises(UpstreamFailed):
        await task
    assert upstream.count("/token") == 0


async def test_refusal_after_which_the_sdk_tries_an_older_revision_still_needs_a_sign_in(sign_in):
    async def respond(head, body, writer):
        if body.get("method") == "initialize":
            error = {"jsonrpc": "2.0", "id": body["id"], "error": {"code": -32600, "message": "Unsupported"}}
            answer(writer, json.dumps(error).encode(), "400 Bad Request")
        else:
            answer(writer, b"{}", "401 Unauthorized", 'WWW-Authenticate: Bearer error="invalid_token"')

    async with listen_http(respond) as url:
        auth = SessionAuth(url, OAuthClient(), sign_in)
        with pytest.raises(SignInNeeded):
            async with open_session(connect_url(url), UpstreamLog(), ignore_change, auth):
                pytest.fail("it opened")
