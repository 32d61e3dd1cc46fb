"""An answer goes to whom a person's would go, and stays in its thread."""

import pytest

from server.core.errors import InvalidInput, NotFound, TooLarge
from server.integrations.gmail.accounts.session import open_session
from server.integrations.gmail.mailbox.own_addresses import OwnAddresses
from server.integrations.gmail.mailbox.reply import choose_answered, find_answer, make_answer

ME, ALIAS = "me@example.com", "hello@studio.example"
OWN = OwnAddresses(ME, (ME, ALIAS), (ME, ALIAS))


def message(labels=("INBOX",), mail_id="18aa", **headers):
    listed = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {"id": mail_id, "threadId": "18a0", "labelIds": list(labels), "payload": {"headers": listed}}


def people(addresses):
    return [str(address) for address in addresses]


@pytest.mark.parametrize(
    ("headers", "to", "cc"),
    [
        ({"From": "Bob <bob@example.com>", "To": ME}, ["Bob <bob@example.com>"], []),
        (
            {"from": "bob@example.com", "REPLY_TO": "Desk <desk@example.com>, b@example.com"},
            ["Desk <desk@example.com>", "b@example.com"],
            [],
        ),
        (
            {"From": "bob@example.com", "To": "Me <ME@example.com>, eve@example.com", "Cc": "ann@example.com, bob@example.com"},
            ["bob@example.com"],
            ["eve@example.com", "ann@example.com"],
        ),
        (
            {"From": "Me <me@example.com>", "To": "eve@example.com", "Cc": "ann@example.com"},
            ["eve@example.com"],
            ["ann@example.com"],
        ),
        ({"From": ME, "To": ME}, [ME], []),
        ({"From": "bob@example.com", "Reply_To": "nonsense"}, ["bob@example.com"], []),
        (
            {"From": '"a, b" <bob@example.com>', "To": "broken, eve@example.com"},
            ["a, b <bob@example.com>"],
            ["broken, <eve@example.com>"],
        ),
        (
            {"From": "bob@example.com", "To": "eve@example.com", "to": "ann@example.com"},
            ["bob@example.com"],
            ["eve@example.com", "ann@example.com"],
        ),
    ],
    ids=range(8),
)
def test_reply_recipients_are_complete(headers, to, cc):
    answer = make_answer(message(**headers), OWN, everybody=True)
    assert people(answer.to) == to
    assert [address.address for address in answer.cc] == [address.rpartition("<")[2].strip(">") for address in cc]
    assert make_answer(message(**headers), OWN, everybody=False).cc == ()


def test_reply_names_the_recipients_it_leaves_out():
    answer = make_answer(message(From="bob@example.com", To="broken, eve@example.com", Cc="cleo@ito"), OWN, everybody=True)
    assert answer.left_out == ("broken", "cleo@ito")
    with pytest.raises(InvalidInput, match="'broken, cleo@ito'"):
        answer.require_everybody()
    assert make_answer(message(From="bob@example.com, broken"), OWN, everybody=False).left_out == ("broken",)
    make_answer(message(From="bob@example.com", To="broken"), OWN, everybody=False).require_everybody()


def test_mail_without_a_sender_cannot_be_replied_to():
    with pytest.raises(InvalidInput, match="nobody"):
        make_answer(message(From="undisclosed"), OWN, everybody=False)


@pytest.mark.parametrize(
    ("headers", "in_reply_to", "references"),
    [
        (
            {"Message_Id": "<m2@x>", "References": "<m0@x> <m1@x>", "In_Reply_To": "<m1@x>"},
            "<m2@x>",
            ("<m0@x>", "<m1@x>", "<m2@x>"),
        ),
        ({"MESSAGE_ID": "<m2@x>", "In_Reply_To": "<m1@x> <m9@x>"}, "<m2@x>", ("<m1@x>", "<m2@x>")),
        ({"Message_ID": "<m2@x>"}, "<m2@x>", ("<m2@x>",)),
        ({"Message_ID": "<m2@x>\r\nBcc: eve@example.com"}, "<m2@x>", ("<m2@x>",)),
        ({"References": "junk"}, "", ()),
    ],
    ids=range(5),
)
def test_reply_has_the_references_of_its_message(headers, in_reply_to, references):
    answer = make_answer(message(From="bob@example.com", **headers), OWN, everybody=False)
    assert (answer.in_reply_to, answer.references) == (in_reply_to, references)


def test_newest_message_of_another_sender_is_replied_to():
    first, own = message(mail_id="1", From="bob@example.com"), message(("SENT",), "2", From=ME)
    draft, foreign_draft = message(("DRAFT",), "3", From=ME), message(("DRAFT",), "4", From="bob@example.com")
    assert choose_answered([first, own, draft, foreign_draft], OWN, None)["id"] == "1"
    assert choose_answered([own, draft], OWN, None)["id"] == "2"
    with pytest.raises(NotFound):
        choose_answered([draft], OWN, None)


