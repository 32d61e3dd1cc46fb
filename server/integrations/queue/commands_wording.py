"""The queue as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from server.core.invisible import show_line
from server.sdk.cli import say_time

EXCERPT = 60
STATES = {
    "idle": "waiting",
    "leased": "waiting",
    "executing": "running",
    "uncertain": "uncertain",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
PAST_STATES = {**STATES, "leased": "given to the browser"}  # beside "waiting" it would be the same word twice


def describe_prompt(prompt: Mapping[str, Any]) -> str:
    """Describe a prompt on one line."""
    state = "dead" if prompt["dead"] else STATES[prompt["state"]]
    message = show_line(prompt["message"])
    excerpt = message if len(message) <= EXCERPT else f"{message[: EXCERPT - 1]}…"
    return f"{prompt['number']:>6}  {state:<9}  {say_time(prompt['queued_at'])}  {prompt['client']:<16}  {excerpt}"


def describe_overview(overview: Mapping[str, Any]) -> Iterator[str]:
    """Describe the queue and what blocks it."""
    most = overview["cap"]["most"]
    counts = ("waiting", "running", "uncertain", "done_today", "failed_today", "dead")
    yield ", ".join(f"{overview[name]} {name.replace('_', ' ')}" for name in counts)
    yield f"Sent today: {overview['cap']['used']}{'' if most is None else f' of {most}'}"
    yield f"Browsers: {overview['browsers']} of {overview['paired']} connected"
    if overview["paused"]:
        yield "The queue is paused."
    if overview["draining"]:
        yield "New prompts are refused."
    if overview["limit_until"]:
        yield f"ChatGPT's limit is reached until {say_time(overview['limit_until'])}."
    if overview["approval_needed"]:
        yield f"Waiting for your approval: {', '.join(client['name'] for client in overview['approval_needed'])}"
    if overview["problem"]:
        yield overview["problem"]


def describe_details(prompt: Mapping[str, Any]) -> Iterator[str]:
    """Describe a prompt with its answers and its history."""
    yield f"Prompt {prompt['number']} of {prompt['client']}: {'dead letter' if prompt['dead'] else STATES[prompt['state']]}"
    yield f"Id: {prompt['id']}"
    yield f"Chat: {prompt['chat_title'] or prompt['chat']}{f', {url}' if (url := prompt['chat_url']) else ''}"
    if prompt["position"]:
        yield f"Position: {prompt['position']}"
    yield from (f"File: {show_line(name)}" for name in prompt["attachments"])
    if prompt["error"]:
        yield f"Error: {prompt['error']}"
    yield from ("", *prompt["text"].split("\n"))
    if prompt["partial"] and not prompt["answers"]:
        yield from ("", "Answer so far:", *prompt["partial"].split("\n"))
    for answer in prompt["answers"]:
        where = "OpenAI API" if answer["lane"] == "api" else "ChatGPT"
        yield from ("", f"Answer of {' '.join(filter(None, (where, answer['model'])))}, {say_time(answer['created_at'])}:")
        yield from (f"Note: {note}" for note in answer["notes"])
        yield from answer["text"].split("\n")
    yield ""
    for entry in prompt["history"]:
        reason = f": {entry['reason']}" if entry["reason"] else ""
        yield f"{say_time(entry['at'])}  {PAST_STATES[entry['state']]}{reason}"
