import pytest

from tests.server.integrations.tools.gateway import serve_crm


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_crm(tmp_path_factory.mktemp("tools")) as served:
        yield served


def watch(served, path, **fields):
    return served.person("PUT", "/api/tools/watched", json={"path": str(path), **fields})


def test_file_that_cannot_be_read_is_not_watched(served, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    for path in ("mcp.json", str(tmp_path / "missing.json"), str(tmp_path / "bad.json")):
        assert watch(served, path).status_code == 422, path
    assert served.person("GET", "/api/tools").json()["watched"] is None


def test_inputs_of_the_file_are_in_no_answer_and_no_settings(served, tmp_path):
    path = tmp_path / "mcp.json"
    path.write_text(
        '{"inputs": [{"id": "key", "type": "promptString"}], "servers": {"notes": {"url": "https://127.0.0.1:9/${input:key}"}}}'
    )
    response = watch(served, path, inputs={"key": "value-of-the-input"})
    assert response.status_code == 200, response.text
    assert response.json()["watched"]["path"] == str(path)
    settings = (served.data / "settings.json").read_text()
    assert "value-of-the-input" not in response.text + settings
