"""The queue's health in sentences."""

from collections.abc import Sequence

from server.integrations.queue.extension.registry import PairedExtension
from server.integrations.queue.local_models import QueueOverview

PAGES = {
    "signed_out": "{name} is signed out of ChatGPT. Sign in there, in the browser.",
    "challenge": "ChatGPT asks in {name} whether you are human. Answer it in the browser.",
    "two_answers": "ChatGPT shows two answers in {name}. Choose one in the browser.",
    "continue_generating": "ChatGPT stopped in the middle of an answer in {name}. Choose Continue generating in the browser.",
    "unknown_layout": "ChatGPT's page has changed, so {name} sends nothing. Update Deskhand and its extension.",
}


def describe_problem(extensions: Sequence[PairedExtension]) -> str | None:
    """Describe what keeps the connected browsers from sending; None if one of them can, or none is connected."""
    connected = [extension for extension in extensions if extension.connected]
    states = [extension.page.state if extension.page else "" for extension in connected]
    if not connected or any(state not in PAGES for state in states):
        return None
    return PAGES[states[0]].format(name=connected[0].name)


def describe_work(overview: QueueOverview) -> str:
    """Describe the work of the queue in a few words."""
    counts = ((overview.uncertain, "to check"), (overview.running, "running"), (overview.waiting, "waiting"))
    parts = [f"{count} {word}" for count, word in counts if count]
    return ", ".join((["paused"] if overview.paused else []) + parts) or f"{overview.done_today} done today"
