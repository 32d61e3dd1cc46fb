import re
from urllib.parse import urlsplit

import pytest

from server.access.oauth.models import Kind, OAuthSettings, Registration
from server.access.oauth.pending_authorizations import MOST_TRIES, MOST_UNKNOWN, PendingAuthorizations
from server.access.oauth.request_context import AuthorizationRequest
from server.core.clock import Clock
from server.core.errors import Conflict
from server.core.events import Events
from server.sdk.approval_requests import Questions
from server.sdk.desktop import NoScreen
from tests.server.access.oauth.programs import GPT, HERE, allow_registration, approve, landed, own, questions, register

GONE = OAuthSettings().gone_seconds


class Quiet(Questions):
    """Nobody is told."""

    def __init__(self):
        super().__init__(Events(), NoScreen())

    def notify(self, question):
        pass


async def forget(entry):
    """Nothing is noted."""


def wait(waiting, program_id, kind):
    asked = AuthorizationRequest(Registration(program_id, kind, "Some App"), None, HERE, ("read:mail",), "")
    return waiting.add(asked, (), "https://desk.example.org", OAuthSettings())


def last_line(served):
    return served.activity(1)[0]


def type_code(served, code):
    (question,) = questions(served)
    return served.person("POST", f"/api/approvals/{question['id']}/approve", json={"code": code})


def test_the_person_sees_who_where_and_what_and_never_the_digits(served):
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
    told = re.sub(r"[0-9a-f]{12,}|\d{4}-\d\d-\d\dT[\d:.+]+|:\d+", "", str(question))
    assert digits not in told
    assert digits not in served.person("GET", "/api/activity").text
    page = program.browser.look().text
    assert GPT in page
    assert "Start and stop your listed programs" in page


def test_five_wrong_codes_end_it_and_the_right_one_comes_too_late(served):
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


def test_what_the_person_decided_stands_in_the_activity(served):
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
    assert (line["client"], line["sentence"]) == ("my-gpt", "wanted to sign in to Deskhand")
    assert (line["outcome"], line["note"]) == ("refused", "You said no: Not today")


@pytest.mark.parametrize("code", [None, "", "12", "12345", "abcd", "٤٢٤٢"])
def test_what_are_not_four_digits_lets_nobody_in_and_is_no_try(served, code):
    program = own(served)
    program.begin()
    for _ in range(MOST_TRIES):
        answer = type_code(served, code)
        assert (answer.status_code, "four digits" in answer.json()["detail"]) == (422, True)
    approve(served, program.browser)
    assert "code" in landed(program.browser.look())


def test_only_the_browser_that_began_sees_the_digits_and_gets_the_answer_and_only_once(served):
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


def test_a_no_goes_back_with_its_reason(served):
    program = own(served)
    program.begin()
    (question,) = questions(served)
    served.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": 'Not "today", é'})
    told = landed(program.browser.look())
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", "s 1&ü", served.public)
    assert "today" in told["error_description"]
    assert program.exchange("dh_ac_x").status_code == 400


def test_it_waits_five_minutes(served, hands):
    program = own(served)
    program.begin()
    hands.move(seconds=299)
    assert program.browser.look().status_code == 200
    hands.move(seconds=2)
    assert program.browser.look().status_code == 403
    assert questions(served) == []


def test_beginning_again_takes_the_place_of_what_waited_once_its_browser_is_gone(served, hands):
    program = own(served)
    program.begin()
    first = program.browser
    assert first.look().status_code == 200
    hands.move(seconds=GONE)
    program.begin()
    assert len(questions(served)) == 1
    assert first.look().status_code == 403
    approve(served, program.browser)
    assert "code" in landed(program.browser.look())


def test_whoever_knows_a_programs_id_does_not_end_a_sign_in_whose_browser_waits(served, hands):
    program = own(served)
    program.begin()
    waits = program.browser
    for _ in range(3):
        hands.move(seconds=GONE - 1)
        assert waits.look().status_code == 200
        refused = program.begin()
        assert (refused.status_code, refused.json()["error"]) == (409, "temporarily_unavailable")
        assert re.search(
            r"Another sign-in of this program waits .* ends in \d minutes at most", refused.json()["error_description"]
        )
    assert [question["id"] for question in questions(served)] == [waits.path.rpartition("/")[2]]
    approve(served, waits)
    hands.move(seconds=GONE)
    assert program.begin().status_code == 303, "what is decided holds no place"
    assert len(questions(served)) == 1
    assert "code" in landed(waits.look()), "and is not thrown out"


