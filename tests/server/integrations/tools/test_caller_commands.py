from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools import caller_upstream
from tests.server.integrations.tools.caller_upstream import VARIABLE
from tests.server.integrations.tools.gateway import add_servers, find_server, trust

__all__ = ["deskhand"]
TOKEN = "header.ann.signature"


def test_person_lets_callers_in_and_ends_it(serve, deskhand):
    served = serve()
    add_servers(served, who=caller_upstream.describe())
    trust(served, "who")
    refused = deskhand("tools", "caller-tokens", "who", "on", "--yes")
    assert (refused.returncode, "Name the variable" in refused.stderr) == (1, True)
    asked = deskhand("tools", "caller-tokens", "who", "on", "--variable", VARIABLE)
    assert (asked.returncode, "without a key of Deskhand's" in asked.stdout + asked.stderr) == (1, True)
    assert not find_server(served, "who")["caller_tokens"]
    done = deskhand("tools", "caller-tokens", "who", "on", "--variable", VARIABLE, "--yes")
    assert (done.returncode, "with their own token" in done.stdout) == (0, True), done.stderr
    assert find_server(served, "who")["caller_tokens"]
    assert TOKEN in served.call("POST", "/tools/who", TOKEN, json={}).text
    ended = deskhand("tools", "caller-tokens", "who", "off")
    assert (ended.returncode, ended.stdout) == (0, "Callers need a key of Deskhand's for who again.\n")
    assert served.call("POST", "/tools/who", TOKEN, json={}).status_code == 401
    assert deskhand("tools", "caller-tokens", "nothing", "on", "--yes").returncode == 1
