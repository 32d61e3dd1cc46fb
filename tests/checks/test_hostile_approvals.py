"""What somebody could do with a yes that was given, or is asked for: use it twice, for more, for others, or after it ended."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from server.access.approvals.approval import ApprovalSettings
from server.storage.settings import Settings
from tests.checks.attacker import Attacker, make_attacker
from tests.checks.conftest import Process, SignedIn, signing_in, starting
from tests.checks.hostile import BOB, DISGUISES, EVE, LISTED, mail
from tests.checks.outside import Outside
from tests.checks.waiting import settle, until

CLOCK = LISTED["a listed program"]


@dataclass
class House:
    """A server with its person, and a mailbox outside of it."""

    server: Process
    signed_in: SignedIn

    def look_outside(self) -> Outside:
        """What happens from now on."""
        return Outside(self.signed_in, self.server)

    def list_waiting(self, attacker: Attacker) -> list[dict[str, Any]]:
        """What the person is asked on behalf of a client."""
        found = self.server.person("GET", "/api/approvals").json()
        return [question for question in found if question["client"] == attacker.name]

    def approve(self, question: dict[str, Any], extent: str = "once") -> httpx2.Response:
        """Say yes, whether or not it is asked still."""
        return self.server.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": extent})

    def allow(self, attacker: Attacker, operation: str, arguments: dict[str, Any], extent: str) -> None:
        """Have a client ask, and say yes to more than that."""
        asked = attacker.call(operation, arguments).json()
        (question,) = self.list_waiting(attacker)
        assert self.approve(question, extent).status_code == 200
        assert settle(attacker, asked["approval_id"])["status"] == "done"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with signing_in(folder / "data") as signed_in, starting(folder) as start:
        yield House(start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own"), signed_in)


@pytest.fixture
def attacker(house: House) -> Attacker:
    return make_attacker(house.server)


def ask(attacker: Attacker, operation: str, arguments: dict[str, Any], **headers: str) -> str:
    """Ask for a call that waits then."""
    answer = attacker.call(operation, arguments, **headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["approval_id"])


def test_approval_is_used_once(house, attacker) -> None:
    outside, order = house.look_outside(), mail(subject="Once")
    approval = ask(attacker, "send_mail", order, Idempotency_Key="k1")
    (question,) = house.list_waiting(attacker)
    with ThreadPoolExecutor(8) as pool:
        said = [answer.status_code for answer in pool.map(lambda _: house.approve(question), range(8))]
    assert sorted(said) == [200, *[404] * 7]
    assert settle(attacker, approval)["status"] == "done"
    assert house.approve(question).status_code == 404
    for headers in ({"Idempotency_Key": "k1"}, {}):
        for _ in range(5):
            answer = attacker.call("send_mail", order, **headers)
            assert answer.status_code == 200, answer.text
            assert attacker.look(approval)["status"] == "done"
    assert outside.reached() == [BOB]
    assert house.list_waiting(attacker) == []


def test_idempotency_key_with_another_body_is_refused(house, attacker) -> None:
    outside = house.look_outside()
    first = ask(attacker, "send_mail", mail(), Idempotency_Key="k2")
    assert ask(attacker, "send_mail", mail(), Idempotency_Key="k2") == first
    for order in (mail(to=EVE), mail(cc=[EVE]), mail(body="Another text")):
        assert attacker.call("send_mail", order, Idempotency_Key="k2").status_code == 422
    house.approve(house.list_waiting(attacker)[0])
    assert settle(attacker, first)["status"] == "done"
    assert attacker.call("send_mail", mail(to=EVE), Idempotency_Key="k2").status_code == 422
    assert outside.reached() == [BOB]


def test_denial_is_final(house, attacker) -> None:
    outside, order = house.look_outside(), mail(to=EVE)
    approval = ask(attacker, "send_mail", order)
    (question,) = house.list_waiting(attacker)
    house.server.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": "Not to her."})
    assert house.approve(question).status_code == 404
    told = attacker.look(approval)
    assert (told["status"], told["reason"]) == ("denied", "Not to her.")
    for _ in range(5):
        again = attacker.call("send_mail", order)
        assert (again.status_code, again.json()["detail"]) == (403, "The person at this computer said no: Not to her.")
    assert house.list_waiting(attacker) == []
    assert outside.reached() == []


def test_approval_of_another_client_is_not_accessible(house, attacker) -> None:
    outside, other = house.look_outside(), make_attacker(house.server)
    approval = ask(attacker, "send_mail", mail(to=EVE, subject="Between us"))
    for path in (f"/approvals/{approval}", f"/approvals/{approval.upper()}", f"/approvals/{approval}/"):
        answer = other.request("GET", path)
        assert answer.status_code == 404
        assert "Between us" not in answer.text and EVE not in answer.text
    unknown = other.request("GET", "/approvals/" + "0" * len(approval))
    assert unknown.json() == other.request("GET", f"/approvals/{approval}").json(), "it does not even say that there is one"
    assert other.call("send_mail", mail(to=EVE, subject="Between us")).json()["approval_id"] != approval
    assert outside.reached() == []


CHANGES: dict[str, Callable[[Process, str], httpx2.Response]] = {
    "revoked": lambda server, name: server.person("DELETE", f"/api/clients/{name}"),
    "given another key": lambda server, name: server.person("POST", f"/api/clients/{name}/key"),
    "narrowed": lambda server, name: server.person("PATCH", f"/api/clients/{name}", json={"scopes": ["read:mail"]}),
    "denied": lambda server, name: server.person("PATCH", f"/api/clients/{name}", json={"policies": {"send_mail": "deny"}}),
}


@pytest.mark.parametrize("how", CHANGES)
def test_client_changed_while_its_approval_is_pending_gets_nothing(house, attacker, how) -> None:
    outside = house.look_outside()
    approval = ask(attacker, "send_mail", mail(to=EVE))
    (question,) = house.list_waiting(attacker)
    assert CHANGES[how](house.server, attacker.name).status_code in {200, 201}
    assert house.approve(question).status_code == 404
    assert house.list_waiting(attacker) == []
    told = attacker.look(approval)
    assert told.get("status") in {"cancelled", 401}, told
    if how == "revoked":
        heir = make_attacker(house.server, attacker.name)
        assert heir.request("GET", f"/approvals/{approval}").status_code == 404, "the next of that name is somebody else"
    assert outside.reached() == []


def test_approval_has_no_effect_while_paused(house, attacker) -> None:
    outside = house.look_outside()
    approval = ask(attacker, "send_mail", mail(to=EVE))
    (question,) = house.list_waiting(attacker)
    assert house.server.person("POST", "/api/pause", json={"minutes": 5}).status_code == 200
    assert house.approve(question).status_code == 503
    assert attacker.call("send_mail", mail(to=EVE)).status_code in {202, 503}
    assert attacker.look(approval)["status"] == "pending"
    assert house.server.person("DELETE", "/api/pause").status_code == 200
    assert outside.reached() == []
    assert attacker.look(approval)["status"] == "pending", "it waits for another yes"


def change_reply_to(house: House, message_id: str, address: str) -> None:
    """Have the sender of a mail say after the fact where the answer goes."""
    with house.signed_in.google.lock:
        box = next(box for box in house.signed_in.google.mailboxes.values() if message_id in box.mails)
        had = box.mails[message_id]
        del box.mails[message_id]
        head, _, rest = had.raw.partition(b"\r\n\r\n")
        box.mails[message_id] = type(had)(
            had.id, had.thread_id, head + b"\r\nReply-To: " + address.encode() + b"\r\n\r\n" + rest, had.received, had.labels
        )


def test_reply_whose_recipient_changes_before_approval_is_asked_again(house, attacker) -> None:
    outside = house.look_outside()
    found = attacker.call("search_mail", {"query": '"Access card renewal"'}).json()["messages"][0]
    approval = ask(attacker, "reply_to_mail", {"message_id": found["id"], "body": "My number is 42."})
    (question,) = house.list_waiting(attacker)
    assert EVE not in str(question["fields"])
    change_reply_to(house, found["id"], EVE)
    assert house.approve(question).status_code == 200
    anew = until(lambda: [one for one in house.list_waiting(attacker) if one["id"] != question["id"]])[0]
    assert EVE in str(anew["fields"])
    assert attacker.look(approval)["status"] == "pending"
    assert house.approve(question).status_code == 404, "the first yes was for something else"
    assert outside.reached() == []
    house.approve(anew)
    assert settle(attacker, approval)["status"] == "done"
    assert outside.reached() == [EVE], "with the person's word"


@pytest.mark.parametrize(("word", "query"), [("once", "heating"), ("recipients", "lisbon")])
def test_reply_whose_recipient_changes_at_the_last_moment_is_not_sent(house, word, query, monkeypatch) -> None:
    outside, attacker = house.look_outside(), make_attacker(house.server)
    found = attacker.call("search_mail", {"query": query}).json()["messages"][0]
    box = next(box for box in house.signed_in.google.mailboxes.values() if found["id"] in box.mails)
    approval = ask(attacker, "reply_to_mail", {"message_id": found["id"], "body": f"The last moment, {word}."})
    (question,) = house.list_waiting(attacker)
    looks, find = [], box.find

    def find_and_change(mail_id: str) -> Any:
        if mail_id == found["id"]:
            looks.append(mail_id)
            if len(looks) == 2:  # the first look was for the Effect that was approved
                change_reply_to(house, mail_id, EVE)
        return find(mail_id)

    monkeypatch.setattr(box, "find", find_and_change)
    assert house.approve(question, word).status_code == 200
    told = settle(attacker, approval)
    assert (told["status"], told["result"]["status"]) == ("failed", 409), told
    assert len(looks) >= 2
    assert outside.reached() == []


def test_draft_changed_before_approval_is_asked_again(house, attacker) -> None:
    outside, writer = house.look_outside(), make_attacker(house.server, allow=["create_draft", "update_draft"])
    draft = writer.call("create_draft", mail(subject="Harmless")).json()["draft_id"]
    approval = ask(attacker, "send_draft", {"draft_id": draft})
    (question,) = house.list_waiting(attacker)
    assert writer.call("update_draft", {"draft_id": draft, **mail(to=EVE)}).status_code == 200
    assert house.approve(question).status_code == 200
    anew = until(lambda: [one for one in house.list_waiting(attacker) if one["id"] != question["id"]])[0]
    assert EVE in str(anew["fields"])
    assert attacker.look(approval)["status"] == "pending"
    assert outside.reached() == []


def test_program_changed_before_approval_is_asked_again(house, attacker) -> None:
    outside, server = house.look_outside(), house.server
    approval = ask(attacker, "control_app", CLOCK)
    (question,) = house.list_waiting(attacker)
    entry = server.person("GET", "/api/apps").json()["list"]["apps"]["demo-clock"] | {"args": ["3605"]}
    assert server.person("PUT", "/api/apps/demo-clock", json=entry).status_code == 200
    assert house.approve(question).status_code == 200
    anew = until(lambda: [one for one in house.list_waiting(attacker) if one["id"] != question["id"]])[0]
    assert "3605" in str(anew["fields"])
    assert (outside.started(), attacker.look(approval)["status"]) == ([], "pending")


def test_pending_approvals_are_limited_to_ten_for_each_client(house, attacker) -> None:
    outside = house.look_outside()
    told = [attacker.call("send_mail", mail(to=EVE, subject=f"Flood {number}")).status_code for number in range(50)]
    assert told == [202] * 10 + [429] * 40
    assert len(house.list_waiting(attacker)) == 10
    assert make_attacker(house.server).call("send_mail", mail()).status_code == 202, "others are not kept out"
    assert outside.reached() == []


def test_repeated_call_is_one_approval_request(house, attacker) -> None:
    outside = house.look_outside()
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: attacker.call("send_mail", mail(to=EVE)).json()["approval_id"], range(20)))
    assert len(set(told)) == len(house.list_waiting(attacker)) == 1
    house.approve(house.list_waiting(attacker)[0])
    assert settle(attacker, told[0])["status"] == "done"
    assert outside.reached() == [EVE]


@pytest.mark.parametrize(("place", "field"), [(0, "to"), (1, "cc"), (2, "bcc")])
def test_approval_for_one_recipient_covers_no_other(house, place, field, long) -> None:
    outside, tried = house.look_outside(), list(DISGUISES.items())[0 if long else place :: 1 if long else 3]
    for number, (title, text) in enumerate(tried):
        if number % 8 == 0:
            attacker = make_attacker(house.server)
            house.allow(attacker, "send_mail", mail(subject=f"Allowed {field} {number}"), "recipients")
        answer = attacker.call("send_mail", mail(subject=f"{title}, {field}", **{field: text}))
        assert answer.status_code in {200, 202, 422}, f"{title}: {answer.text}"
        assert set(outside.reached()) == {BOB}, title


def test_recipient_with_sharp_s_is_not_casefolded_to_another(house, attacker) -> None:
    house.allow(attacker, "send_mail", mail(to="bob@strasse.example"), "recipients")
    outside = house.look_outside()
    assert attacker.call("send_mail", mail(to="bob@stra\u00dfe.example")).status_code == 202
    assert outside.reached() == [], "it is another domain, which somebody else may have"


def test_temporary_approval_is_limited_to_its_client_and_operation(house, attacker) -> None:
    house.allow(attacker, "send_mail", mail(subject="Allowed for a while"), "temporary")
    outside, other = house.look_outside(), make_attacker(house.server)
    found = attacker.call("search_mail", {"query": "invoice"}).json()["messages"][0]
    draft = attacker.call("list_drafts", {}).json()["drafts"][0]["draft_id"]
    ask(other, "send_mail", mail(subject="Allowed for a while"))
    ask(attacker, "reply_to_mail", {"message_id": found["id"], "body": "x"})
    ask(attacker, "send_draft", {"draft_id": draft})
    ask(attacker, "trash_mail", {"message_id": found["id"]})
    ask(attacker, "control_app", CLOCK)
    assert (outside.reached(), outside.started()) == ([], [])


def test_permanent_approval_is_never_possible_for_calls_that_reach_others(house, attacker) -> None:
    outside = house.look_outside()
    ask(attacker, "send_mail", mail(to=EVE))
    (question,) = house.list_waiting(attacker)
    assert "always" not in question["extents"]
    assert house.approve(question, "always").status_code == 422
    assert house.approve(question, "forever").status_code == 422
    assert outside.reached() == []
    assert house.list_waiting(attacker) == [question]


async def shorten_patience(signed_in: SignedIn) -> None:
    quick = ApprovalSettings(expiry_minutes=0.02, allowance_minutes=0.02)
    await Settings(signed_in.data).write("approvals", quick)


def test_approval_request_and_temporary_approval_expire(start, signed_in) -> None:
    with ThreadPoolExecutor(1) as thread:
        import asyncio

        thread.submit(asyncio.run, shorten_patience(signed_in)).result()
    house = House(start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own"), signed_in)
    attacker, other = make_attacker(house.server), make_attacker(house.server)
    house.allow(other, "send_mail", mail(), "temporary")
    outside = house.look_outside()
    approval = ask(attacker, "send_mail", mail(to=EVE))
    (question,) = house.list_waiting(attacker)
    until(lambda: attacker.look(approval)["status"] == "expired")
    assert house.approve(question).status_code == 404
    until(lambda: other.call("send_mail", mail(subject="Later")).status_code == 202 or None)
    assert EVE not in outside.reached()
