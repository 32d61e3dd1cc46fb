"""Abuse of approvals: use twice, for another call, by another client, or after expiry."""

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
class Victim:
    """A server with its person, and a mailbox outside of it."""

    server: Process
    signed_in: SignedIn

    def look_outside(self) -> Outside:
        """Observe effects from now on."""
        return Outside(self.signed_in, self.server)

    def list_waiting(self, attacker: Attacker) -> list[dict[str, Any]]:
        """List the pending approvals of a client."""
        approvals = self.server.person("GET", "/api/approvals").json()
        return [question for question in approvals if question["client"] == attacker.name]

    def approve(self, question: dict[str, Any], extent: str = "once") -> httpx2.Response:
        """Say yes, whether or not it is asked still."""
        return self.server.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": extent})

    def allow(self, attacker: Attacker, operation: str, arguments: dict[str, Any], extent: str) -> None:
        """Call as a client, and approve it with a wider duration."""
        body = attacker.call(operation, arguments).json()
        (question,) = self.list_waiting(attacker)
        assert self.approve(question, extent).status_code == 200
        assert settle(attacker, body["approval_id"])["status"] == "done"


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("house")
    with signing_in(folder / "data") as signed_in, starting(folder) as start:
        yield Victim(start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own"), signed_in)


@pytest.fixture
def attacker(victim: Victim) -> Attacker:
    return make_attacker(victim.server)


def ask(attacker: Attacker, operation: str, arguments: dict[str, Any], **headers: str) -> str:
    """Ask for a call that waits then."""
    answer = attacker.call(operation, arguments, **headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["approval_id"])


def test_approval_is_used_once(victim, attacker) -> None:
    outside, order = victim.look_outside(), mail(subject="Once")
    approval = ask(attacker, "send_mail", order, Idempotency_Key="k1")
    (question,) = victim.list_waiting(attacker)
    with ThreadPoolExecutor(8) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: victim.approve(question), range(8))]
    assert sorted(statuses) == [200, *[404] * 7]
    assert settle(attacker, approval)["status"] == "done"
    assert victim.approve(question).status_code == 404
    for headers in ({"Idempotency_Key": "k1"}, {}):
        for _ in range(5):
            answer = attacker.call("send_mail", order, **headers)
            assert answer.status_code == 200, answer.text
            assert attacker.look(approval)["status"] == "done"
    assert outside.reached() == [BOB]
    assert victim.list_waiting(attacker) == []


def test_idempotency_key_with_another_body_is_refused(victim, attacker) -> None:
    outside = victim.look_outside()
    first = ask(attacker, "send_mail", mail(), Idempotency_Key="k2")
    assert ask(attacker, "send_mail", mail(), Idempotency_Key="k2") == first
    for order in (mail(to=EVE), mail(cc=[EVE]), mail(body="Another text")):
        assert attacker.call("send_mail", order, Idempotency_Key="k2").status_code == 422
    victim.approve(victim.list_waiting(attacker)[0])
    assert settle(attacker, first)["status"] == "done"
    assert attacker.call("send_mail", mail(to=EVE), Idempotency_Key="k2").status_code == 422
    assert outside.reached() == [BOB]


def test_denial_is_final(victim, attacker) -> None:
    outside, order = victim.look_outside(), mail(to=EVE)
    approval = ask(attacker, "send_mail", order)
    (question,) = victim.list_waiting(attacker)
    victim.server.person("POST", f"/api/approvals/{question['id']}/deny", json={"reason": "Not to her."})
    assert victim.approve(question).status_code == 404
    status = attacker.look(approval)
    assert (status["status"], status["reason"]) == ("denied", "Not to her.")
    for _ in range(5):
        again = attacker.call("send_mail", order)
        assert (again.status_code, again.json()["detail"]) == (403, "The person at this computer denied it: Not to her.")
    assert victim.list_waiting(attacker) == []
    assert outside.reached() == []


def test_approval_of_another_client_is_not_accessible(victim, attacker) -> None:
    outside, other = victim.look_outside(), make_attacker(victim.server)
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
def test_client_changed_while_its_approval_is_pending_gets_nothing(victim, attacker, how) -> None:
    outside = victim.look_outside()
    approval = ask(attacker, "send_mail", mail(to=EVE))
    (question,) = victim.list_waiting(attacker)
    assert CHANGES[how](victim.server, attacker.name).status_code in {200, 201}
    assert victim.approve(question).status_code == 404
    assert victim.list_waiting(attacker) == []
    status = attacker.look(approval)
    assert status.get("status") in {"cancelled", 401}, status
    if how == "revoked":
        successor = make_attacker(victim.server, attacker.name)
        assert successor.request("GET", f"/approvals/{approval}").status_code == 404, "the next of that name is somebody else"
    assert outside.reached() == []


