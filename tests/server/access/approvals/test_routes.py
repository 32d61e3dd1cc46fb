import json

from server.access.approvals.routes import read_result
from tests.server.access.letters import posting


async def test_approval_is_visible_only_to_its_client(opened) -> None:
    async with posting(opened) as post:
        bot, other = await post.client(scopes="write:mail"), await post.client("other")
        approval = (await post.send(bot)).json()["approval_id"]
        assert (await post.look(bot, approval))["status"] == "pending"
        for headers, number in ((other, approval), (bot, "call-0000"), (bot, "..%2F")):
            answer = await post.http.get(f"/approvals/{number}", headers=headers)
            assert answer.status_code in {404, 422}
        assert (await post.http.get(f"/approvals/{approval}", headers=other)).status_code == 404
        assert (await post.http.get(f"/approvals/{approval}")).status_code == 401


async def test_approval_is_not_visible_to_a_new_client_with_the_name_of_a_revoked_client(opened) -> None:
    async with posting(opened) as post:
        approval = (await post.send(await post.client())).json()["approval_id"]
        await post.state.clients.revoke("bot")
        again = await post.client()
        assert (await post.http.get(f"/approvals/{approval}", headers=again)).status_code == 404


def test_result_is_json_or_text() -> None:
    assert read_result(json.dumps({"a": [1]})) == {"a": [1]}
    assert read_result("plain") == "plain"
    assert read_result(None) is None
