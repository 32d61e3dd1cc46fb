"""Texts about the queue's operations for people. Texts for models are the docstrings in routes.py."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording


def wording(title: str, description: str, *sentences: Sentence) -> Wording:
    """Make a wording."""
    return Wording(title, description, sentences)


REPLAY_SENTENCE = Sentence(
    "ask {target} again{cost}: “{message}”",
    "is asking {target} again{cost}: “{message}”",
    "asked {target} again{cost}: “{message}”",
    "could not ask {target} again: “{message}”",
)

SUBMIT = wording(
    "Put prompts into ChatGPT",
    "Stores a prompt that your browser extension enters into ChatGPT. You are asked once for each client.",
    Sentence(
        "submit a prompt for ChatGPT",
        "is submitting a prompt for ChatGPT",
        "submitted a prompt for ChatGPT",
        "could not submit a prompt for ChatGPT",
    ),
)
READ = wording(
    "Read a prompt",
    "Shows the state of a prompt that it submitted, and the answer.",
    Sentence("read a prompt", "is reading a prompt", "read a prompt", "could not read a prompt"),
)
LIST = wording(
    "List prompts",
    "Shows the prompts that it submitted.",
    Sentence("list its prompts", "is listing its prompts", "listed its prompts", "could not list its prompts"),
)
NEXT = wording(
    "Read the next prompt",
    "Shows which of its prompts is next.",
    Sentence("read its next prompt", "is reading its next prompt", "read its next prompt", "could not read its next prompt"),
)
FOLLOW = wording(
    "Follow a prompt",
    "Shows the progress of a prompt that it submitted.",
    Sentence("follow a prompt", "is following a prompt", "followed a prompt", "could not follow a prompt"),
)
LIST_CHATS = wording(
    "List chats of prompts",
    "Shows the chats of the prompts that it submitted.",
    Sentence("list its chats", "is listing its chats", "listed its chats", "could not list its chats"),
)
READ_CHAT = wording(
    "Read a chat of prompts",
    "Shows the title of a chat.",
    Sentence("look up a chat", "is looking up a chat", "looked up a chat", "could not look up a chat"),
)
EDIT = wording(
    "Edit a prompt",
    "Changes a prompt that it submitted and that still waits.",
    Sentence("edit a prompt", "is editing a prompt", "edited a prompt", "could not edit a prompt"),
)
CANCEL = wording(
    "Cancel a prompt",
    "Ends a prompt that it submitted.",
    Sentence("cancel a prompt", "is cancelling a prompt", "cancelled a prompt", "could not cancel a prompt"),
)
RETRY = wording(
    "Retry a prompt",
    "Puts a prompt that failed back into the queue.",
    Sentence("retry a prompt", "is retrying a prompt", "put a prompt back into the queue", "could not retry a prompt"),
)
REPLAY = wording(
    "Ask again",
    "Sends a prompt another time, to another model or through OpenAI's API at your cost, and keeps both answers.",
    Sentence("send a prompt again", "is sending a prompt again", "sent a prompt again", "could not send a prompt again"),
)
SET_WEBHOOK = wording(
    "Set where results go",
    "Sets the address to which the results of its prompts are sent.",
    Sentence(
        "choose where its results go",
        "is choosing where its results go",
        "chose where its results go",
        "could not choose where its results go",
    ),
)
