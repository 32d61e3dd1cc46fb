import pytest

from server.access.oauth.admission import choose_name
from server.access.oauth.models import Kind, Registration
from tests.server.access.oauth.programs import HERE, allow_registration, approve, landed, own, register


@pytest.mark.parametrize(
    ("told", "name"),
    [("ChatGPT (web)", "chatgpt-web"), ("  ", "app"), ("../../x", "x"), ("Ä", "app"), ("x" * 90, "x" * 40), ("-a-", "a")],
)
def test_a_client_is_named_as_the_program_calls_itself(told, name):
    assert choose_name(Registration("https://app/x", Kind.document, told)) == name
    assert choose_name(Registration("deskhand-1", Kind.registered, "")) == "program"


def let_in(program, **parameters):
    program.begin(**parameters)
    approve(program.served, program.browser)
    return program.exchange(landed(program.browser.look())["code"]).json()


def test_two_of_one_name_are_two_clients(served):
    allow_registration(served)
    for _ in range(3):
        let_in(register(served))
    names = {one["name"] for one in served.person("GET", "/api/clients").json() if not one["revoked_at"]}
    assert names == {"some-app", "some-app-2", "some-app-3"}


def test_a_program_that_comes_again_is_the_same_client_with_what_it_was_given_since(served):
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


def test_each_sign_in_is_ended_by_itself(served):
    program = own(served)
    one, other = program.sign_in(), program.sign_in()
    grants = served.person("GET", "/api/clients/my-gpt").json()["oauth"]["grants"]
    answer = served.person("DELETE", f"/api/clients/my-gpt/oauth/grants/{grants[0]['id']}")
    assert [grant["id"] for grant in answer.json()["oauth"]["grants"]] == [grants[1]["id"]]
    assert [served.call("GET", "/apps/list", pair["access_token"]).status_code for pair in (one, other)] == [401, 200]
    assert served.person("DELETE", f"/api/clients/my-gpt/oauth/grants/{grants[0]['id']}").status_code == 404