def test_a_no_makes_room_at_once(served):
    program = own(served)
    program.begin()
    assert program.browser.look().status_code == 200
    assert program.begin().status_code == 409
    (question,) = questions(served)
    served.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": ""})
    assert program.begin().status_code == 303


def test_another_callback_than_before_is_said(served):
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


def test_another_port_of_this_computer_is_no_other_callback_for_a_public_program(served):
    allow_registration(served)
    program = register(served)
    program.begin()
    approve(served, program.browser)
    assert urlsplit(program.browser.look().headers["location"]).port == 7777
    program.callback = HERE.replace("7777", "8123")
    assert program.begin().status_code == 303
    assert "Another callback" not in str(questions(served))


def test_an_ended_client_waits_for_nothing_any_more(served):
    one, other = own(served, "one"), own(served, "other")
    one.begin()
    other.begin()
    served.person("DELETE", "/api/clients/one")
    assert [question["client"] for question in questions(served)] == ["other"]
    assert one.browser.look().status_code == 403
    served.person("POST", "/api/clients/revoke-all")
    assert questions(served) == []
    assert other.browser.look().status_code == 403


def test_strangers_crowd_out_each_other_and_nobody_whom_the_person_knows(served, hands):
    known = own(served)
    known.begin()
    allow_registration(served)
    strangers = [register(served) for _ in range(MOST_UNKNOWN + 1)]
    for one in strangers[:MOST_UNKNOWN]:
        one.begin()
        assert one.browser.look().status_code == 200
    assert strangers[-1].begin().status_code == 409
    hands.move(seconds=GONE - 1)
    kept = [one for one in strangers[:MOST_UNKNOWN] if one is not strangers[2]]
    assert {one.browser.look().status_code for one in kept} == {200}
    hands.move(seconds=1)
    gone = strangers[2].browser
    assert strangers[-1].begin().status_code == 303
    assert gone.look().status_code == 403
    assert {one.browser.look().status_code for one in [*kept, known]} == {200}


def test_strangers_do_not_crowd_out_chatgpt():
    waiting = PendingAuthorizations(Quiet(), Clock(), forget)
    for number in range(MOST_UNKNOWN):
        one, cookie = wait(waiting, f"https://junk{number}.example/client.json", Kind.document)
        assert waiting.find(one.id, cookie)
    with pytest.raises(Conflict):
        wait(waiting, "https://one-more.example/client.json", Kind.document)
    wait(waiting, "https://chatgpt.com/oauth/client.json", Kind.document)


async def test_the_person_is_told_once_of_a_crowd_of_strangers():
    told = []

    class Screen(NoScreen):
        def notify(self, title: str, text: str) -> None:
            told.append((title, text))

    import asyncio

    waiting = PendingAuthorizations(Questions(Events(), Screen()), Clock(), forget)
    for number in range(4):
        wait(waiting, f"deskhand-{number}", Kind.registered)
    while not told:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    ((title, text),) = told
    assert (title, "May it sign in to Deskhand?" in text) == ("Unknown program, calling itself “Some A… asks you", True)


@pytest.mark.parametrize(("secret_hash", "noted"), [(b"secret", True), (None, False)])
async def test_another_loopback_port_is_noted_for_a_client_with_a_secret_only(secret_hash, noted):
    waiting = PendingAuthorizations(Quiet(), Clock(), forget)
    before = ("http://127.0.0.1:5000/callback",)
    registration = Registration("id", Kind.own, "app", callbacks=before, secret_hash=secret_hash)
    request = AuthorizationRequest(registration, None, "http://127.0.0.1:6000/callback", ("read:mail",), "")
    pending, _ = waiting.add(request, (), "https://desk.example.org", OAuthSettings())
    assert pending.moved is noted
    (question,) = await waiting.list_questions()
    assert ("Note" in dict(question.fields)) is noted