def test_approval_has_no_effect_while_paused(victim, attacker) -> None:
    outside = victim.look_outside()
    approval = ask(attacker, "send_mail", mail(to=EVE))
    (question,) = victim.list_waiting(attacker)
    assert victim.server.person("POST", "/api/pause", json={"minutes": 5}).status_code == 200
    assert victim.approve(question).status_code == 503
    assert attacker.call("send_mail", mail(to=EVE)).status_code in {202, 503}
    assert attacker.look(approval)["status"] == "pending"
    assert victim.server.person("DELETE", "/api/pause").status_code == 200
    assert outside.reached() == []
    assert attacker.look(approval)["status"] == "pending", "it waits for another yes"


def change_reply_to(victim: Victim, message_id: str, address: str) -> None:
    """Change the Reply-To header of a received mail."""
    with victim.signed_in.google.lock:
        box = next(box for box in victim.signed_in.google.mailboxes.values() if message_id in box.mails)
        had = box.mails[message_id]
        del box.mails[message_id]
        head, _, rest = had.raw.partition(b"\r\n\r\n")
        box.mails[message_id] = type(had)(
            had.id, had.thread_id, head + b"\r\nReply-To: " + address.encode() + b"\r\n\r\n" + rest, had.received, had.labels
        )


def test_reply_whose_recipient_changes_before_approval_is_asked_again(victim, attacker) -> None:
    outside = victim.look_outside()
    message = attacker.call("search_mail", {"query": '"Access card renewal"'}).json()["messages"][0]
    approval = ask(attacker, "reply_to_mail", {"message_id": message["id"], "body": "My number is 42."})
    (question,) = victim.list_waiting(attacker)
    assert EVE not in str(question["fields"])
    change_reply_to(victim, message["id"], EVE)
    assert victim.approve(question).status_code == 200
    anew = until(lambda: [pending for pending in victim.list_waiting(attacker) if pending["id"] != question["id"]])[0]
    assert EVE in str(anew["fields"])
    assert attacker.look(approval)["status"] == "pending"
    assert victim.approve(question).status_code == 404, "the first yes was for something else"
    assert outside.reached() == []
    victim.approve(anew)
    assert settle(attacker, approval)["status"] == "done"
    assert outside.reached() == [EVE], "with the person's word"


@pytest.mark.parametrize(("word", "query"), [("once", "heating"), ("recipients", "lisbon")])
def test_reply_whose_recipient_changes_at_the_last_moment_is_not_sent(victim, word, query, monkeypatch) -> None:
    outside, attacker = victim.look_outside(), make_attacker(victim.server)
    message = attacker.call("search_mail", {"query": query}).json()["messages"][0]
    box = next(box for box in victim.signed_in.google.mailboxes.values() if message["id"] in box.mails)
    approval = ask(attacker, "reply_to_mail", {"message_id": message["id"], "body": f"The last moment, {word}."})
    (question,) = victim.list_waiting(attacker)
    looks, find = [], box.find

    def find_and_change(mail_id: str) -> Any:
        if mail_id == message["id"]:
            looks.append(mail_id)
            if len(looks) == 2:  # the first look was for the Effect that was approved
                change_reply_to(victim, mail_id, EVE)
        return find(mail_id)

    monkeypatch.setattr(box, "find", find_and_change)
    assert victim.approve(question, word).status_code == 200
    status = settle(attacker, approval)
    assert (status["status"], status["result"]["status"]) == ("failed", 409), status
    assert len(looks) >= 2
    assert outside.reached() == []


def test_draft_changed_before_approval_is_asked_again(victim, attacker) -> None:
    outside, writer = victim.look_outside(), make_attacker(victim.server, allow=["create_draft", "update_draft"])
    draft = writer.call("create_draft", mail(subject="Harmless")).json()["draft_id"]
    approval = ask(attacker, "send_draft", {"draft_id": draft})
    (question,) = victim.list_waiting(attacker)
    assert writer.call("update_draft", {"draft_id": draft, **mail(to=EVE)}).status_code == 200
    assert victim.approve(question).status_code == 200
    anew = until(lambda: [pending for pending in victim.list_waiting(attacker) if pending["id"] != question["id"]])[0]
    assert EVE in str(anew["fields"])
    assert attacker.look(approval)["status"] == "pending"
    assert outside.reached() == []


def test_program_changed_before_approval_is_asked_again(victim, attacker) -> None:
    outside, server = victim.look_outside(), victim.server
    approval = ask(attacker, "control_app", CLOCK)
    (question,) = victim.list_waiting(attacker)
    entry = server.person("GET", "/api/apps").json()["list"]["apps"]["demo-clock"] | {"args": ["3605"]}
    assert server.person("PUT", "/api/apps/demo-clock", json=entry).status_code == 200
    assert victim.approve(question).status_code == 200
    anew = until(lambda: [pending for pending in victim.list_waiting(attacker) if pending["id"] != question["id"]])[0]
    assert "3605" in str(anew["fields"])
    assert (outside.started(), attacker.look(approval)["status"]) == ([], "pending")


