"""Inverses of changes to mails, for the person's Undo."""

from collections.abc import Mapping
from typing import Any

from server.integrations.gmail.models import LabelChange, UnreadMark
from server.integrations.gmail.service import Mailbox


async def undo_trash(mailbox: Mailbox, arguments: Mapping[str, Any]) -> None:
    """Take a mail out of the trash, into the inbox: Gmail forgets that it was there."""
    await mailbox.labels.untrash(arguments["message_id"], arguments.get("account"))
    await mailbox.labels.unarchive(arguments["message_id"], arguments.get("account"))


async def undo_untrash(mailbox: Mailbox, arguments: Mapping[str, Any]) -> None:
    """Put a mail back into the trash."""
    await mailbox.labels.trash(arguments["message_id"], arguments.get("account"))


async def undo_archive(mailbox: Mailbox, arguments: Mapping[str, Any]) -> None:
    """Put a mail back into the inbox."""
    await mailbox.labels.unarchive(arguments["message_id"], arguments.get("account"))


async def undo_mark(mailbox: Mailbox, arguments: Mapping[str, Any]) -> None:
    """Mark a mail as it was before."""
    order = UnreadMark(unread=not arguments["order"]["unread"])
    await mailbox.labels.mark(arguments["message_id"], order, arguments.get("account"))


async def undo_labels(mailbox: Mailbox, arguments: Mapping[str, Any]) -> None:
    """Take off the labels that were put on a mail, and put on those that were taken off."""
    order = LabelChange(add=arguments["order"].get("remove", []), remove=arguments["order"].get("add", []))
    await mailbox.labels.change(arguments["message_id"], order, arguments.get("account"))


UNDOS = {
    "trash_mail": undo_trash,
    "untrash_mail": undo_untrash,
    "archive_mail": undo_archive,
    "mark_mail": undo_mark,
    "label_mail": undo_labels,
}
