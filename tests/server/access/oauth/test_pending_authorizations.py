import re
from itertools import combinations
from urllib.parse import urlsplit

import pytest

from server.access.clients.client import Client
from server.access.oauth.capacity import MOST_WAITING
from server.access.oauth.models import Kind, OAuthSettings, Registration
from server.access.oauth.pending_authorization import Decision
from server.access.oauth.pending_authorizations import MOST_SHOWN, MOST_TRIES, PendingAuthorizations
from server.access.oauth.request_context import AuthorizationRequest
from server.core.clock import Clock
from server.core.errors import Unavailable
from server.core.events import Events
from server.core.tasks import Tasks
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequests
from server.sdk.desktop import NoScreen
from tests.server.access.oauth.conftest import AdvancingClock
from tests.server.access.oauth.programs import GPT, HERE, Browser, allow_registration, approve, landed, own, questions, register


class Quiet(ApprovalRequests):
    """Nobody is told; `shown` has what they would be."""

    def __init__(self):
        super().__init__(Events(), NoScreen(), Tasks())
        self.shown = []

    def notify(self, question):
        self.shown.append(question)


async def forget(entry):
    """Nothing is noted."""


def wait(waiting, program_id, kind, client=None):
    request = AuthorizationRequest(Registration(program_id, kind, "Some App"), client, HERE, ("read:mail",), "")
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
    assert shown["Redirects to"] == GPT
    assert shown["Permissions"].splitlines() == [
        "Start and stop your listed programs",
        "See which of your listed programs run",
    ]
    assert shown["Address"] == served.public
    for text in (str(question), served.person("GET", "/api/activity").text):
        assert digits not in re.sub(r"[0-9a-f]{12,}|\d{4}-\d\d-\d\dT[\d:.+]+|:\d+", "", text), "beside ids, moments and ports"
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
    assert (last_line(served)["outcome"], last_line(served)["note"]) == ("refused", "Five wrong codes were entered.")


def test_decision_is_recorded_in_activity(served):
    allow_registration(served)
    program = register(served)
    program.begin()
    approve(served, program.browser)
    line = last_line(served)
    assert (line["client"], line["sentence"]) == ("Unknown program, calling itself “Some App”", "signed in to Deskhand")
    assert (line["operation"], line["outcome"], line["reason"][:15]) == ("sign_in", "done", "You entered the")
    effect = served.person("GET", f"/api/activity/{line['id']}").json()["effect"]
    assert ["Redirects to", HERE] in effect["fields"]
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
        assert (answer.status_code, "4-digit code" in answer.json()["detail"]) == (422, True)
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


def question_of(browser) -> str:
    return browser.path.rpartition("/")[2]


def test_several_browsers_wait_each_with_its_own_digits(served):
    program = own(served)
    browsers = [begin(program) for _ in range(4)]
    digits = [browser.digits() for browser in browsers]
    assert all(sum(item != other for item, other in zip(*pair, strict=True)) >= 2 for pair in combinations(digits, 2))
    assert {question["id"] for question in questions(served)} == set(map(question_of, browsers))
    assert all("4 browsers want to sign in" in str(question["fields"]) for question in questions(served))
    approve(served, browsers[2])
    assert "code" in landed(browsers[2].look())
    assert [browser.look().status_code for browser in browsers if browser is not browsers[2]] == [200] * 3
    assert {question["id"] for question in questions(served)} == set(map(question_of, browsers)) - {question_of(browsers[2])}
    approve(served, browsers[0])
    assert "code" in landed(browsers[0].look())


def begin(program, **parameters):
    assert program.begin(**parameters).status_code == 303
    return program.browser


