import json
from pathlib import Path

import yaml


def test_addresses_need_a_running_server(deskhand, serve) -> None:
    off = deskhand("addresses")
    assert (off.returncode, "deskhand serve" in off.stderr) == (1, True)
    served = serve()
    assert json.loads(deskhand("addresses", "--json").stdout)["openapi"] == f"{served.public}/openapi.json"


def test_pause_lasts_until_resumed(deskhand, serve) -> None:
    served = serve()
    key = served.make_client(allow=["control_app"])
    assert deskhand("pause", "15").returncode == 0
    order = {"app_name": "x", "action": "start"}
    assert served.call("POST", "/apps/control", key, json=order).status_code == 503
    assert deskhand("resume").returncode == 0
    assert served.call("POST", "/apps/control", key, json=order).status_code == 404
    assert deskhand("pause", "-1").returncode == 2


def test_schema_format_follows_the_file_name(deskhand, serve, tmp_path: Path) -> None:
    assert deskhand("generate-schema").returncode == 1
    serve()
    deskhand("clients", "create", "bot", "--scope", "read:apps")
    target = tmp_path / "openapi.json"
    assert deskhand("generate-schema", "bot", "--output", str(target)).returncode == 0
    assert "/apps/list" in json.loads(target.read_text())["paths"]
    assert "/apps/control" not in json.loads(target.read_text())["paths"]
    everything = deskhand("generate-schema")
    assert "/apps/control" in yaml.safe_load(everything.stdout)["paths"]
    assert everything.stderr.startswith("Not for ChatGPT: It has ")
    part = deskhand("generate-schema", "--scope", "read:apps")
    assert (list(yaml.safe_load(part.stdout)["paths"]), part.stderr) == (["/apps/list", "/apps/{app_name}"], "")
    assert deskhand("generate-schema", "--scope", "use:nothing").returncode == 1


def test_doctor_exits_with_1_on_problems(deskhand, serve, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_text("{broken")
    serve()
    output = deskhand("doctor")
    assert output.returncode == 1
    assert "✕ Settings" in output.stdout


def test_doctor_tells_what_is_left_to_set_up_from_what_is_wrong(deskhand, serve) -> None:
    stopped = deskhand("doctor")
    assert "✓ Gmail" not in stopped.stdout
    assert (stopped.returncode, "✕ Deskhand: It is not running. Start it: deskhand serve" in stopped.stdout) == (1, True)
    serve()
    output = deskhand("doctor")
    assert (output.returncode, "✕" in output.stdout) == (0, False)
    assert "○ Gmail" in output.stdout
    assert "✓ Settings" in output.stdout


def test_stop_command_ends_the_server(deskhand, serve) -> None:
    served = serve()
    assert deskhand("quit").returncode == 0
    assert served.background.wait(60)
