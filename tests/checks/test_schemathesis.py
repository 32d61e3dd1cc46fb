import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import loopback


@pytest.mark.timeout(1800)
def test_responses_are_documented_and_never_5xx(start, long: bool, tmp_path: Path) -> None:
    server = start("--demo")
    document = loopback.get(server.public + "/openapi.json").json()
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    key = server.make_client("tester", allow=names, rate="none")
    (tmp_path / "schemathesis.toml").write_text("[parameters]\nwait = 0\n")  # else calls take up to a minute
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program if program.exists() else shutil.which("schemathesis")), "run", f"{server.public}/openapi.json"]
    command += ["-H", "Prefer: respond-async"]  # mails beyond the budget are asked about, and nobody answers
    command += ["-H", f"X-API-Key: {key}", "--phases", "examples,coverage,fuzzing,stateful", "--generation-deterministic"]
    command += [
        "--max-examples",
        "60" if long else "4",
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--no-color",
        *("--request-timeout", "60"),  # of a busy machine
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    output = done.stdout[-6000:] + done.stderr[-2000:]
    assert done.returncode == 0, output
    cases = [int(number) for number in re.findall(r"(\d+) generated", done.stdout)]
    assert cases, output
    print(output[-1500:])
    if long:
        assert sum(cases) >= 3000
