import shlex

import pytest

from server.integrations.tools.models import Tool, Transport, UpstreamConfig
from server.integrations.tools.risks import READS, RUNS, SHOWS_ENVIRONMENT, find_risks


def judge(command="", *tools):
    program, *arguments = shlex.split(command) or [""]
    config = UpstreamConfig(id="a", title="A", transport=Transport.stdio, command=program, arguments=tuple(arguments))
    return find_risks(config, tools)


@pytest.mark.parametrize(
    ("command", "risk"),
    [
        ("npx -y @modelcontextprotocol/server-filesystem /tmp", READS),
        ("npx -y @modelcontextprotocol/server-filesystem@2026.1.0 /tmp", READS),
        ("uvx mcp-server-git --repository /srv/ana/crm", READS),
        ("python -m mcp_server_git", READS),
        ("node /opt/server-filesystem/dist/index.js", READS),
        ("docker run -i --rm -v /srv:/srv mcp/filesystem", READS),
        ("npx -y @wonderwhy-er/desktop-commander@latest", RUNS),
        ("bash -c 'npx -y mcp-shell'", RUNS),
        ("uvx --from git+https://github.com/ana/mcp-shell-server run-it", RUNS),
        ("claude mcp serve", RUNS),
        ("/usr/local/bin/mcp-ssh", RUNS),
        (r"'C:\Tools\terminal-mcp.exe'", RUNS),
    ],
)
def test_known_packages_are_warned_of(command, risk) -> None:
    assert judge(command).warnings == (risk,)
    assert not judge(command).whole


@pytest.mark.parametrize(
    "command",
    [
        "npx -y @modelcontextprotocol/server-memory",
        "npx -y @modelcontextprotocol/server-everything",
        "cmd /c npx -y @modelcontextprotocol/server-github",
        "uvx mcp-server-time",
        "uvx mcp-server-sqlite --db-path /srv/ana/files/git.db",
        "docker run -i --rm mcp/fetch",
        "node /srv/ana/git/crm/index.js",
        "python3 /srv/ana/files/crm.py /tmp/mcp-server-shell/data.json",
        "ambivo-mcp-server",
    ],
)
def test_harmless_packages_are_not(command) -> None:
    assert judge(command).warnings == ()
    assert judge(command).whole


def make_tool(name, *parameters):
    return Tool(name=name, input_schema={"type": "object", "properties": {parameter: {} for parameter in parameters}})


@pytest.mark.parametrize(
    ("tool", "risk"),
    [
        (make_tool("read_file"), READS),
        (make_tool("readFile"), READS),
        (make_tool("list-directory"), READS),
        (make_tool("status", "repo_path"), READS),
        (make_tool("status", "filePath"), READS),
        (make_tool("open", "directory"), READS),
        (make_tool("execute_command"), RUNS),
        (make_tool("bash"), RUNS),
        (make_tool("act", "command"), RUNS),
        (make_tool("python", "code"), RUNS),
        (make_tool("runScript"), RUNS),
        (Tool(name="a", input_schema={"properties": {"x": {"anyOf": [{"properties": {"shell_command": {}}}]}}}), RUNS),
        (Tool(name="a", input_schema={"$defs": {"X": {"properties": {"path": {}}}}, "$ref": "#/$defs/X"}), READS),
    ],
)
def test_tools_that_could_do_much_are_warned_of(tool, risk) -> None:
    assert judge("", make_tool("other"), tool).warnings == (risk,)
    assert not judge("", tool).whole


@pytest.mark.parametrize(
    "tool",
    [
        make_tool("get_leads", "limit"),
        make_tool("natural_query", "query", "response_format"),
        make_tool("gzip-file-as-resource", "name", "data", "outputType"),
        make_tool("find_country", "code"),
        make_tool("select", "json_path"),
        make_tool("get_profile", "profile"),
        make_tool("executive_summary", "commander"),
    ],
)
def test_harmless_tools_are_not(tool) -> None:
    assert judge("", tool).warnings == ()


def test_environment_is_warned_of_and_the_rest_can_be_trusted() -> None:
    risks = judge("npx server-everything", make_tool("get-env"))
    assert (risks.warnings, risks.whole) == ((SHOWS_ENVIRONMENT,), True)


def test_deep_schema_is_judged_without_an_error() -> None:
    schema = {"properties": {"path": {}}}
    for _ in range(5_000):
        schema = {"items": schema}
    assert judge("", Tool.model_construct(name="a", input_schema=schema)).whole
