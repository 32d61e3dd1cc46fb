"""Demo mode of conversations."""


def test_fake_openai_can_be_left_out(serve, monkeypatch):
    monkeypatch.setenv("DESKHAND_DEMO_OPENAI", "off")
    assert not serve(demo=True).person("GET", "/api/openai").json()["key_is_set"]
