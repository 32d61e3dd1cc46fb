"""Texts about the operations of /v1, for the person."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording

ASK = Sentence(
    "ask {model} at OpenAI", "is asking {model} at OpenAI", "asked {model} at OpenAI", "could not ask {model} at OpenAI"
)
TALK = Wording(
    "Use OpenAI through Deskhand",
    "Lets a program that speaks OpenAI's API use it with your key, at your cost. Its conversations are stored here. "
    "Each call is refused until you allow it, as such programs cannot be told that you are asked.",
    (ASK.fill(model="a model"),),
)
LOOK = Wording(
    "See the models of OpenAI",
    "Lists the models that your key may use.",
    (
        Sentence(
            "list models of OpenAI", "is listing models of OpenAI", "listed models of OpenAI", "could not list models of OpenAI"
        ),
    ),
)
READ = Wording(
    "Read an answer of OpenAI again",
    "Reads an answer that OpenAI has stored.",
    (
        Sentence(
            "read an answer of OpenAI again",
            "is reading an answer of OpenAI again",
            "read an answer of OpenAI again",
            "could not read an answer of OpenAI again",
        ),
    ),
)
