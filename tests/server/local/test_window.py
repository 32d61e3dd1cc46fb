def test_a_window_is_shown_by_whoever_has_a_screen(serve):
    answer = serve(demo=True).person("POST", "/api/window")
    assert answer.status_code == 503
    assert "without a screen" in answer.json()["detail"]


def test_only_the_person_at_this_computer_may_ask_for_it(serve):
    served = serve(demo=True)
    assert served.person("POST", "/api/window", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_the_person_can_end_it_from_the_window(serve) -> None:
    served = serve()
    assert served.person("POST", "/api/quit").json() == {"quitting": True}
    assert served.background.wait(15)
    assert served.background.error is None
