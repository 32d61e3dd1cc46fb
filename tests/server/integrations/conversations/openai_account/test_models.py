"""Models of OpenAI."""

from datetime import date

from server.integrations.conversations.adapter.protocol import Model
from server.integrations.conversations.openai_account.models import (
    describe_missing,
    is_for_chat,
    list_current,
    pick_default,
    warn,
)

TODAY = date(2026, 11, 20)
NAMES = ["gpt-4o", "gpt-6-luna-mini", "o3", "gpt-5.6-sol", "gpt-6-luna-2026-09-01", "gpt-6-luna", "chatgpt-4o-latest"]
MODELS = [*(Model(id=name) for name in NAMES), Model(id="gpt-7", shutdown_date="2026-12-11"), Model(id="gpt-9-audio")]


def test_models_that_write_no_text_are_left_out():
    silent = ["text-embedding-3-small", "whisper-1", "gpt-image-2", "gpt-realtime", "tts-1", "omni-moderation-latest", "dall-e-3"]
    assert [name for name in (*NAMES, *silent) if is_for_chat(Model(id=name))] == NAMES


def test_default_is_the_newest_general_model_that_stays():
    assert pick_default(MODELS, TODAY) == "gpt-6-luna"
    assert [model.id for model in list_current(MODELS, TODAY)][:4] == [
        "gpt-6-luna",
        "gpt-6-luna-2026-09-01",
        "gpt-6-luna-mini",
        "gpt-5.6-sol",
    ]
    assert pick_default([MODELS[-2]], TODAY) == "gpt-7"
    assert pick_default([], TODAY) == ""


def test_shutdown_is_warned_of():
    assert warn(Model(id="x", shutdown_date="2026-12-11"), TODAY) == "Will be shut down on 2026-12-11."
    assert warn(Model(id="x", shutdown_date="2026-11-20"), TODAY) == "Shut down on 2026-11-20."
    assert warn(Model(id="x", shutdown_date="soon"), TODAY) is None


def test_missing_model_is_named_without_its_hidden_characters():
    detail = describe_missing("gpt-4\x1b[2J" + "x" * 500, MODELS, TODAY).detail
    assert "\x1b" not in detail
    assert len(detail) < 400
