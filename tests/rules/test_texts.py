"""Texts for people live in catalogues, and are free of the phrases that read like a translation."""

import ast
import re
from pathlib import Path

from tests.conftest import ROOT
from tests.rules.sources import name_of

SOURCES = ROOT / "ui" / "src"
COMPONENTS = sorted(SOURCES.rglob("*.svelte"))
WINDOW = [path for path in sorted(SOURCES.rglob("*")) if path.suffix in {".svelte", ".ts"}]
DOCUMENTS = [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "decisions")]
PROGRAM = [
    path
    for folder in ("server", "desktop")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {"fake", "migrations", "archive_migrations", "demo"} & set(path.parts)
]
ATTRIBUTES = ("title", "label", "text", "hint", "placeholder", "aria-label", "lead", "action", "what", "example", "alt")
SAMPLES = {
    "Deskhand",
    "https://notes.example.org",
    "https://notes.example.org/callback",
    "https://calendar.example.com",
    "~/Documents/**/*.txt",
    "something.ngrok-free.app",
    "…apps.googleusercontent.com",
    "client_secret_….json",
    "GOCSPX-…",
    "whsec_…",
}  # the same in every language
FORMER = (
    "As the system",
    "To the page",
    "What it works with",
    "Just now<",
    "stands here",
    "It stands here",
    "Nobody may call",
    "Put this notice away",
    "for this computer only",
    "reach it at",
    "Nothing that changes something",
    "waits for you",
    "wait for you",
    "Look and answer",
    "Nothing of this happens",
    "Allow more",
    "Say why not",
    "Without a reason",
    "The four digits",
    "Accept it",
    "Enter does not allow",
    "This waits no longer",
    "Nobody answered in time",
    "Decided lately",
    "Everything that happened",
    "Really reaches",
    "It goes on:",
    "You take that back",
    "that changed something",
    "Every client",
    "Every part",
    "Any outcome",
    "No call is like that",
    "Nobody knows",
    "nothing was done again",
    "What it was to do",
    "What was asked",
    "What was answered",
    "Never called",
    "What it may do",
    "What it did last",
    "open nothing any more",
    "Everything off",
    "Do you not have it any more",
    "keeps only its fingerprint",
    "How it shows who it is",
    "You find it again",
    "It holds from",
    "Where it may be answered",
    "Who is signed in",
    "may register themselves",
    "What is to work with",
    "It takes a plan",
    "ticks itself off",
    "something that only looks",
    "Replace its key",
    "Its key and",
    "Its schema",
    "Its instructions",
    "Its privacy policy",
    "Its authentication",
    "may introduce itself",
    "wait for my word",
    "Keep it<",
    "authtoken is kept",
    "where none is named",
    "a call names no account",
    "Needs you<",
    "what lies in PATH",
    "Write on to see",
    "With commas between",
    "runs of it runs on",
    "Put the last good list back",
    "What your wearable heard",
    "Being said now",
    "It arrives",
    "OMI thinks about it",
    "Whose it is",
    "That a call was made",
    "What Deskhand keeps",
    "Files of mails",
    "Back to defaults",
    "The first steps",
    "Nobody reaches this computer",
    "To the overview",
    "Look around first",
    "Not now<",
    "put off",
    "Nothing is open until",
    "Whoever calls",
    "The address is new",
    "made-up accounts",
    "Deskhand goes on",
    "Deskhand is ending",
    "Look at everything once",
    "everything one pastes",
    "waits for your word",
    "Say which this is",
    "A proxy of your own",
    "Ask nothing",
    "May it ",
    "stands below",
    "words stand",
    "last heard of",
    "OMI sent no words",
    "One a line",
    "A line each",
    "What it was about",
    "What was said",
    "What starts",
    "While it runs",
    "How it signs in",
    "How often it may",
    "Make client",
    "Make a key",
    "Make another key",
    "Let it sign in",
    "Let it in",
    "is let in",
    "not let in",
    "may be answered",
    "Answered at",
    "Callback address",
    "goes on by itself",
    "Nobody is signed in",
    "made-up",
    "kept aside",
    "is kept. Now",
    "Secrets lie",
    "so secrets lie",
    "so new secrets lie",
    "Room for",
    "wait for your word",
    "chance to say goodbye",
    "makes no sense",
    "Everything that can be called",
    "Take unsigned",
    "Forget everything",
    "the diary",
    "What ends it",
    "A page in between",
    "Your word",
    "At home",
    "it serves all the same",
    "lacks the scope …` | the client may not see this",
)


def find_strings(path: Path) -> str:
    """Texts of a Python file: its strings without the docstrings, a line each."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in nodes if isinstance(node, documented) and ast.get_docstring(node)}
    strings = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "\n".join(string.value for string in strings if id(string) not in docstrings)


def find_literals(source: str) -> list[str]:
    """Texts in the markup of a component: those outside of {expressions}, in text nodes and in attributes that people read."""
    markup = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", source, flags=re.DOTALL)
    depth, outside = 0, []
    for character in markup:
        depth += (character == "{") - (character == "}")
        outside.append(character if not depth and character != "}" else "\0")
    plain = re.sub("\0+", " ", "".join(outside))
    attributes = re.findall(rf"\b(?:{'|'.join(ATTRIBUTES)})=\"([^\"]*)\"", plain)
    nodes = re.sub(r"\s+", " ", re.sub(r"<[^<>]*>", "\n", plain)).split("\n") + attributes
    return [text.strip() for text in nodes if re.search(r"[A-Za-z]{2}", text) and text.strip() not in SAMPLES]


def find_former(text: str) -> list[str]:
    flat = re.sub(r"\s+", " ", text)
    return [phrase for phrase in FORMER if phrase in flat]


def test_text_of_window_and_documents_has_no_former_phrase():
    texts = {path: path.read_text(encoding="utf-8") for path in (*WINDOW, *DOCUMENTS)}
    assert [f"{name_of(path)}: {phrase}" for path, text in texts.items() for phrase in find_former(text)] == []


def test_text_of_the_program_has_no_former_phrase():
    assert [f"{name_of(path)}: {phrase}" for path in PROGRAM for phrase in find_former(find_strings(path))] == []


def test_text_of_a_component_is_in_a_catalogue():
    texts = {path: path.read_text(encoding="utf-8") for path in COMPONENTS}
    assert [f"{name_of(path)}: {literal}" for path, text in texts.items() for literal in find_literals(text)] == []


def test_every_page_has_a_catalogue():
    pages = {path.stem.lower() for path in (SOURCES / "pages").glob("*.svelte")} - {"integration"}  # a section of the settings
    assert pages <= {path.stem for path in (SOURCES / "texts").glob("*.ts")}
