"""OMI's settings, and the models of what clients send and receive."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from server.sdk.webhook_auth import WebhookSettings

UID_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"
DEFAULT_UID = "default_user"  # where a delivery names none


class Kind(StrEnum):
    """Kind of delivery."""

    memory = "memory"  #: a conversation that has ended, or a change of one
    transcript = "transcript"  #: what is being said now
    day_summary = "day_summary"  #: what a day was about
    audio = "audio"  #: sound
    button = "button"  #: a press of the wearable's button


class SourceState(StrEnum):
    """The person's decision about a uid."""

    waiting = "waiting"  #: nothing yet; what it sends is kept aside
    accepted = "accepted"  #: it is theirs; clients read it
    denied = "denied"  #: it is not; what it sends is dropped


class OmiSettings(WebhookSettings):
    """Retention of what OMI sends. A change counts within the hour."""

    keep_days: int = Field(
        0,
        ge=0,
        le=36_500,
        title="Keep OMI data for",
        description="Conversations, transcripts, summaries and audio are deleted after this time. 0 = keep them.",
        json_schema_extra={"unit": "days"},
    )
    sound_megabytes: int = Field(
        1_000,
        ge=0,
        le=1_000_000,
        title="Audio storage limit",
        description="The oldest audio is deleted first. 0 = don't keep audio.",
        json_schema_extra={"unit": "MB"},
    )
    client_megabytes: int = Field(
        50,
        ge=0,
        le=100_000,
        title="Storage limit per client",
        description="Total size of the conversations that a client adds.",
        json_schema_extra={"unit": "MB"},
    )
    delivery_days: float = Field(7, description="How long a delivery is remembered, to know it again.")
    sweep_minutes: float = Field(60, description="Between two looks at what is to be removed.")
    waiting_uids: int = Field(20, description="How many uids may be pending.")
    waiting_uids_of_clients: int = Field(3, description="How many more uids may wait that clients have named.")
    waiting_deliveries: int = Field(200, description="How many deliveries of one pending uid are stored.")
    waiting_bytes: int = Field(5_000_000, description="How many bytes of one pending uid are stored.")


class ConversationLine(BaseModel):
    """A conversation in a list."""

    id: str = Field(description="Its id, for read_conversation.")
    title: str = Field(description="What OMI called it.")
    created_at: str = Field(description="When it was, ISO 8601 in UTC.")
    category: str = Field(description="Its kind, such as work, family or health.")
    overview: str = Field(description="Its summary, shortened if it is long.")
    problem: str | None = Field(None, description="Why it could not be read; left out when all is well.")


class ConversationList(BaseModel):
    """Conversations, the newest first."""

    conversations: list[ConversationLine] = Field(description="Those that fit what was asked.")
    time_zone: str = Field("", description="The person's time zone, in which their days begin and end.")
    next_offset: int | None = Field(None, description="The offset of the next page; left out on the last one.")


class Structured(BaseModel):
    """OMI's summary of a conversation."""

    title: str = Field(description="What OMI called it.")
    overview: str = Field(description="Its summary.")
    emoji: str = Field(description="A picture for it.")
    category: str = Field(description="Its kind, such as work, family or health.")


class WholeConversation(BaseModel):
    """A conversation with all that was said."""

    id: str = Field(description="Its id.")
    created_at: str = Field(description="When it was, ISO 8601 in UTC.")
    started_at: str | None = Field(description="When it began, ISO 8601 in UTC; null where OMI did not say.")
    finished_at: str | None = Field(description="When it ended, ISO 8601 in UTC; null where OMI did not say.")
    transcript: str = Field(
        description="The transcript: time, speaker and words, in blocks separated by an empty line. User: the person."
    )
    structured: Structured = Field(description="What OMI made of it.")
    truncated: bool = Field(False, description="Whether the transcript goes on beyond this answer.")
    next_offset: int | None = Field(None, description="Where it goes on: the offset for the next call; null at its end.")
    problem: str | None = Field(None, description="Why it could not be read; null when all is well.")


class ActionItem(BaseModel):
    """Something to do that came up in a conversation."""

    id: str = Field(description="Its id, for mark_action_item.")
    description: str = Field(description="What is to be done.")
    completed: bool = Field(description="Whether it is done.")
    due_at: str | None = Field(None, description="Until when, ISO 8601 in UTC; left out where nobody said.")
    conversation_id: str = Field(description="The conversation that it came up in.")
    created_at: str = Field(description="When it came up, ISO 8601 in UTC.")
    problem: str | None = Field(None, description="Why it could not be read; left out when all is well.")


class ActionItemList(BaseModel):
    """Things to do, the newest first."""

    action_items: list[ActionItem] = Field(description="Those that fit what was asked.")
    next_offset: int | None = Field(None, description="The offset of the next page; left out on the last one.")


class Mark(BaseModel):
    """A mark of an action item."""

    model_config = ConfigDict(extra="forbid")

    completed: bool = Field(True, description="True: it is done. False: it is still to be done.")


class DaySummary(BaseModel):
    """Summary of a day."""

    id: str = Field(description="Its id.")
    date: str = Field(description="The day, as YYYY-MM-DD.")
    headline: str = Field(description="The day in a line.")
    overview: str = Field(description="The day in some sentences.")
    highlights: list[str] = Field(description="What stood out.")
    action_items: list[str] = Field(description="What is to be done.")
    unresolved_questions: list[str] = Field(description="What stayed open.")
    decisions_made: list[str] = Field(description="What was decided.")
    knowledge_nuggets: list[str] = Field(description="What was learned.")
    problem: str | None = Field(None, description="Why it could not be read; left out when all is well.")


class DaySummaryList(BaseModel):
    """Days, the newest first."""

    day_summaries: list[DaySummary] = Field(description="Those that fit what was asked.")
    next_offset: int | None = Field(None, description="The offset of the next page; left out on the last one.")


class LiveTranscript(BaseModel):
    """The latest words of a session."""

    session_id: str = Field(description="Which stretch of talk; empty where there was none.")
    updated_at: str = Field(description="When the latest words came in, ISO 8601 in UTC; empty where there were none.")
    transcript: str = Field(
        description="The latest words: time, speaker and words, blocks apart by an empty line. User: the person."
    )


class MemoryReceipt(BaseModel):
    """A conversation was taken in."""

    message: str = Field(description="That it was kept, in a sentence.")
    status: str | None = Field(None, description="success")


class Done(BaseModel):
    """Result of a change."""

    success: bool = Field(description="Whether it was done.")
    message: str = Field(description="What was done, in a sentence.")
