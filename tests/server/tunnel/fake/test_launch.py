import subprocess
import sys

from server.tunnel.fake.launch import FLAG, agent_command


def test_checkout_finds_the_agent_from_any_folder(tmp_path) -> None:
    done = subprocess.run([*agent_command(frozen=False), "version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ngrok version 3.")


def test_frozen_program_is_its_own_agent(root) -> None:
    assert agent_command(frozen=True) == (sys.executable, FLAG)
    done = subprocess.run(
        [sys.executable, "-m", "desktop", FLAG, "version"], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("ngrok version 3.")
