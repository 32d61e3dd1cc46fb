"""A call goes out for an open account, with a token that works and a permission that was granted."""

import pytest

from server.core.errors import Forbidden, NotFound, SignInNeeded, TooManyRequests, UpstreamFailed
from server.integrations.gmail.accounts.session import FULL_SCOPE, REQUESTED, SCOPE, Permission, open_session
from server.integrations.gmail.models import NewMail, Reply
from server.outbound.previews import previewing

READ, COMPOSE, MODIFY = REQUESTED


@pytest.mark.parametrize(
    ("scopes", "granted"),
    [
        ([READ], [True, False, False]),
        ([COMPOSE], [False, True, False]),
        ([MODIFY], [True, True, True]),
        ([FULL_SCOPE], [True, True, True]),
        ([f"{SCOPE}send", f"{SCOPE}labels"], [False, False, False]),
    ],
)
def test_permissions_follow_from_the_scopes_of_google(scopes, granted):
    assert [permission.granted(scopes) for permission in Permission] == granted


def test_missing_permission_is_refused_by_name_before_google_is_called(new_desk):
    new_desk.sign_in(scopes=[READ])
    with pytest.raises(Forbidden, match='"Manage drafts and send emails"'):
        new_desk.run(new_desk.mailbox.outbox.send(NewMail(to="bob@example.com", subject="s", body="b")))
    with pytest.raises(Forbidden, match='"Read, compose, and send emails from your Gmail account"'):
        new_desk.run(new_desk.mailbox.labels.archive("18bd43cf52511532", None))
    assert new_desk.calls("gmail") == []
    assert new_desk.run(new_desk.mailbox.inbox.summarize_unread(None)).account


@pytest.mark.parametrize("change", ["create", "send", "archive"])
def test_preview_reads_the_account_and_changes_nothing_in_it(desk, change):
    async def preview():
        with previewing():
            session = open_session(desk.mailbox.accounts, None, Permission.read)
            assert (await session.read("labels.list"))["labels"]
            calls = {
                "create": lambda: session.save_draft(b"To: bob@example.com"),
                "send": lambda: session.send_draft(b"To: bob@example.com", None, "r-1"),
                "archive": lambda: session.change("messages.modify", id="18bd43cf52511532", body={}),
            }
            with pytest.raises(RuntimeError, match="preview"):
                await calls[change]()

    desk.run(preview())
    assert [called.method for called in desk.calls("gmail")] == ["GET"]


def test_send_scope_alone_suffices_for_sending(new_desk):
    new_desk.sign_in(scopes=[COMPOSE])
    assert new_desk.run(new_desk.mailbox.outbox.send(NewMail(to="bob@example.com", subject="s", body="b"))).success
    with pytest.raises(Forbidden, match='"View your email messages and settings"'):
        new_desk.run(new_desk.mailbox.outbox.reply(Reply(thread_id="18bd43cf52511532", body="b")))


def test_rejected_access_token_is_refreshed_once(desk):
    desk.google.expire_tokens()
    assert desk.run(open_session(desk.mailbox.accounts, None).read("getProfile"))["emailAddress"]
    assert len(desk.calls("^/token")) == 1


def test_mail_is_sent_once_with_an_expired_token(desk):
    desk.google.expire_tokens()
    desk.run(desk.mailbox.outbox.send(NewMail(to="bob@example.com", subject="only once", body="b")))
    assert [call.status for call in desk.calls("drafts/send")] == [200]


def test_repeated_rejection_by_google_becomes_a_problem(desk):
    desk.google.fail_next(401, times=9, path="profile")
    session = open_session(desk.mailbox.accounts, None)
    with pytest.raises(SignInNeeded, match="refuses"):
        desk.run(session.read("getProfile"))
    desk.google.faults.clear()
    with pytest.raises(SignInNeeded):
        open_session(desk.mailbox.accounts, None)
    assert open_session(desk.mailbox.accounts, "alex.morgan@example.org")


def test_reads_run_in_parallel_and_return_in_order(desk):
    session = open_session(desk.mailbox.accounts, None)
    ids = [mail_id["id"] for mail_id in desk.mails()][:23]
    calls = [{"id": mail_id, "format": "minimal"} for mail_id in [*ids, "ffffffffffffffff"]]
    answers = desk.run(session.read_each("messages.get", calls))
    assert [mail_id["id"] for mail_id in answers[:-1]] == ids
    assert answers[-1] is None
    assert desk.run(session.read_each("messages.get", [])) == []


def test_single_failure_of_parallel_reads_is_raised(desk):
    session = open_session(desk.mailbox.accounts, None)
    desk.google.fail_next(429, path="messages/", retry_after=3)
    with pytest.raises(TooManyRequests) as failed:
        desk.run(session.read_each("messages.get", [{"id": mail["id"]} for mail in desk.mails()[:9]]))
    assert failed.value.retry_after == 3


def test_failure_of_one_of_many_reads_is_its_answer(desk):
    session = open_session(desk.mailbox.accounts, None)
    calls = [{"id": mail["id"]} for mail in desk.mails()[:9]]
    desk.google.fail_next(500, path=f"messages/{calls[3]['id']}")
    answers = desk.run(session.read_each("messages.get", calls))
    assert [isinstance(answer, UpstreamFailed) for answer in answers] == [place == 3 for place in range(9)]
    desk.google.fail_next(500, times=9, path="messages/")
    with pytest.raises(UpstreamFailed):
        desk.run(session.read_each("messages.get", calls))


def test_change_is_tried_once_and_a_read_is_retried(desk):
    desk.set(read_retries=2)
    session = open_session(desk.mailbox.accounts, None)
    desk.google.fail_next(503, path="labels")
    assert desk.run(session.read("labels.list"))["labels"]
    desk.google.fail_next(503, path="trash")
    with pytest.raises(UpstreamFailed):
        desk.run(session.change("messages.trash", id=desk.mails()[0]["id"]))
    assert len(desk.calls("trash")) == 1


def test_missing_message_is_not_found(desk):
    with pytest.raises(NotFound):
        desk.run(open_session(desk.mailbox.accounts, None).read("messages.get", id="ffffffffffffffff"))