def test_message_is_looked_up_by_message_id_with_and_without_brackets():
    mails = [message(mail_id="1", Message_ID="<m1@x>"), message(mail_id="2", Message_Id="<m2@x>")]
    for wanted in ("<m1@x>", "m1@x", " <m1@x> ", "1"):
        assert choose_answered(mails, OWN, wanted)["id"] == "1"
    with pytest.raises(NotFound, match="in_reply_to"):
        choose_answered(mails, OWN, "<m3@x>")


def test_reply_to_header_is_used_in_a_real_thread(desk):
    session = open_session(desk.mailbox.accounts, None)
    answer = desk.run(
        find_answer(session, thread_id=desk.run(desk.mailbox.inbox.read(desk.find("valve in stock"), 0, None)).thread_id)
    )
    assert people(answer.to) == ["Northside Heating, appointments <appointments@northside-heating.example.org>"]
    assert answer.subject == "RE: Boiler inspection"
    assert len(answer.references) > 1


def test_thread_is_given_by_any_of_its_messages(desk):
    session = open_session(desk.mailbox.accounts, None)
    newest = desk.find("valve in stock")
    answer = desk.run(find_answer(session, thread_id=newest))
    assert answer == desk.run(find_answer(session, thread_id=answer.thread_id))


def test_contradictory_reply_parameters_are_refused(desk):
    session = open_session(desk.mailbox.accounts, None)
    heating, parcel = desk.find("valve in stock"), desk.find("parcel SP")
    with pytest.raises(InvalidInput, match="not in the thread"):
        desk.run(find_answer(session, thread_id=parcel, message_id=heating))
    with pytest.raises(InvalidInput, match="thread_id or message_id"):
        desk.run(find_answer(session, thread_id=None))
    with pytest.raises(NotFound):
        desk.run(find_answer(session, thread_id="ffffffffffffffff"))


def test_reply_to_all_leaves_out_every_own_address():
    headers = {
        "From": "bob@example.com",
        "To": "Studio <Hello@studio.example>, me+shop@example.com, eve@example.com",
        "Cc": "old@provider.example, ME@example.com, team@lists.example",
        "Delivered-To": "old@provider.example",
    }
    answer = make_answer(message(**headers), OWN, everybody=True)
    assert people(answer.cc) == ["eve@example.com", "team@lists.example"]


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"From": "bob@example.com", "To": "Studio <HELLO@studio.example>, bob@example.com"}, ALIAS),
        ({"From": "bob@example.com", "To": "bob@example.com", "Cc": "hello+x@studio.example"}, ALIAS),
        ({"From": "bob@example.com", "To": "me@example.com, hello@studio.example"}, ME),
        ({"From": "bob@example.com", "To": "list@example.com"}, ME),
        ({"From": "bob@example.com", "To": "list@example.com", "Delivered-To": ALIAS}, ALIAS),
        ({"From": ALIAS, "To": "bob@example.com"}, ALIAS),
    ],
    ids=range(6),
)
def test_reply_comes_from_the_address_that_was_written_to(headers, sender):
    assert make_answer(message(**headers), OWN, everybody=False).sender == sender


def test_own_message_is_answered_to_the_others():
    own = message(("SENT",), From=ALIAS, To="me@example.com, eve@example.com", Cc="ann@example.com, hello@studio.example")
    answer = make_answer(own, OWN, everybody=True)
    assert (people(answer.to), people(answer.cc)) == (["eve@example.com"], ["ann@example.com"])
    assert (
        choose_answered([message(mail_id="1", From="bob@example.com"), message(mail_id="2", From=ALIAS)], OWN, None)["id"] == "1"
    )


def test_mail_of_a_draft_with_many_labels_is_not_replied_to():
    draft = message((*(f"Label_{number}" for number in range(150)), "DRAFT"), "2", From="bob@example.com")
    assert choose_answered([message(mail_id="1", From="bob@example.com"), draft], OWN, None)["id"] == "1"


def test_reply_reaches_all_of_many_recipients_or_is_refused():
    many = ", ".join(f"recipient-{number}-{'x' * 100}@host-{number}.example" for number in range(400))
    answer = make_answer(message(From="bob@example.com", To=many), OWN, everybody=True)
    assert len(answer.cc) == 400
    assert all(person.address.endswith(".example") for person in answer.cc)
    with pytest.raises(TooLarge, match="send_mail"):
        make_answer(message(From="bob@example.com", To=", ".join([many] * 6)), OWN, everybody=True)
