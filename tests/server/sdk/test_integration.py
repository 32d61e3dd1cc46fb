import subprocess
import sys

from tests.conftest import ROOT

HEAVY = {"alembic", "fastapi", "pydantic", "sqlalchemy", "starlette"}


def test_listing_the_integrations_imports_nothing_heavy() -> None:
    code = "import sys; from server.integrations import discover; discover(); print(*sys.modules)"
    listed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = listed.stdout.split()
    assert "server.integrations.gmail" in modules
    assert not HEAVY & set(modules)
