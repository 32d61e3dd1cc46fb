def test_oauth_settings_are_changed_and_survive_a_restart(serve):
    served = serve(demo=True)
    assert served.person("GET", "/api/sign-ins").json() == {
        "registration_allowed": False,
        "documents_allowed": True,
        "refused": None,
    }
    order = {"registration_allowed": True, "documents_allowed": False}
    assert served.person("PUT", "/api/sign-ins", json=order).json() == order | {"refused": None}
    assert served.background.stop()
    assert serve(served.data, demo=True).person("GET", "/api/sign-ins").json() == order | {"refused": None}
