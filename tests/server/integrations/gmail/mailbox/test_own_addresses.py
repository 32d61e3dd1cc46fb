"""The person's own addresses are recognized however they are written, and nobody else's are."""

import pytest

from server.core.errors import UpstreamFailed
from server.integrations.gmail.accounts.session import open_session
from server.integrations.gmail.mailbox.own_addresses import OwnAddresses, is_verified, read_own_addresses
from server.integrations.gmail.mime.message import Headers

OWN = OwnAddresses("alex.morgan@gmail.com", ("hello@studio.example",), ("hello@studio.example", "team+alex@corp.example"))


@pytest.mark.parametrize(
    "address",
    [
        "alex.morgan@gmail.com",
        "ALEXMORGAN@GoogleMail.com",
        "a.lexmorgan+news@gmail.com",
        "Hello@studio.example",
        "hello+invoices@studio.example",
        "team+alex@corp.example",
    ],
)
def test_own_address_is_recognized_in_every_form(address):
    assert OWN.include(address)


@pytest.mark.parametrize(
    "address",
    [
        "alex@gmail.com",
        "he.llo@studio.example",
        "team@corp.example",
        "team+ben@corp.example",
        "alexmorgan@example.com",
        "",
        "+x@y",
    ],
)
def test_address_of_somebody_else_is_not_taken_for_an_own_one(address):
    assert not OWN.include(address)


def test_first_delivered_to_counts_because_lists_write_more():
    headers = Headers((("delivered-to", "old@provider.example"), ("delivered-to", "team@lists.example")))
    assert OWN.include("Old+x@provider.example", headers)
    assert not OWN.include("team@lists.example", headers)
    assert not OWN.include("old@provider.example")


def test_unproved_address_is_not_an_own_one():
    assert is_verified({"sendAsEmail": "a@b.example"})
    assert is_verified({"sendAsEmail": "a@b.example", "verificationStatus": "accepted"})
    assert not is_verified({"sendAsEmail": "a@b.example", "verificationStatus": "pending"})
    assert not is_verified({"sendAsEmail": None})


def test_send_as_addresses_are_read_from_gmail(desk):
    own = desk.run(read_own_addresses(open_session(desk.mailbox.accounts, None)))
    assert own.send_as == own.aliases == ("alex@example.com", "hello@harbour-studio.example")


def test_own_addresses_are_needed_unless_an_administrator_hides_them(desk):
    session = open_session(desk.mailbox.accounts, None)
    desk.google.fail_next(403, path="sendAs")
    assert desk.run(read_own_addresses(session)) == OwnAddresses("alex@example.com")
    desk.google.fail_next(500, path="sendAs")
    with pytest.raises(UpstreamFailed):
        desk.run(read_own_addresses(session))