def test_pending_approvals_are_limited_to_ten_for_each_client(victim, attacker) -> None:
    outside = victim.look_outside()
    statuses = [attacker.call("send_mail", mail(to=EVE, subject=f"Flood {number}")).status_code for number in range(50)]
    assert statuses == [202] * 10 + [429] * 40
    assert len(victim.list_waiting(attacker)) == 10
    assert make_attacker(victim.server).call("send_mail", mail()).status_code == 202, "others are not kept out"
    assert outside.reached() == []


def test_repeated_call_is_one_approval_request(victim, attacker) -> None:
    outside = victim.look_outside()
    with ThreadPoolExecutor(8) as pool:
        approval_ids = list(pool.map(lambda _: attacker.call("send_mail", mail(to=EVE)).json()["approval_id"], range(20)))
    assert len(set(approval_ids)) == len(victim.list_waiting(attacker)) == 1
    victim.approve(victim.list_waiting(attacker)[0])
    assert settle(attacker, approval_ids[0])["status"] == "done"
    assert outside.reached() == [EVE]


@pytest.mark.parametrize(("place", "field"), [(0, "to"), (1, "cc"), (2, "bcc")])
def test_approval_for_one_recipient_covers_no_other(victim, place, field, long) -> None:
    outside, tried = victim.look_outside(), list(DISGUISES.items())[0 if long else place :: 1 if long else 3]
    for number, (title, text) in enumerate(tried):
        if number % 8 == 0:
            attacker = make_attacker(victim.server)
            victim.allow(attacker, "send_mail", mail(subject=f"Allowed {field} {number}"), "recipients")
        answer = attacker.call("send_mail", mail(subject=f"{title}, {field}", **{field: text}))
        assert answer.status_code in {200, 202, 422}, f"{title}: {answer.text}"
        assert set(outside.reached()) == {BOB}, title


def test_recipient_with_sharp_s_is_not_casefolded_to_another(victim, attacker) -> None:
    victim.allow(attacker, "send_mail", mail(to="bob@strasse.example"), "recipients")
    outside = victim.look_outside()
    assert attacker.call("send_mail", mail(to="bob@stra\u00dfe.example")).status_code == 202
    assert outside.reached() == [], "it is another domain, which somebody else may have"


def test_temporary_approval_is_limited_to_its_client_and_operation(victim, attacker) -> None:
    victim.allow(attacker, "send_mail", mail(subject="Allowed for a while"), "temporary")
    outside, other = victim.look_outside(), make_attacker(victim.server)
    message = attacker.call("search_mail", {"query": "invoice"}).json()["messages"][0]
    draft = attacker.call("list_drafts", {}).json()["drafts"][0]["draft_id"]
    ask(other, "send_mail", mail(subject="Allowed for a while"))
    ask(attacker, "reply_to_mail", {"message_id": message["id"], "body": "x"})
    ask(attacker, "send_draft", {"draft_id": draft})
    ask(attacker, "trash_mail", {"message_id": message["id"]})
    ask(attacker, "control_app", CLOCK)
    assert (outside.reached(), outside.started()) == ([], [])


def test_permanent_approval_is_never_possible_for_calls_that_reach_others(victim, attacker) -> None:
    outside = victim.look_outside()
    ask(attacker, "send_mail", mail(to=EVE))
    (question,) = victim.list_waiting(attacker)
    assert "always" not in question["extents"]
    assert victim.approve(question, "always").status_code == 422
    assert victim.approve(question, "forever").status_code == 422
    assert outside.reached() == []
    assert victim.list_waiting(attacker) == [question]


async def shorten_wait(signed_in: SignedIn) -> None:
    quick = ApprovalSettings(expiry_minutes=0.02, allowance_minutes=0.02)
    await Settings(signed_in.data).write("approvals", quick)


def test_approval_request_and_temporary_approval_expire(start, signed_in) -> None:
    with ThreadPoolExecutor(1) as thread:
        import asyncio

        thread.submit(asyncio.run, shorten_wait(signed_in)).result()
    victim = Victim(start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own"), signed_in)
    attacker, other = make_attacker(victim.server), make_attacker(victim.server)
    victim.allow(other, "send_mail", mail(), "temporary")
    outside = victim.look_outside()
    approval = ask(attacker, "send_mail", mail(to=EVE))
    (question,) = victim.list_waiting(attacker)
    until(lambda: attacker.look(approval)["status"] == "expired")
    assert victim.approve(question).status_code == 404
    until(lambda: other.call("send_mail", mail(subject="Later")).status_code == 202 or None)
    assert EVE not in outside.reached()
