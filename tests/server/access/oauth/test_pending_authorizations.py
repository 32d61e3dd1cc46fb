import re
from urllib.parse import urlsplit

import pytest

from server.access.oauth.models import Kind, OAuthSettings, Registration
from server.access.oauth.pending_authorizations import MOST_TRIES, MOST_UNKNOWN, PendingAuthorizations
from server.access.oauth.request_context import AuthorizationRequest
from server.core.clock import Clock
from server.core.errors import Conflict
from server.core.events import Events
from server.core.tasks import Tasks
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.desktop import NoScreen
from tests.server.access.oauth.programs import GPT, HERE, allow_registration, approve, landed, own, questions, register

GONE = OAuthSettings().gone_seconds


class Quiet(ApprovalRequests):
    """Nobody is told."""

    def __init__(self):
        super().__init__(Events(), NoScreen(), Tasks())

    def notify(self, question):
        pass


async def forget(entry):
    """Nothing is noted."""


def wait(waiting, program_id, kind):
    request = AuthorizationRequest(Registration(program_id, kind, "Some App"), None, HERE, ("read:mail",), "")
    return waiting.add(request, (), "https://desk.example.org", OAuthSettings())


def last_line(served):
    return served.activity(1)[0]


def type_code(served, code):
    (question,) = questions(served)
    return served.person("POST", f"/api/approvals/{question['id']}/approve", json={"code": code})


def test_pending_authorization_shows_client_origin_and_scopes_without_its_code(served):
    program = own(served)
    program.begin()
    digits = program.browser.digits()
    (question,) = questions(served)
    shown = {field["name"]: field["value"] for field in question["fields"]}
    assert (question["kind"], question["wants_code"], question["client"]) == ("sign-in", True, "my-gpt")
    assert shown["Answer goes to"] == GPT
    assert shown["What it may do"].splitlines() == [
        "Start and stop your listed programs",
        "See which of your listed programs run",
    ]
    assert shown["Reached at"] == served.public
    text = re.sub(r"[0-9a-f]{12,}|\d{4}-\d\d-\d\dT[\d:.+]+|:\d+", "", str(question))
    assert digits not in text
    assert digits not in served.person("GET", "/api/activity").text
    page = program.browser.look().text
    assert GPT in page
    assert "Start and stop your listed programs" in page


def test_five_wrong_codes_end_the_authorization(served):
    program = own(served)
    program.begin()
    right = program.browser.digits()
    wrong = f"{(int(right) + 1) % 10_000:04}"
    for left in ("4 tries", "3 tries", "2 tries", "1 try", "over"):
        answer = type_code(served, wrong)
        assert (answer.status_code, left in answer.json()["detail"]) == (422, True), answer.text
    assert questions(served) == []
    question = program.browser.path.rpartition("/")[2]
    assert served.person("POST", f"/api/approvals/{question}/approve", json={"code": right}).status_code == 404
    assert landed(program.browser.look())["error"] == "access_denied"
    assert (last_line(served)["outcome"], last_line(served)["note"]) == ("refused", "Five wrong codes were typed.")


def test_decision_is_recorded_in_activity(served):
    allow_registration(served)
    program = register(served)
    program.begin()
    approve(served, program.browser)
    line = last_line(served)
    assert (line["client"], line["sentence"]) == ("Unknown program, calling itself “Some App”", "signed in to Deskhand")
    assert (line["operation"], line["outcome"], line["reason"][:15]) == ("sign_in", "done", "You typed the d")
    effect = served.person("GET", f"/api/activity/{line['id']}").json()["effect"]
    assert ["Answer goes to", HERE] in effect["fields"]
    mine = own(served)
    mine.begin()
    (question,) = questions(served)
    served.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": "Not today"})
    line = last_line(served)
    assert (line["client"], line["sentence"]) == ("my-gpt", "was denied: sign in to Deskhand")
    assert (line["outcome"], line["note"]) == ("refused", "You denied it: Not today")


@pytest.mark.parametrize("code", [None, "", "12", "12345", "abcd", "٤٢٤٢"])
def test_malformed_code_is_refused_without_counting_as_an_attempt(served, code):
    program = own(served)
    program.begin()
    for _ in range(MOST_TRIES):
        answer = type_code(served, code)
        assert (answer.status_code, "four digits" in answer.json()["detail"]) == (422, True)
    approve(served, program.browser)
    assert "code" in landed(program.browser.look())


def test_authorization_is_bound_to_the_browser_that_began_it_and_answered_once(served):
    program = own(served)
    program.begin()
    cookie = program.browser.cookie
    for stranger in ("", "deskhand_sign_in=x", cookie[:-1]):
        program.browser.cookie = stranger
        answer = program.browser.look()
        assert (answer.status_code, "location" in answer.headers) == (403, False)
    program.browser.cookie = cookie
    approve(served, program.browser)
    program.browser.cookie = ""
    assert program.browser.look().status_code == 403
    program.browser.cookie = cookie
    assert "code" in landed(program.browser.look())
    assert program.browser.look().status_code == 403


def test_denial_is_redirected_with_its_reason(served):
    program = own(served)
    program.begin()
    (question,) = questions(served)
    served.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": 'Not "today", é'})
    query = landed(program.browser.look())
    assert (query["error"], query["state"], query["iss"]) == ("access_denied", "s 1&ü", served.public)
    assert "today" in query["error_description"]
    assert program.exchange("dh_ac_x").status_code == 400


def test_pending_authorization_expires_after_five_minutes(served, served_clock):
    program = own(served)
    program.begin()
    served_clock.move(seconds=299)
    assert program.browser.look().status_code == 200
    served_clock.move(seconds=2)
    assert program.browser.look().status_code == 403
    assert questions(served) == []


