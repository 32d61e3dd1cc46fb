"""Texts about Gmail's operations for people. Texts for models are the docstrings in routes.py."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording

NO_SUBJECT = "(no subject)"
SEND_TO = Sentence(
    "send an email to {to}", "is sending an email to {to}", "sent an email to {to}", "could not send an email to {to}"
)
REPLY_TO = Sentence("reply to {to}", "is replying to {to}", "replied to {to}", "could not reply to {to}")
SAVE_FILE_NAMED = Sentence(
    "save {name} from an email",
    "is saving {name} from an email",
    "saved {name} from an email",
    "could not save {name} from an email",
)
DRAFT_TO = Sentence(
    "write a draft to {to}", "is writing a draft to {to}", "wrote a draft to {to}", "could not write a draft to {to}"
)
REPLACE_DRAFT_TO = Sentence(
    "replace a draft to {to}", "is replacing a draft to {to}", "replaced a draft to {to}", "could not replace a draft to {to}"
)
SEND_DRAFT_TO = Sentence(
    "send the draft to {to}", "is sending the draft to {to}", "sent the draft to {to}", "could not send the draft to {to}"
)
DELETE_DRAFT_NAMED = Sentence(
    "delete the draft “{subject}” permanently",
    "is deleting the draft “{subject}” permanently",
    "deleted the draft “{subject}” permanently",
    "could not delete the draft “{subject}” permanently",
)
LABEL_NAMED = Sentence(
    "change the labels of “{subject}”",
    "is changing the labels of “{subject}”",
    "changed the labels of “{subject}”",
    "could not change the labels of “{subject}”",
)
MARK_READ = Sentence(
    "mark “{subject}” as read",
    "is marking “{subject}” as read",
    "marked “{subject}” as read",
    "could not mark “{subject}” as read",
)
MARK_UNREAD = Sentence(
    "mark “{subject}” as unread",
    "is marking “{subject}” as unread",
    "marked “{subject}” as unread",
    "could not mark “{subject}” as unread",
)
ARCHIVE_NAMED = Sentence(
    "archive “{subject}”", "is archiving “{subject}”", "archived “{subject}”", "could not archive “{subject}”"
)
TRASH_NAMED = Sentence(
    "move “{subject}” to the trash",
    "is moving “{subject}” to the trash",
    "moved “{subject}” to the trash",
    "could not move “{subject}” to the trash",
)
RESTORE_NAMED = Sentence(
    "restore “{subject}” from the trash",
    "is restoring “{subject}” from the trash",
    "restored “{subject}” from the trash",
    "could not restore “{subject}” from the trash",
)

LIST = Wording(
    "List emails",
    "Lists recent emails or those matching a search, with their text.",
    (
        Sentence(
            "search email for “{query}”",
            "is searching email for “{query}”",
            "searched email for “{query}”",
            "could not search email for “{query}”",
        ),
        Sentence("list recent emails", "is listing recent emails", "listed recent emails", "could not list recent emails"),
    ),
)
SEARCH = Wording(
    "Search emails",
    "Finds emails by sender, subject, label or text, without their full text.",
    (
        Sentence(
            "search email for “{query}”",
            "is searching email for “{query}”",
            "searched email for “{query}”",
            "could not search email for “{query}”",
        ),
        Sentence("list recent emails", "is listing recent emails", "listed recent emails", "could not list recent emails"),
    ),
)
READ = Wording(
    "Read emails",
    "Reads an email: text, people and attachment names.",
    (Sentence("read an email", "is reading an email", "read an email", "could not read an email"),),
)
READ_THREAD = Wording(
    "Read email threads",
    "Reads all emails of a thread.",
    (Sentence("read an email thread", "is reading an email thread", "read an email thread", "could not read an email thread"),),
)
READ_FILE = Wording(
    "Read attachments",
    "Gives an attachment to ChatGPT.",
    (Sentence("read an attachment", "is reading an attachment", "read an attachment", "could not read an attachment"),),
)
SAVE_FILE = Wording(
    "Save attachments",
    "Saves an attachment to the attachments folder on this computer.",
    (Sentence("save an attachment", "is saving an attachment", "saved an attachment", "could not save an attachment"),),
)
UNREAD = Wording(
    "Summarize unread emails",
    "Counts unread emails by sender and lists the newest.",
    (Sentence("check unread emails", "is checking unread emails", "checked unread emails", "could not check unread emails"),),
)
SEND = Wording(
    "Send emails",
    "Sends a new email.",
    (
        SEND_TO,
        Sentence("send an email", "is sending an email", "sent an email", "could not send an email"),
    ),
)
REPLY = Wording(
    "Reply to emails",
    "Replies in an email thread.",
    (Sentence("reply to an email", "is replying to an email", "replied to an email", "could not reply to an email"),),
)
LIST_DRAFTS = Wording(
    "List drafts",
    "Lists drafts without their text.",
    (Sentence("list drafts", "is listing drafts", "listed drafts", "could not list drafts"),),
)
READ_DRAFT = Wording(
    "Read drafts", "Reads a draft.", (Sentence("read a draft", "is reading a draft", "read a draft", "could not read a draft"),)
)
WRITE_DRAFT = Wording(
    "Write drafts",
    "Writes a draft in Gmail. It is not sent.",
    (Sentence("write a draft", "is writing a draft", "wrote a draft", "could not write a draft"),),
)
REPLACE_DRAFT = Wording(
    "Replace drafts",
    "Replaces a draft, including its attachments.",
    (Sentence("replace a draft", "is replacing a draft", "replaced a draft", "could not replace a draft"),),
)
SEND_DRAFT = Wording(
    "Send drafts",
    "Sends a draft as it is.",
    (Sentence("send a draft", "is sending a draft", "sent a draft", "could not send a draft"),),
)
DELETE_DRAFT = Wording(
    "Delete drafts",
    "Deletes a draft permanently.",
    (Sentence("delete a draft", "is deleting a draft", "deleted a draft", "could not delete a draft"),),
)
LIST_LABELS = Wording(
    "List labels",
    "Lists the labels of the mailbox.",
    (Sentence("list labels", "is listing labels", "listed labels", "could not list labels"),),
)
LABEL = Wording(
    "Label emails",
    "Adds labels to an email or removes them.",
    (
        Sentence(
            "change the labels of an email",
            "is changing the labels of an email",
            "changed the labels of an email",
            "could not change the labels of an email",
        ),
    ),
)
MARK = Wording(
    "Mark emails as read or unread",
    "Marks an email as read or unread.",
    (
        Sentence(
            "mark an email as read or unread",
            "is marking an email as read or unread",
            "marked an email as read or unread",
            "could not mark an email as read or unread",
        ),
    ),
)
ARCHIVE = Wording(
    "Archive emails",
    "Removes an email from the inbox. It stays under All Mail.",
    (Sentence("archive an email", "is archiving an email", "archived an email", "could not archive an email"),),
)
TRASH = Wording(
    "Move emails to the trash",
    "Moves an email to the trash.",
    (
        Sentence(
            "move an email to the trash",
            "is moving an email to the trash",
            "moved an email to the trash",
            "could not move an email to the trash",
        ),
    ),
)
RESTORE = Wording(
    "Restore emails from the trash",
    "Moves an email out of the trash.",
    (
        Sentence(
            "restore an email from the trash",
            "is restoring an email from the trash",
            "restored an email from the trash",
            "could not restore an email from the trash",
        ),
    ),
)
STATUS = Wording(
    "Check the Gmail connection",
    "Shows which accounts are signed in and what they can be used for.",
    (
        Sentence(
            "check the Gmail connection",
            "is checking the Gmail connection",
            "checked the Gmail connection",
            "could not check the Gmail connection",
        ),
    ),
)
SIGN_IN_HELP = Wording(
    "Explain how to sign in",
    "Explains how to sign in to Gmail on this computer.",
    (
        Sentence(
            "look up how to sign in to Gmail",
            "is looking up how to sign in to Gmail",
            "looked up how to sign in to Gmail",
            "could not look up how to sign in to Gmail",
        ),
    ),
)
