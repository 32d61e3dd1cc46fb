"""Which web pages may call the public surface from a browser: none, until the person lists them."""

from pydantic import BaseModel, Field

SECTION = "origins"


class OriginSettings(BaseModel):
    """Foreign origins, exactly as a browser sends them, such as https://notes.example.org."""

    allowed: list[str] = Field(default_factory=list, description="Web pages that may call from a browser.")
