from pathlib import Path

from click.testing import CliRunner

from server.commandline.root import build


def deskhand(*arguments: str):
    return CliRunner().invoke(build(lambda options, hidden: None), arguments)


def test_what_was_backed_up_comes_back_and_its_keys_open_nothing(serve, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup.zip"
    served = serve()
    key = served.make_client("bot")
    backed_up = deskhand("backup", str(file), "--data-dir", str(data))
    assert backed_up.exit_code == 0, backed_up.output
    refused = deskhand("restore", str(file), "--data-dir", str(data))
    assert refused.exit_code == 1
    served.person("DELETE", "/api/clients/bot")
    served.background.stop()
    restored = deskhand("restore", str(file), "--data-dir", str(data))
    assert restored.exit_code == 0, restored.output
    again = serve()
    assert again.call("GET", "/apps/list", key).status_code == 401
    again.background.stop()
    assert deskhand("restore", str(file), "--with-access", "--data-dir", str(data)).exit_code == 0
    assert serve().call("GET", "/apps/list", key).status_code == 200
