from server.integrations.tools.presets.catalogue import AMBIVO, find_preset
from server.integrations.tools.presets.environments import Environments, version_key


def make(environment, *, complete=True):
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("")
    if complete:
        environment.mark_complete()
    return environment


def test_environment_without_marker_is_not_installed(tmp_path) -> None:
    environments = Environments(tmp_path)
    make(environments.get(AMBIVO, "1.0.8"), complete=False)
    assert environments.list_installed(AMBIVO) == []
    older, newer = make(environments.get(AMBIVO, "1.0.9")), make(environments.get(AMBIVO, "1.0.10"))
    assert environments.list_installed(AMBIVO) == [older, newer]
    newer.python.unlink()
    assert environments.list_installed(AMBIVO) == [older], "its Python is gone"


def test_only_unused_environments_are_removed(tmp_path) -> None:
    environments = Environments(tmp_path / "presets")
    environments.remove_unused([])
    used, unused, cut = (environments.get(AMBIVO, version) for version in ("1.0", "1.1", "1.2"))
    make(used), make(unused), make(cut, complete=False)
    (environments.make_stored_folder() / "memory.jsonl").write_text("{}")
    outside = tmp_path / "outside"
    outside.mkdir()
    (environments.folder / "ambivo" / "link").symlink_to(outside)
    environments.remove_unused([used.command[0], "/usr/bin/python3"])
    assert environments.list_installed(AMBIVO) == [used]
    assert not unused.folder.exists()
    assert not cut.folder.exists()
    assert outside.is_dir()
    assert (environments.folder / "stored" / "memory.jsonl").exists()


def test_cleared_environment_is_gone(tmp_path) -> None:
    environment = make(Environments(tmp_path).get(AMBIVO, "1.0"))
    environment.clear()
    environment.clear()
    assert not environment.folder.exists()


def test_command_names_the_program_of_the_environment(tmp_path) -> None:
    environments = Environments(tmp_path)
    python = environments.get(AMBIVO, "1.0.7").command
    assert python[1:] == ("-I", "-c", "from ambivo_mcp_server.server import run_server; run_server()")
    node = environments.get(find_preset("memory"), "1").command
    assert node[1] == str(tmp_path / "memory" / "1" / "node_modules/@modelcontextprotocol/server-memory/dist/index.js")


def test_versions_are_ordered_by_their_numbers() -> None:
    assert sorted(["1.10", "1.9", "2026.1.2", "1.0rc1"], key=version_key) == ["1.0rc1", "1.9", "1.10", "2026.1.2"]
