"""Models of the tunnel: state, settings and views."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

SECTION = "tunnel"
AUTHTOKEN = "tunnel.authtoken"


class TunnelState(StrEnum):
    """States of the tunnel."""

    off = "off"  #: Deskhand is not reachable from outside
    opening = "opening"  #: it is being opened
    open = "open"  #: it has an address
    reconnecting = "reconnecting"  #: it was open, and is being opened again
    failed = "failed"  #: it could not be opened; `problem` says why
    fixed = "fixed"  #: a proxy of the person's own stands in for it


class TunnelSettings(BaseModel):
    """Settings of the tunnel. The authtoken is stored with the secrets."""

    domain: str | None = Field(None, description="The reserved address, such as desk.ngrok.app; none: whichever is given.")
    agent_path: str | None = Field(None, description="The person's own ngrok program.")
    keep_awake: bool = Field(False, description="Keep the computer awake while the tunnel is on.")
    open_at_start: bool = Field(False, description="Open the tunnel whenever Deskhand starts.")


class TunnelChange(BaseModel):
    """Changes of the settings: a missing field stays as it is, null removes it."""

    authtoken: str | None = Field(None, description="The authtoken of the person's account. It is never shown again.")
    domain: str | None = Field(None, description="The reserved address, such as desk.ngrok.app.")
    agent_path: str | None = Field(None, description="The whole path of the person's own ngrok program.")
    keep_awake: bool | None = Field(None, description="Keep the computer awake while the tunnel is on.")
    open_at_start: bool | None = Field(None, description="Open the tunnel whenever Deskhand starts.")


class AgentView(BaseModel):
    """Program that opens the tunnel."""

    found: bool
    path: str | None = None
    own: bool = Field(False, description="It is the person's own, not one that Deskhand has downloaded.")
    version: str | None = None


class DownloadView(BaseModel):
    """Progress of the agent's download."""

    running: bool
    share: float = Field(0.0, ge=0, le=1)
    problem: str | None = None


class TunnelView(BaseModel):
    """Tunnel as it is now."""

    provider: str
    state: TunnelState
    address: str | None = Field(description="What others use; none while the tunnel is not open.")
    problem: str | None = Field(description="What is wrong, in a sentence.")
    advice: str | None = Field(description="What to do about it, or what to know.")
    reserved: bool = Field(description="The address stays the same.")
    domain: str | None
    has_authtoken: bool
    agent: AgentView
    download: DownloadView | None
    opened_at: datetime | None
    address_changed_at: datetime | None = Field(description="When the address became another one than before, since the start.")
    requests_this_month: int = Field(description="Requests that came through the tunnel this month, in UTC.")
    requests_limit: int | None = Field(description="How many a month the free plan allows; null where that does not apply.")
    open_at_start: bool
    keep_awake: bool
