"""Hosts from which files are downloaded without approval."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

SECTION = "downloads"  # of the settings
HostPattern = Annotated[str, StringConstraints(pattern=r"^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=253)]


class DownloadSettings(BaseModel):
    """Downloads from addresses that callers choose."""

    trusted_hosts: list[HostPattern] = Field(
        ["*.oaiusercontent.com"],
        description="Hosts from which files are downloaded without approval. OpenAI's links expire after five minutes, "
        "and nobody else can read what is in them.",
    )


def fits(host: str, pattern: str) -> bool:
    """Return whether a host is the one of a pattern, or below that of a pattern such as *.example.com."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
