"""Types of fields whose null stays in the documents, which leave other nulls out."""

from datetime import datetime
from typing import Annotated

from pydantic import WithJsonSchema

NullableText = Annotated[str | None, WithJsonSchema({"type": ["string", "null"]})]
NullableNumber = Annotated[int | None, WithJsonSchema({"type": ["integer", "null"]})]
NullableTime = Annotated[datetime | None, WithJsonSchema({"type": ["string", "null"], "format": "date-time"})]
