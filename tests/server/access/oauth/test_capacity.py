from datetime import timedelta
from itertools import combinations, pairwise

from server.access.clients.client import Client
from server.access.oauth import capacity
from server.access.oauth.capacity import MOST_WAITING, DeniedBrowsers, choose_digits, choose_evicted, find_queue
from server.access.oauth.models import Kind, Registration
from server.access.oauth.pending_authorization import PendingAuthorization
from server.access.oauth.request_context import AuthorizationRequest
from tests.server.access.oauth.conftest import AdvancingClock
from tests.server.access.oauth.test_pending_authorization import NOW

GONE = timedelta(seconds=10)
CLIENT = Client("1", "bot", frozenset())


def request(program_id="junk", client=None):
    return AuthorizationRequest(Registration(program_id, Kind.registered, ""), client, "", (), "")


def pend(second, source="", polled=None, of=None):
    at = NOW + timedelta(seconds=second)
    polled_at = None if polled is None else NOW + timedelta(seconds=polled)
    return PendingAuthorization(str(second), b"", "1234", of or request(), (), "", at, at, source=source, polled_at=polled_at)


def evicted(waiting, new=None):
    chosen = choose_evicted(waiting, new or request(), NOW + timedelta(seconds=500), GONE)
    return chosen and chosen.id


def test_known_clients_and_those_of_known_sites_have_queues_of_their_own():
    assert find_queue(request("a", CLIENT)) != find_queue(request("b", CLIENT))
    assert find_queue(request("a")) == find_queue(request("https://evil.example/chatgpt.com")) == ""
    assert find_queue(request("https://chatgpt.com/oauth/x/client.json")) == "chatgpt.com"


def test_request_is_evicted_from_a_full_queue_only():
    waiting = [pend(second, polled=499) for second in range(MOST_WAITING - 1)]
    assert evicted(waiting) is None
    assert evicted([*waiting, pend(0, of=request("a", CLIENT))]) is None
    assert evicted([*waiting, pend(999)]) == "0"


def test_disconnected_browser_gives_way_first():
    waiting = [pend(second, polled=491) for second in range(MOST_WAITING)]
    assert evicted([*waiting, pend(600, polled=490), pend(601, polled=490)]) == "600"
    assert evicted([*waiting, pend(480)]) == "480", "it never showed its digits"
    assert evicted([*waiting, pend(495)]) == "0", "it has just begun"


def test_oldest_of_the_most_crowded_source_gives_way():
    crowd = [pend(second + 10, "203.0.113.9", 499) for second in range(MOST_WAITING)]
    assert evicted([pend(0, "198.51.100.1", 499), *crowd]) == "10"


def test_digits_differ_in_two_places_at_least():
    taken: list[str] = []
    for _ in range(MOST_WAITING):
        taken.append(choose_digits(taken))
    assert all(sum(item != other for item, other in zip(*pair, strict=True)) >= 2 for pair in combinations(taken, 2))
    assert all(len(digits) == 4 and digits.isdecimal() for digits in taken)
    assert any(item > other for item, other in pairwise(taken))


def test_browser_is_denied_for_a_while(monkeypatch):
    hands = AdvancingClock()
    denied = DeniedBrowsers(hands)
    denied.add(b"a")
    assert (denied.seconds_left(b"a", 300) > 299, denied.seconds_left(b"b", 300)) == (True, 0)
    hands.move(seconds=301)
    assert denied.seconds_left(b"a", 300) == 0
    monkeypatch.setattr(capacity, "MOST_DENIED", 2)
    for browser in (b"a", b"b", b"a", b"c"):
        denied.add(browser)
    assert [denied.seconds_left(browser, 300) > 0 for browser in (b"a", b"b", b"c")] == [True, False, True]


def test_browser_is_not_denied_for_longer_if_the_clock_is_set_back():
    hands = AdvancingClock()
    denied = DeniedBrowsers(hands)
    denied.add(b"a")
    hands.move(hours=-1)
    assert denied.seconds_left(b"a", 300) == 0
