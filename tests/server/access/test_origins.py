from server.access.origins import OriginSettings


def test_cors_is_refused_until_the_origin_is_listed() -> None:
    assert OriginSettings().allowed == []
