import pytest

from server.access.clients.client import Change
from server.access.clients.store import change_client, read_clients
from server.access.oauth.consent import choose_name, record_consent
from server.access.oauth.models import Kind, OAuthSettings, Registration
from server.access.oauth.request_context import AuthorizationRequest, RequestContext
from server.access.oauth.store import find_registration
from tests.server.access.oauth.programs import HERE, allow_registration, approve, landed, own, register


@pytest.mark.parametrize(
    ("claimed", "name"),
    [("ChatGPT (web)", "chatgpt-web"), ("  ", "app"), ("../../x", "x"), ("Ä", "app"), ("x" * 90, "x" * 40), ("-a-", "a")],
)
def test_consented_client_has_the_name_of_its_metadata(claimed, name):
    assert choose_name(Registration("https://app/x", Kind.document, claimed)) == name
    assert choose_name(Registration("deskhand-1", Kind.registered, "")) == "program"


def let_in(program, **parameters):
    program.begin(**parameters)
    approve(program.served, program.browser)
    return program.exchange(landed(program.browser.look())["code"]).json()


def test_two_oauth_clients_of_one_name_are_two_clients(served):
    allow_registration(served)
    for _ in range(3):
        let_in(register(served))
    names = {client["name"] for client in served.person("GET", "/api/clients").json() if not client["revoked_at"]}
    assert names == {"some-app", "some-app-2", "some-app-3"}


def test_returning_oauth_client_is_the_same_client_with_its_current_permissions(served):
    allow_registration(served)
    program = register(served)
    first = let_in(program, scope="read:apps")
    second = let_in(program, scope="read:mail")
    client = served.person("GET", "/api/clients/some-app").json()
    assert client["scopes"] == ["read:apps", "read:mail"]
    assert [grant["scopes"] for grant in client["oauth"]["grants"]] == [["read:apps"], ["read:mail"]]
    assert {grant["callback"] for grant in client["oauth"]["grants"]} == {HERE}
    assert served.call("GET", "/apps/list", first["access_token"]).status_code == 200
    assert served.call("GET", "/apps/list", second["access_token"]).status_code == 403


def test_permission_revoked_before_consent_is_not_restored_by_it(served):
    program = own(served, scopes="read:apps read:mail")
    program.begin(scope="read:apps read:mail")
    approve(served, program.browser)
    served.person("PATCH", "/api/clients/my-gpt", json={"scopes": ["read:apps"]})
    assert program.browser.look().status_code == 403
    assert served.person("GET", "/api/clients/my-gpt").json()["scopes"] == ["read:apps"]
    assert program.sign_in()["scope"] == "read:apps"


async def test_permission_revoked_during_consent_is_not_restored_by_it(opened, clock):
    async with opened() as state:
        client, pair = await state.programs.create("bot", frozenset({"read:apps", "read:mail"}), {})

        def work(connection):
            registration, now = find_registration(connection, pair.client_id), clock.now().isoformat()
            agreed = AuthorizationRequest(registration, client, "https://cb", ("read:apps", "read:mail", "offline_access"), "")
            change_client(connection, client.id, Change(frozenset({"read:apps"})), now)
            record_consent(connection, RequestContext("https://x", (), clock.now(), OAuthSettings(), frozenset()), agreed)
            return read_clients(connection)

        (after,) = await state.context.database.write(work)
        assert after.scopes == {"read:apps"}


def test_sign_ins_are_ended_separately(served):
    program = own(served)
    first, other = program.sign_in(), program.sign_in()
    grants = served.person("GET", "/api/clients/my-gpt").json()["oauth"]["grants"]
    answer = served.person("DELETE", f"/api/clients/my-gpt/oauth/grants/{grants[0]['id']}")
    assert [grant["id"] for grant in answer.json()["oauth"]["grants"]] == [grants[1]["id"]]
    assert [served.call("GET", "/apps/list", pair["access_token"]).status_code for pair in (first, other)] == [401, 200]
    assert served.person("DELETE", f"/api/clients/my-gpt/oauth/grants/{grants[0]['id']}").status_code == 404
