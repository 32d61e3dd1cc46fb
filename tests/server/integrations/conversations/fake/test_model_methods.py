"""Models of the fake OpenAI."""


def test_models_have_their_shutdown_dates(client):
    models = {model.id: model.shutdown_date for model in client.models.list()}
    assert models["gpt-5"] == "2026-12-11"
    assert models["gpt-6-luna"] is None
    assert client.models.retrieve("gpt-5").shutdown_date == "2026-12-11"
