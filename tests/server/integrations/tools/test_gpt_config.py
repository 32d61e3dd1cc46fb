import json

import yaml

from server.integrations.tools.gpt_config import make_gpt_config
from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import add_servers, describe_crm

__all__ = ["deskhand"]


def test_configuration_of_ambivo_has_the_names_of_its_guide() -> None:
    config = make_gpt_config("https://desk.example.com", answers_questions=True, is_ambivo=True)
    assert (config.name, config.schema_url) == ("Ambivo CRM Assistant", "https://desk.example.com/openapi.yaml")
    assert config.authentication.type == "bearer_token"
    assert config.example_queries[0] == "Show me leads created this week"
    assert make_gpt_config("https://a", answers_questions=False, is_ambivo=False).example_queries == []


def test_configuration_is_written_to_a_file(serve, deskhand, tmp_path) -> None:
    served = serve()
    file = tmp_path / "gpt_actions_config.json"
    assert json.loads(deskhand("tools", "gpt-config").stdout)["example_queries"] == []
    add_servers(served, crm=describe_crm())
    done = deskhand("tools", "gpt-config", "--output", str(file))
    assert done.returncode == 0, done.stderr
    config = json.loads(file.read_text())
    assert config["schema_url"] == f"{served.public}/openapi.yaml?scope=use:crm"
    assert "tunnel" in done.stderr
    assert len(config["example_queries"]) == 5
    document = yaml.safe_load(served.call("GET", "/openapi.yaml?scope=use:crm", "").text)
    assert {path for path in document["paths"] if not path.startswith("/tools/")} == {
        "/approvals/{approval_id}",
        "/jobs/{job_id}",
    }
    assert "/tools/get-leads" in document["paths"]
    assert served.call("GET", "/openapi.json?scope=use:nothing", "").status_code == 404
    add_servers(served, notes=describe_crm())
    config = json.loads(deskhand("tools", "gpt-config", "notes").stdout)
    assert config["schema_url"].endswith("?scope=use:notes")
    assert deskhand("tools", "gpt-config", "nothing").returncode == 1
    assert deskhand("tools", "gpt-config", "--output", str(tmp_path / "none" / "file")).returncode == 1
