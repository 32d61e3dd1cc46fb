"""`deskhand openai`."""

import json

from click.testing import CliRunner

from server.integrations.conversations.openai_account.commands import describe_connection, describe_usage, openai

VIEW = {
    "key_is_set": True,
    "key_hint": "wxyz",
    "is_free": False,
    "base_url": "",
    "model": "",
    "aliases": {"gpt-4": "gpt-6-luna"},
    "spent": "1.5",
    "budget": "20.00",
    "from_environment": [],
    "problem": None,
}


class Local:
    """The local API as commands see it: the answers that it gives, and what it was asked."""

    def __init__(self, answers):
        self.answers, self.calls = answers, []

    def __call__(self, *_, **__):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def call(self, method, path, body=None, **_):
        self.calls.append((method, path, body))
        return self.answers[method, path.partition("?")[0]]


def invoke(local, *arguments, **options):
    return CliRunner().invoke(openai, arguments, obj=local, **options)


def test_status_says_how_openai_is_used():
    assert list(describe_connection(VIEW)) == [
        "Key: …wxyz",
        "Model: the newest one",
        "  gpt-4 stands for gpt-6-luna",
        "Spent this month: $1.5, budget $20.00",
    ]
    assert list(describe_connection({**VIEW, "budget": None}))[-1] == "Spent this month: $1.5, no budget"
    lines = list(describe_connection({**VIEW, "key_is_set": False, "problem": "Broken.", "from_environment": ["OPENAI_MODEL"]}))
    assert lines[0].startswith("There is no key.")
    assert lines[-2:] == ["From the environment: OPENAI_MODEL", "Broken."]


def test_failed_test_ends_with_one():
    local = Local({("POST", "/api/openai/test"): {"ok": False, "message": "OpenAI refuses the key."}})
    result = invoke(local, "test", "--json")
    assert (result.exit_code, json.loads(result.stdout)["ok"]) == (1, False)
    assert str(invoke(local, "test").exception) == "OpenAI refuses the key."
    local.answers["POST", "/api/openai/test"] = {"ok": True, "message": "It works."}
    assert invoke(local, "test").stdout == "It works.\n"


def test_key_comes_from_stdin():
    local = Local({("PUT", "/api/openai/key"): {"ok": True, "message": "OpenAI answers."}, ("DELETE", "/api/openai/key"): {}})
    result = invoke(local, "key", input="sk-proj-1234\n")
    assert "sk-proj-1234" not in result.stdout
    assert local.calls == [("PUT", "/api/openai/key", {"key": "sk-proj-1234"})]
    assert invoke(local, "key", "--remove", "--yes").stdout == "Key removed.\n"


def test_alias_is_added_and_removed():
    local = Local({("GET", "/api/openai"): VIEW, ("PUT", "/api/openai"): VIEW})
    invoke(local, "alias", "gpt-3", "gpt-5")
    assert local.calls[-1][2] == {"aliases": {"gpt-4": "gpt-6-luna", "gpt-3": "gpt-5"}}
    invoke(local, "alias", "gpt-4", "--remove")
    assert local.calls[-1][2] == {"aliases": {}}
    assert "no alias" in str(invoke(local, "alias", "gpt-9", "--remove").exception)
    assert invoke(local, "alias", "gpt-4").exit_code == 2


def test_budget_is_set_and_removed():
    local = Local({("GET", "/api/openai"): VIEW, ("PUT", "/api/openai/budget"): VIEW})
    assert "budget $20.00" in invoke(local, "budget").stdout
    assert invoke(local, "budget", "5", "--project", "work").stdout == "Project work: $5 a month.\n"
    assert local.calls[-1][2] == {"budget": "5", "project": "work"}
    invoke(local, "budget", "--remove")
    assert local.calls[-1][2] == {"budget": None, "project": ""}


def test_budget_is_read_as_json():
    projects = {"projects": [{"id": "2", "budget": None, "spent": "0.5", "name": "Work"}]}
    local = Local({("GET", "/api/openai"): {**VIEW, "reserved": "0.25"}, ("GET", "/api/chat-projects"): projects})
    local.answers["PUT", "/api/openai/budget"] = VIEW
    assert json.loads(invoke(local, "budget", "--json").stdout) == {"budget": "20.00", "spent": "1.5", "reserved": "0.25"}
    assert json.loads(invoke(local, "budget", "20", "--json").stdout)["budget"] == "20.00"
    assert ("PUT", "/api/openai/budget", {"budget": "20", "project": ""}) in local.calls
    assert json.loads(invoke(local, "budget", "--project", "2", "--json").stdout) == {"budget": None, "spent": "0.5"}
    assert invoke(local, "budget", "--project", "2").stdout == "Project 2: $0.5 spent this month, no limit.\n"
    assert "no project 3" in str(invoke(local, "budget", "--project", "3", "--json").exception)


def test_webhook_is_allowed_and_not():
    local = Local({("PUT", "/api/openai"): VIEW})
    assert invoke(local, "webhook", "on").exit_code == invoke(local, "webhook", "off").exit_code == 0
    assert [call[2] for call in local.calls] == [{"webhook_allowed": True}, {"webhook_allowed": False}]


def test_models_show_their_shutdown():
    models = [{"id": "gpt-6-luna", "warning": None}, {"id": "gpt-5", "warning": "Will be shut down on 2026-12-11."}]
    local = Local({("GET", "/api/openai/models"): {"models": models}})
    assert invoke(local, "models").stdout.split("\n")[0] == "gpt-6-luna"
    assert "Will be shut down on 2026-12-11." in invoke(local, "models").stdout


def test_unknown_cost_is_unknown():
    usage = {"input_tokens": 10, "output_tokens": 2, "cost": None, "unknown_calls": 1}
    month = {"month": "2026-11", **usage, "projects": [{"name": "Work", **usage, "cost": "0.5"}, {"name": "", **usage}]}
    assert list(describe_usage({"months": [month]})) == [
        "2026-11  10 tokens in, 2 out, unknown",
        "    Work                     10 tokens in, 2 out, $0.5 and 1 request of unknown cost",
        "    No project               10 tokens in, 2 out, unknown",
    ]
