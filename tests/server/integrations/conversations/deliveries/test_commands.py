from click.testing import CliRunner

from server.commandline.client import connect
from server.integrations.conversations.deliveries.commands import chats


def run(seed, *arguments: str, text: str = ""):
    return CliRunner().invoke(chats, [*arguments, "--data-dir", str(seed.served.data)], input=text, obj=connect)


def test_secret_is_set_shown_and_removed(seed) -> None:
    assert "no secret is set" in run(seed, "webhook").output
    assert "Secret saved" in run(seed, "webhook-secret", text="a secret of some length\n").output
    assert "signed deliveries are accepted" in run(seed, "webhook").output
    assert "previous secret works until" not in run(seed, "webhook").output
    run(seed, "webhook-secret", text="another secret of some length\n")
    assert "previous secret works until" in run(seed, "webhook").output
    assert "Secret removed" in run(seed, "webhook-secret", "--remove", "--yes").output
    assert "no secret is set" in run(seed, "webhook").output
