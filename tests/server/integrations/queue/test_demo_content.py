"""Prompts of the demo."""

from server.integrations.queue.demo_content import CHATS, PROMPTS


def test_every_prompt_has_a_reply_or_an_outcome_and_an_existing_chat_or_none():
    assert [prompt.message for prompt in PROMPTS if not (prompt.reply or prompt.outcome)] == []
    assert {prompt.chat for prompt in PROMPTS} - {""} <= set(CHATS)
    assert len({prompt.message for prompt in PROMPTS}) == len(PROMPTS)
