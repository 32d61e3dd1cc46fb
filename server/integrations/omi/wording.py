"""Texts about OMI's operations for people. Texts for models are the docstrings in routes.py."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording

DELETE_NAMED = Sentence(
    "delete the conversation “{title}” permanently",
    "is deleting the conversation “{title}” permanently",
    "deleted the conversation “{title}” permanently",
    "could not delete the conversation “{title}” permanently",
)
MARK_DONE = Sentence(
    "mark an action item as done",
    "is marking an action item as done",
    "marked an action item as done",
    "could not mark an action item as done",
)
MARK_OPEN = Sentence(
    "mark an action item as not done",
    "is marking an action item as not done",
    "marked an action item as not done",
    "could not mark an action item as not done",
)

LIST = Wording(
    "List and search conversations",
    "Lists OMI conversations, or finds those about something.",
    (
        Sentence(
            "search OMI conversations for “{query}”",
            "is searching OMI conversations for “{query}”",
            "searched OMI conversations for “{query}”",
            "could not search OMI conversations for “{query}”",
        ),
        Sentence(
            "list OMI conversations",
            "is listing OMI conversations",
            "listed OMI conversations",
            "could not list OMI conversations",
        ),
    ),
)
READ = Wording(
    "Read conversations",
    "Reads an OMI conversation with its transcript.",
    (
        Sentence(
            "read an OMI conversation",
            "is reading an OMI conversation",
            "read an OMI conversation",
            "could not read an OMI conversation",
        ),
    ),
)
DELETE = Wording(
    "Delete conversations",
    "Deletes an OMI conversation from this computer permanently.",
    (
        Sentence(
            "delete an OMI conversation",
            "is deleting an OMI conversation",
            "deleted an OMI conversation",
            "could not delete an OMI conversation",
        ),
    ),
)
LIST_TODOS = Wording(
    "List action items",
    "Lists action items from OMI conversations.",
    (Sentence("list action items", "is listing action items", "listed action items", "could not list action items"),),
)
MARK = Wording(
    "Mark action items",
    "Marks a to-do as done or not done.",
    (Sentence("mark an action item", "is marking an action item", "marked an action item", "could not mark an action item"),),
)
LIST_SUMMARIES = Wording(
    "List daily summaries",
    "Lists OMI's daily summaries.",
    (Sentence("list daily summaries", "is listing daily summaries", "listed daily summaries", "could not list daily summaries"),),
)
LIVE = Wording(
    "Read the live transcript",
    "Reads what OMI hears right now.",
    (
        Sentence(
            "read the live transcript",
            "is reading the live transcript",
            "read the live transcript",
            "could not read the live transcript",
        ),
    ),
)
ADD = Wording(
    "Add conversations",
    "Adds a conversation to those from OMI.",
    (Sentence("add a conversation", "is adding a conversation", "added a conversation", "could not add a conversation"),),
)
