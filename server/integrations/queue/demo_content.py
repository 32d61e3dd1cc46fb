"""Prompts of the demo and the answers to them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPrompt:
    """A prompt. `chat`: the title of the earlier chat that it continues; empty for a new one. `outcome`: of the fake page."""

    message: str
    reply: str
    chat: str = ""
    response_type: str = "auto"
    outcome: str = ""


CHATS = ("Garden plan", "Library move")  # that the account has already
PROMPTS = (
    DemoPrompt(
        "Write a packing list for three days of hiking in October.",
        "Pack for **wet and cold** weather.\n\n"
        "- rain jacket and warm layer\n- map, lamp, first-aid kit\n- food for one day more\n"
        "\nKeep the load below a fifth of your weight.",
    ),
    DemoPrompt(
        "Which vegetables can still be sown in September?",
        "Four are worth it:\n\n1. Spinach\n2. Lamb's lettuce\n3. Radishes\n4. Winter purslane\n\n"
        "Sow before the middle of the month, and cover them when nights get cold.",
        chat="Garden plan",
    ),
    DemoPrompt(
        "Explain the birthday paradox in five sentences.",
        "Among 23 people, two share a birthday with a probability of about one half. That seems too few people. "
        "But it is not about one person's birthday: 23 people make 253 pairs. Each pair matches with a probability of 1/365. "
        "So the chance that no pair matches falls to $\\frac{1}{2}$.",
        response_type="thinking",
    ),
    DemoPrompt(
        "Write a function that removes duplicates from a list and keeps the order.",
        "```python\ndef unique(items: list[str]) -> list[str]:\n    return list(dict.fromkeys(items))\n```\n\n"
        "Dictionaries keep the order in which keys were added.",
    ),
    DemoPrompt(
        "Summarize what is left to do before the shelves arrive.",
        "| Task | By |\n| --- | --- |\n| Measure the wall | Monday |\n| Order brackets | Tuesday |\n"
        "| Clear the corridor | Friday |",
        chat="Library move",
    ),
    DemoPrompt("Draft a note to the neighbours about Saturday's move.", "", chat="Library move", outcome="lost_answer"),
    DemoPrompt(
        "Suggest a name for a small book club.",
        "*The Dog-Eared Page*. It is short, friendly, and says what happens to the books.",
        response_type="instant",
    ),
)
