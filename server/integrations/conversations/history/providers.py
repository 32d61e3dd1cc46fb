"""Exports of other programs, recognized by their form, so that they are refused by name."""

from collections.abc import Mapping
from typing import Any

OTHER = "This is an export of {provider}. Deskhand imports exports of ChatGPT only."
UNKNOWN = "another program"


def recognize(entry: Any) -> str:
    """Return the name of the program that wrote an entry; empty if it may be ChatGPT's."""
    if not isinstance(entry, dict) or (isinstance(entry.get("mapping"), dict) and "inserted_at" not in entry):
        return ""
    return next((name for name, check in CHECKS.items() if check(entry)), "")


def is_claude(entry: Mapping[str, Any]) -> bool:
    return "chat_messages" in entry


def is_open_webui(entry: Mapping[str, Any]) -> bool:
    chat = entry.get("chat")
    return isinstance(chat, dict) and ("history" in chat or "messages" in chat)


def is_librechat(entry: Mapping[str, Any]) -> bool:
    return "conversationId" in entry and ("messages" in entry or "endpoint" in entry or "messagesTree" in entry)


def is_gemini(entry: Mapping[str, Any]) -> bool:
    return "Gemini" in str(entry.get("header")) or "Bard" in str(entry.get("header")) or "chunkedPrompt" in entry


def is_grok(entry: Mapping[str, Any]) -> bool:
    return "responses" in entry and isinstance(entry.get("conversation"), dict)


def is_deepseek(entry: Mapping[str, Any]) -> bool:
    return "mapping" in entry and "inserted_at" in entry


def is_mistral(entry: Mapping[str, Any]) -> bool:
    return "chatId" in entry and "role" in entry


def is_copilot(entry: Mapping[str, Any]) -> bool:
    return "requesterUsername" in entry or "responderUsername" in entry


def is_typing_mind(entry: Mapping[str, Any]) -> bool:
    return "chatID" in entry and "messages" in entry


def is_other(entry: Mapping[str, Any]) -> bool:
    messages = entry.get("messages")
    return isinstance(messages, list) and any(isinstance(message, dict) and "role" in message for message in messages)


CHECKS = {
    "Claude": is_claude,
    "Open WebUI": is_open_webui,
    "LibreChat": is_librechat,
    "Gemini": is_gemini,
    "Grok": is_grok,
    "DeepSeek": is_deepseek,
    "Le Chat": is_mistral,
    "GitHub Copilot": is_copilot,
    "TypingMind": is_typing_mind,
    UNKNOWN: is_other,
}
