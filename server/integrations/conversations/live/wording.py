"""Texts about the operations of live conversations for people. Texts for models are the docstrings in live_routes.py."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording

START = Sentence(
    "start the conversation “{title}” and send its first message to {model}, for at most {price}",
    "is starting the conversation “{title}” with {model}",
    "started the conversation “{title}” with {model}",
    "could not start the conversation “{title}” with {model}",
)
START_EMPTY = Sentence(
    "start the conversation “{title}”",
    "is starting the conversation “{title}”",
    "started the conversation “{title}”",
    "could not start the conversation “{title}”",
)
SEND = Sentence(
    "send a message to {model} in “{title}”, for at most {price}",
    "is sending a message to {model} in “{title}”",
    "sent a message to {model} in “{title}”",
    "could not send a message to {model} in “{title}”",
)
ADD = Sentence(
    "add a message to “{title}”",
    "is adding a message to “{title}”",
    "added a message to “{title}”",
    "could not add a message to “{title}”",
)
COMPLETE = Sentence(
    "ask {model} a question, for at most {price}",
    "is asking {model} a question",
    "asked {model} a question",
    "could not ask {model} a question",
)
SYNC = Sentence(
    "copy {count} to OpenAI",
    "is copying {count} to OpenAI",
    "copied {count} to OpenAI",
    "could not copy {count} to OpenAI",
)
CREATE_PROJECT = Sentence(
    "create the project “{name}”",
    "is creating the project “{name}”",
    "created the project “{name}”",
    "could not create the project “{name}”",
)

UNTITLED = "Untitled"
EARLIER, INSTRUCTIONS = "Sent with it", "Instructions of the project"
IMPORTED_TOO, SYSTEM_TOO = "imported ones among them", "{count:,} with instructions to the model (role system)"


def describe_earlier(count: int, system: int, *, imported: bool) -> str:
    """Describe the earlier messages that are sent along."""
    parts = [f"{count:,} earlier {'message' if count == 1 else 'messages'}"]
    parts += [IMPORTED_TOO] if imported else []
    parts += [SYSTEM_TOO.format(count=system)] if system else []
    return ", ".join(parts)


def wording(title: str, description: str, *sentences: Sentence) -> Wording:
    """Make a wording."""
    return Wording(title, description, sentences)


SHOW_STATUS = wording(
    "Check OpenAI",
    "Shows whether OpenAI can be used.",
    Sentence("check OpenAI", "is checking OpenAI", "checked OpenAI", "could not check OpenAI"),
)
CREATE_CHAT = wording(
    "Start conversations",
    "Starts a conversation with an OpenAI model, at your cost.",
    Sentence("start a conversation", "is starting a conversation", "started a conversation", "could not start a conversation"),
)
SEND_MESSAGE = wording(
    "Send messages to OpenAI models",
    "Sends a message in a conversation to an OpenAI model, at your cost.",
    Sentence(
        "send a message to an OpenAI model",
        "is sending a message to an OpenAI model",
        "sent a message to an OpenAI model",
        "could not send a message to an OpenAI model",
    ),
)
COMPLETE_CHAT = wording(
    "Ask OpenAI models",
    "Asks an OpenAI model a question, at your cost.",
    Sentence("ask an OpenAI model", "is asking an OpenAI model", "asked an OpenAI model", "could not ask an OpenAI model"),
)
SYNC_CHATS = wording(
    "Copy conversations to OpenAI",
    "Creates a conversation at OpenAI for each one that has none there.",
    Sentence(
        "copy conversations to OpenAI",
        "is copying conversations to OpenAI",
        "copied conversations to OpenAI",
        "could not copy conversations to OpenAI",
    ),
)
READ_SYNC = wording(
    "Check a copy to OpenAI",
    "Shows how far copying conversations to OpenAI is.",
    Sentence(
        "check a copy to OpenAI", "is checking a copy to OpenAI", "checked a copy to OpenAI", "could not check a copy to OpenAI"
    ),
)
CANCEL_SYNC = wording(
    "Cancel a copy to OpenAI",
    "Ends copying conversations to OpenAI.",
    Sentence(
        "cancel a copy to OpenAI",
        "is cancelling a copy to OpenAI",
        "cancelled a copy to OpenAI",
        "could not cancel a copy to OpenAI",
    ),
)
LIST_PROJECTS = wording(
    "List projects",
    "Lists the projects of conversations.",
    Sentence("list projects", "is listing projects", "listed projects", "could not list projects"),
)
CREATE_PROJECTS = wording(
    "Create projects",
    "Creates a project for conversations.",
    Sentence("create a project", "is creating a project", "created a project", "could not create a project"),
)
STORE_CHAT = wording(
    "Add conversations and messages",
    "Adds a conversation or a message to those on this computer.",
    Sentence(
        "add a conversation or a message",
        "is adding a conversation or a message",
        "added a conversation or a message",
        "could not add a conversation or a message",
    ),
)