def test_stranger_who_knows_the_client_id_cannot_block_the_person(served):
    program = own(served)
    strangers = [begin(program) for _ in range(MOST_WAITING + 20)]
    mine = begin(program)
    strangers += [begin(program) for _ in range(MOST_SHOWN)]
    for browser in (mine, *strangers[-MOST_SHOWN:]):
        assert browser.look().status_code == 200
    shown = questions(served)
    assert (len(shown), question_of(mine) in {question["id"] for question in shown}) == (MOST_SHOWN, False)
    answer = served.person("POST", f"/api/approvals/{shown[0]['id']}/approve", json={"code": mine.digits()})
    assert answer.status_code == 200, answer.text
    assert "code" in landed(mine.look())
    assert strangers[-1].look().status_code == 200, "who was not let in"


def test_digits_of_a_request_for_something_else_are_accepted_there_only(served):
    program = own(served)
    narrow = begin(program, scope="read:apps")
    for _ in range(MOST_SHOWN):
        wide = begin(program)
        assert wide.look().status_code == 200
    assert question_of(narrow) not in {question["id"] for question in questions(served)}
    code = {"code": narrow.digits()}
    for _ in range(MOST_TRIES + 1):
        answer = served.person("POST", f"/api/approvals/{question_of(wide)}/approve", json=code)
        assert (answer.status_code, "belongs to another sign-in" in answer.json()["detail"]) == (422, True)
    assert wide.look().status_code == narrow.look().status_code == 200
    assert question_of(narrow) in {question["id"] for question in questions(served)}, "it is shown now"
    assert served.person("POST", f"/api/approvals/{question_of(narrow)}/approve", json=code).status_code == 200
    assert "code" in landed(narrow.look())


def test_digits_of_another_client_are_wrong(served):
    item, other = own(served, "one"), own(served, "other")
    mine, theirs = begin(item), begin(other)
    answer = served.person("POST", f"/api/approvals/{question_of(mine)}/approve", json={"code": theirs.digits()})
    assert answer.status_code == 422 or mine.digits() == theirs.digits()
    assert theirs.look().status_code == 200


def test_browser_that_begins_again_takes_its_own_place(served):
    program = own(served)
    first = begin(program)
    path, cookie = first.path, first.cookie
    assert program.begin_in(first).status_code == 303
    assert [question["id"] for question in questions(served)] == [question_of(first)]
    assert first.path != path
    first.path, first.cookie = path, cookie
    assert first.look().status_code == 403


def test_denied_browser_cannot_return_for_five_minutes(served, served_clock):
    program = own(served)
    denied, other = begin(program), begin(program)
    served.person("POST", f"/api/approvals/{question_of(denied)}/deny", json={"reason": ""})
    assert landed(denied.look())["error"] == "access_denied"
    refused = program.begin_in(denied)
    assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")
    assert other.look().status_code == 200
    assert program.begin().status_code == 303, "another browser can"
    served_clock.move(seconds=299)
    assert program.begin_in(denied).status_code == 403
    served_clock.move(seconds=2)
    assert program.begin_in(denied).status_code == 303


def test_five_wrong_codes_do_not_keep_the_browser_away(served):
    program = own(served)
    browser = begin(program)
    wrong = f"{(int(browser.digits()) + 1) % 10_000:04}"
    for _ in range(MOST_TRIES):
        type_code(served, wrong)
    assert program.begin_in(browser).status_code == 303


def test_decided_authorization_is_not_evicted(served):
    program = own(served)
    mine = begin(program)
    approve(served, mine)
    for _ in range(MOST_WAITING + 1):
        begin(program)
    assert "code" in landed(mine.look())


def test_crowd_from_one_network_address_evicts_itself(served):
    program = own(served)
    addresses = ["203.0.113.7", "1.2.3.4, 198.51.100.9"]
    mine = Browser(served, address=addresses[0])
    assert program.begin_in(mine).status_code == 303
    crowd = [Browser(served, address=addresses[1]) for _ in range(MOST_WAITING * 2)]
    for browser in [mine, *crowd]:
        if browser is not mine:
            assert program.begin_in(browser).status_code == 303
        for looking in (browser, mine):  # else it would count as disconnected on a busy machine
            assert looking.look().status_code == 200
    approve(served, mine)
    assert "code" in landed(mine.look())
    assert crowd[0].look().status_code == 403


