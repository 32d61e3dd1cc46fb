import pytest

from server.integrations.omi.signature import Letter, is_signed, sign_v1, sign_v2, write_path, write_query

SECRET, NOW = "whsec_test_secret", 1_760_000_000
BODY = '{"id":"c1","structured":{"title":"héllo"}}'.encode()
V1 = "524a7ed7940d2fcd6934fd7b657ea4a3ddad5853297d32ca665eb689e8b84886"
V2 = "e56234512521c34bb942e7b116b88e74780981591ad8fee10d772f1b448a6d23"
WEBHOOK = Letter(BODY, query=b"uid=test_user")
TOOL = Letter(b"", "GET", b"/omi/tools/search", b"uid=u+1&q=a%2Bb&app_id=x", "d-1", "chat_tool")


def test_the_signatures_are_those_that_omi_makes() -> None:
    assert sign_v1(SECRET, NOW, "test_user", BODY) == V1
    assert sign_v2(SECRET, NOW, TOOL) == V2
    assert write_query(b"uid=u+1&q=a%2Bb&app_id=x") == "app_id=x&q=a%2Bb&uid=u%201"
    assert write_path(b"") == "/"
    assert write_path(b"/a%2fb/%41~") == "/a%2Fb/A~"


@pytest.mark.parametrize(("letter", "signature"), [(WEBHOOK, f"v1={V1}"), (TOOL, f"v2={V2}")])
def test_a_right_signature_counts_for_five_minutes(letter, signature) -> None:
    for late, counts in ((-301, False), (-300, True), (0, True), (300, True), (301, False)):
        assert is_signed(f"t={NOW},{signature}", [SECRET], letter, NOW + late, 300) is counts, late


def test_any_signature_by_any_secret_will_do() -> None:
    header = f"t={NOW},v1={'0' * 64},v1={V1}"
    assert is_signed(header, ["another", SECRET], WEBHOOK, NOW, 300)
    assert not is_signed(header, ["another"], WEBHOOK, NOW, 300)


@pytest.mark.parametrize(
    "header",
    [
        "",
        V1,
        f"v1={V1}",
        f"t={NOW}",
        f"t=,v1={V1}",
        f"t={NOW},v1={V1[:-1]}",
        f"t={NOW},v1={V1.upper()}",
        f"t={NOW},v2={V1}",
        f"t={NOW},v3={V1}",
        f"t=-1,v1={V1}",
        f"t={NOW},v1={V1}" + f",v1={'0' * 64}" * 100,
    ],
)
def test_what_is_no_signature_of_it_is_none(header) -> None:
    assert not is_signed(header, [SECRET], WEBHOOK, NOW, 300)


def test_another_uid_or_body_has_another_signature() -> None:
    header = f"t={NOW},v1={V1}"
    assert not is_signed(header, [SECRET], Letter(BODY, query=b"uid=other"), NOW, 300)
    assert not is_signed(header, [SECRET], Letter(BODY + b" ", query=b"uid=test_user"), NOW, 300)
    assert not is_signed(f"t={NOW + 1},v1={V1}", [SECRET], WEBHOOK, NOW, 300)


@pytest.mark.parametrize("query", [b"uid=%C3%A9", b"uid=\xc3\xa9", b"%ff=%fe&uid=x", b"uid=%", b"&&=&uid", "uid=\u00b2".encode()])
def test_a_query_in_any_letters_is_read(query) -> None:
    letter = Letter(BODY, query=query)
    assert not is_signed(f"t={NOW},v1={V1}", [SECRET], letter, NOW, 300)
    assert is_signed(f"t={NOW},v2={sign_v2(SECRET, NOW, letter)}", [SECRET], letter, NOW, 300)


def test_letters_of_every_language_have_one_spelling() -> None:
    assert write_query(b"uid=%C3%A9&a=\xc3\xa9") == "a=%C3%A9&uid=%C3%A9"
    header = f"t={NOW},v1={sign_v1(SECRET, NOW, 'é', BODY)}"
    assert is_signed(header, [SECRET], Letter(BODY, query=b"uid=%C3%A9"), NOW, 300)
