from server.errors import UpstreamFailed
from server.tunnel.provider import CannotOpen, News, Said


def test_what_went_wrong_comes_with_what_to_do() -> None:
    trouble = CannotOpen("It is raining.", "Take an umbrella.", passing=True)
    assert (trouble.detail, trouble.advice, trouble.passing) == ("It is raining.", "Take an umbrella.", True)
    assert isinstance(trouble, UpstreamFailed)
    assert CannotOpen().detail


def test_news_say_what_they_are_about() -> None:
    assert News(Said.up, "https://x.example").trouble is None