def test_new_authorization_replaces_one_whose_browser_disconnected(served, served_clock):
    program = own(served)
    program.begin()
    first = program.browser
    assert first.look().status_code == 200
    served_clock.move(seconds=GONE)
    program.begin()
    assert len(questions(served)) == 1
    assert first.look().status_code == 403
    approve(served, program.browser)
    assert "code" in landed(program.browser.look())


def test_authorization_is_not_replaced_while_its_browser_waits(served, served_clock):
    program = own(served)
    program.begin()
    waits = program.browser
    for _ in range(3):
        served_clock.move(seconds=GONE - 1)
        assert waits.look().status_code == 200
        refused = program.begin()
        assert (refused.status_code, refused.json()["error"]) == (409, "temporarily_unavailable")
        assert re.search(
            r"Another sign-in of this program waits .* ends in \d minutes at most", refused.json()["error_description"]
        )
    assert [question["id"] for question in questions(served)] == [waits.path.rpartition("/")[2]]
    approve(served, waits)
    served_clock.move(seconds=GONE)
    assert program.begin().status_code == 303, "what is decided holds no place"
    assert len(questions(served)) == 1
    assert "code" in landed(waits.look()), "and is not thrown out"


def test_denied_authorization_frees_its_slot_at_once(served):
    program = own(served)
    program.begin()
    assert program.browser.look().status_code == 200
    assert program.begin().status_code == 409
    (question,) = questions(served)
    served.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": ""})
    assert program.begin().status_code == 303


def test_changed_redirect_uri_is_shown(served):
    program = own(served)
    program.sign_in()
    program.begin()
    assert "Another callback" not in str(questions(served))
    program.callback = GPT.replace("g-0123", "g-9999")
    program.begin()
    (question,) = questions(served)
    note = {field["name"]: field["value"] for field in question["fields"]}["Note"]
    assert "Another callback than before" in note
    assert GPT in note
    assert "another address before" in program.browser.look().text


def test_other_loopback_port_is_no_changed_redirect_uri_for_a_public_client(served):
    allow_registration(served)
    program = register(served)
    program.begin()
    approve(served, program.browser)
    assert urlsplit(program.browser.look().headers["location"]).port == 7777
    program.callback = HERE.replace("7777", "8123")
    assert program.begin().status_code == 303
    assert "Another callback" not in str(questions(served))


def test_revoked_client_has_no_pending_authorization(served):
    first, other = own(served, "one"), own(served, "other")
    first.begin()
    other.begin()
    served.person("DELETE", "/api/clients/one")
    assert [question["client"] for question in questions(served)] == ["other"]
    assert first.browser.look().status_code == 403
    served.person("POST", "/api/clients/revoke-all")
    assert questions(served) == []
    assert other.browser.look().status_code == 403


def test_strangers_evict_each_other_and_no_known_client(served, served_clock):
    known = own(served)
    known.begin()
    allow_registration(served)
    strangers = [register(served) for _ in range(MOST_UNKNOWN + 1)]
    for stranger in strangers[:MOST_UNKNOWN]:
        stranger.begin()
        assert stranger.browser.look().status_code == 200
    assert strangers[-1].begin().status_code == 409
    served_clock.move(seconds=GONE - 1)
    remaining = [stranger for stranger in strangers[:MOST_UNKNOWN] if stranger is not strangers[2]]
    assert {stranger.browser.look().status_code for stranger in remaining} == {200}
    served_clock.move(seconds=1)
    gone = strangers[2].browser
    assert strangers[-1].begin().status_code == 303
    assert gone.look().status_code == 403
    assert {stranger.browser.look().status_code for stranger in [*remaining, known]} == {200}


def test_strangers_do_not_evict_chatgpt():
    waiting = PendingAuthorizations(Quiet(), Clock(), forget, dict)
    for number in range(MOST_UNKNOWN):
        pending, cookie = wait(waiting, f"https://junk{number}.example/client.json", Kind.document)
        assert waiting.find(pending.id, cookie)
    with pytest.raises(Conflict):
        wait(waiting, "https://one-more.example/client.json", Kind.document)
    wait(waiting, "https://chatgpt.com/oauth/client.json", Kind.document)


async def test_crowd_of_strangers_is_reported_once():
    notifications = []

    class Screen(NoScreen):
        def notify(self, title: str, text: str) -> None:
            notifications.append((title, text))

    import asyncio

    waiting = PendingAuthorizations(ApprovalRequests(Events(), Screen(), Tasks()), Clock(), forget, dict)
    for number in range(4):
        wait(waiting, f"deskhand-{number}", Kind.registered)
    while not notifications:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    ((title, text),) = notifications
    assert (title, "It wants to sign in to Deskhand." in text) == (
        "Unknown program, calling itself “Some… needs your approval",
        True,
    )


@pytest.mark.parametrize(("secret_hash", "noted"), [(b"secret", True), (None, False)])
async def test_other_loopback_port_is_shown_for_a_confidential_client_only(secret_hash, noted):
    waiting = PendingAuthorizations(Quiet(), Clock(), forget, dict)
    before = ("http://127.0.0.1:5000/callback",)
    registration = Registration("id", Kind.own, "app", callbacks=before, secret_hash=secret_hash)
    request = AuthorizationRequest(registration, None, "http://127.0.0.1:6000/callback", ("read:mail",), "")
    pending, _ = waiting.add(request, (), "https://desk.example.org", OAuthSettings())
    assert pending.moved is noted
    (question,) = await waiting.list_requests()
    assert ("Note" in dict(question.fields)) is noted
