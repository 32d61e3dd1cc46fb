def test_window_is_shown_by_the_process_with_a_screen(serve):
    answer = serve(demo=True).person("POST", "/api/window")
    assert answer.status_code == 503
    assert "There is no screen here" in answer.json()["detail"]


def test_window_route_needs_the_session(serve):
    served = serve(demo=True)
    assert served.person("POST", "/api/window", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_program_is_quit_from_the_window(serve) -> None:
    served = serve()
    assert served.person("POST", "/api/quit").json() == {"quitting": True}
    assert served.background.wait(60)
    assert served.background.error is None
