import subprocess
import sys


def test_module_has_the_options_of_the_command() -> None:
    command = [sys.executable, "-m", "ambivo_gpt_actions.schema_generator", "--help"]
    assert "--format [yaml|json]" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
