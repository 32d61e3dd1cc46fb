"""Models of OMI's local routes."""

from pydantic import BaseModel, Field

from server.integrations.omi.models import Kind, SourceState


class OmiAddresses(BaseModel):
    """Addresses to paste into the OMI app; null until they were made."""

    memory: str | None = Field(None, description="For Memory Creation Webhook.")
    transcript: str | None = Field(None, description="For Real-Time Transcript Webhook.")
    day_summary: str | None = Field(None, description="For Day Summary Webhook.")
    audio: str | None = Field(None, description="For Audio Bytes Webhook.")
    button: str | None = Field(None, description="For button events.")


class SigningView(BaseModel):
    """State of the signing secret."""

    is_set: bool = Field(description="Whether each delivery has to be signed.")
    previous_until: str | None = Field(description="Until when the previous secret counts too, ISO 8601 in UTC.")


class LastArrival(BaseModel):
    """The last delivery of one kind from one uid."""

    kind: Kind = Field(description="The kind of delivery.")
    at: str = Field(description="When, ISO 8601 in UTC.")
    uid: str = Field(description="From whom.")
    title: str | None = Field(description="What it was called, where it had a name.")


class Counts(BaseModel):
    """Numbers of stored items."""

    conversations: int = Field(description="Conversations that clients can read.")
    action_items: int = Field(description="Things to do that are not done.")
    day_summaries: int = Field(description="Days that have a summary.")
    sound_bytes: int = Field(description="Sound, in bytes.")
    waiting: int = Field(description="Accounts that need the person's approval.")
    aside: int = Field(description="Deliveries without content.")


class SourceView(BaseModel):
    """A uid that has sent something."""

    uid: str = Field(description="The OMI account, as OMI names it.")
    state: SourceState = Field(description="What the person has said about it.")
    question: str = Field(description="The id of the question about it, for approving and denying.")
    first_at: str = Field(description="When it was heard of first, ISO 8601 in UTC.")
    last_at: str = Field(description="When it was heard of last, ISO 8601 in UTC.")
    kept_aside: int = Field(description="Deliveries that wait with it.")
    dropped: int = Field(description="Deliveries that were dropped because it was denied.")
    conversations: int = Field(description="Conversations that came from it.")


class OmiView(BaseModel):
    """OMI as a whole."""

    addresses: OmiAddresses = Field(description="What to paste into the OMI app.")
    here_only: bool = Field(description="Whether only programs on this computer reach these addresses.")
    secret: SigningView = Field(description="How deliveries are proved.")
    last: list[LastArrival] = Field(description="What came last, the newest first.")
    counts: Counts = Field(description="How much there is.")
    sources: list[SourceView] = Field(description="Who has sent something, those that wait first.")


class SecretOrder(BaseModel):
    """The signing secret that the OMI app shows."""

    secret: str | None = Field(
        description="What deliveries are signed with; null: they need not be signed.", min_length=8, max_length=500, repr=False
    )


class LiveSegment(BaseModel):
    """A segment of a transcript."""

    id: str = Field(description="Its id.")
    speaker: str = Field(description="Who spoke.")
    is_user: bool = Field(description="Whether it was the person.")
    text: str = Field(description="The words.")
    start: float = Field(description="When, in seconds since the talk began.")
    end: float = Field(description="Until when.")


class LiveView(BaseModel):
    """The latest stretch of talk."""

    session: str | None = Field(description="Which one; null where there was none.")
    at: str | None = Field(description="When the latest words came in, ISO 8601 in UTC.")
    segments: list[LiveSegment] = Field(description="Its latest words, in their order.")


class TodoView(BaseModel):
    """Something to do that came up."""

    id: str = Field(description="Its id.")
    description: str = Field(description="What is to be done.")
    completed: bool = Field(description="Whether it is done.")


class ConversationView(BaseModel):
    """A conversation as the person reads it."""

    id: str = Field(description="Its id.")
    uid: str = Field(description="The OMI account that it came from.")
    title: str = Field(description="What OMI called it.")
    emoji: str = Field(description="A picture for it.")
    category: str = Field(description="Its kind, such as work, family or health.")
    overview: str = Field(description="Its summary.")
    created_at: str = Field(description="When it was, ISO 8601 in UTC.")
    started_at: str | None = Field(description="When it began, ISO 8601 in UTC.")
    finished_at: str | None = Field(description="When it ended, ISO 8601 in UTC.")
    todos: list[TodoView] = Field(description="What is to be done after it.")
    segments: list[LiveSegment] = Field(description="The transcript in its order; only the beginning if it is very long.")
    text: str = Field(description="Its text, where it was not heard but brought in from elsewhere.")
