from server.integrations.tools.models import Catalog, Tool
from server.integrations.tools.offers import Offers
from server.integrations.tools.sign_in.pending import Pending
from server.integrations.tools.sign_in.sign_in import Refusal, SignIn
from server.integrations.tools.sign_in.stored import Grant, GrantStore
from server.integrations.tools.stored import fingerprint_tool
from server.integrations.tools.views import ServerSignIn, view_sign_in, view_upstream
from server.storage.secrets import Secrets
from tests.server.integrations.tools.test_upstream import OTHER, TOOL, make_upstream
from tests.server.integrations.tools.upstreams import ignore_change


def test_changed_tools_are_shown_as_changed():
    marks = {"a": fingerprint_tool(TOOL)}
    upstream, offers = make_upstream(read_only=marks), Offers()
    offers.make({"crm": upstream}, frozenset())
    assert [(tool.read_only, tool.changed) for tool in view_upstream(offers, upstream).tools] == [
        (True, False),
        (False, False),
    ]
    upstream.supervisor.catalog = Catalog(tools=(TOOL.model_copy(update={"description": "Sends."}), OTHER))
    offers.make({"crm": upstream}, frozenset())
    assert [(tool.read_only, tool.changed) for tool in view_upstream(offers, upstream).tools] == [
        (False, True),
        (False, False),
    ]


def test_tool_that_is_not_offered_has_no_public_name():
    upstream = make_upstream(tools=(Tool(name="new"),))
    (tool,) = view_upstream(Offers(), upstream).tools
    assert (tool.name, tool.public_name, tool.operation) == ("new", "", "")


async def test_sign_in_is_shown_as_it_stands(tmp_path):
    sign_in = SignIn(GrantStore(Secrets(tmp_path, folder_only=True)), "notes", "Notes", "binding", ignore_change)
    assert view_sign_in(None) is None
    assert view_sign_in(sign_in) == ServerSignIn(needed=False, signed_in=False, url="", error="")
    sign_in.note_refusal(Refusal(401))
    sign_in.pending, sign_in.error = Pending("Notes", "http://127.0.0.1/callback"), "It failed."
    assert view_sign_in(sign_in) == ServerSignIn(needed=True, signed_in=False, url="", error="It failed.")
    await sign_in.pending.open("https://auth.example/?state=state")
    await sign_in.save(Grant(binding="binding"))
    sign_in.note_refusal(Refusal(401), "its server is down.")
    view = view_sign_in(sign_in)
    assert view == ServerSignIn(needed=False, signed_in=True, url="https://auth.example/?state=state", error="It failed.")