def test_changed_redirect_uri_is_shown(served):
    program = own(served)
    program.sign_in()
    program.begin()
    assert "New redirect URL" not in str(questions(served))
    program.callback = GPT.replace("g-0123", "g-9999")
    program.begin()
    (question,) = questions(served)
    note = {field["name"]: field["value"] for field in question["fields"]}["Note"]
    assert "New redirect URL" in note
    assert GPT in note
    assert "redirect URL has changed" in program.browser.look().text


def test_other_loopback_port_is_no_changed_redirect_uri_for_a_public_client(served):
    allow_registration(served)
    program = register(served)
    program.begin()
    approve(served, program.browser)
    assert urlsplit(program.browser.look().headers["location"]).port == 7777
    program.callback = HERE.replace("7777", "8123")
    assert program.begin().status_code == 303
    assert "New redirect URL" not in str(questions(served))


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


def test_approved_sign_in_of_another_browser_does_not_outlive_its_client(served):
    allow_registration(served)
    program = register(served)
    browsers = Browser(served), Browser(served)
    for browser in browsers:
        program.begin_in(browser)
    for browser in browsers:
        approve(served, browser)
    assert "code" in landed(browsers[0].look())
    (client,) = (client for client in served.person("GET", "/api/clients").json() if not client["revoked_at"])
    served.person("DELETE", f"/api/clients/{client['name']}")
    assert browsers[1].look().status_code == 403
    assert all(client["revoked_at"] for client in served.person("GET", "/api/clients").json())


def test_strangers_evict_each_other_and_no_known_client_or_chatgpt():
    waiting = PendingAuthorizations(Quiet(), Clock(), forget, dict)
    chatgpt = wait(waiting, "https://chatgpt.com/oauth/client.json", Kind.document)
    strangers = [wait(waiting, f"https://junk{number}.example/client.json", Kind.document) for number in range(MOST_WAITING + 3)]
    assert [waiting.find(pending.id, cookie) is None for pending, cookie in strangers] == [True] * 3 + [False] * MOST_WAITING
    known = (Client("1", "bot", frozenset()), "junk")
    assert waiting.find(chatgpt[0].id, chatgpt[1])
    mine = wait(waiting, known[1], Kind.own, known[0])
    wait(waiting, "https://one-more.example/client.json", Kind.document)
    assert waiting.find(mine[0].id, mine[1])


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


async def test_person_is_notified_after_the_clock_is_set_back():
    hands, notified = AdvancingClock(), Quiet()
    waiting = PendingAuthorizations(notified, hands, forget, dict)
    for number, moved in enumerate((0, 1, -3600)):
        hands.move(seconds=moved)
        wait(waiting, f"junk-{number}", Kind.registered)
    assert len(notified.shown) == 2


async def test_sign_in_whose_approval_cannot_be_stored_still_waits():
    disk = [Unavailable("The disk is full.")]

    async def record(entry):
        if disk:
            raise disk.pop()

    waiting = PendingAuthorizations(Quiet(), Clock(), record, dict)
    pending, _ = wait(waiting, "app", Kind.own)
    with pytest.raises(Unavailable):
        await waiting.approve(pending.id, ApprovalDuration.once, pending.digits)
    assert pending.decision is Decision.waiting
    await waiting.approve(pending.id, ApprovalDuration.once, pending.digits)
    assert pending.decision is Decision.approved


async def test_sign_in_whose_denial_cannot_be_stored_is_denied():
    async def record(entry):
        raise Unavailable("The disk is full.")

    waiting = PendingAuthorizations(Quiet(), Clock(), record, dict)
    pending, _ = wait(waiting, "app", Kind.own)
    with pytest.raises(Unavailable):
        await waiting.deny(pending.id, "")
    assert pending.decision is Decision.denied
