from server.access.origins import OriginSettings


def test_no_foreign_page_may_call_until_the_person_lists_it() -> None:
    assert OriginSettings().allowed == []
