"""Usage and cost of OpenAI's models as the person sees them."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, Field

from server.integrations.conversations.openai_account.money import format_units


class UsageSum(BaseModel):
    """Usage and its cost."""

    input_tokens: int = Field(description="Tokens that were sent.")
    output_tokens: int = Field(description="Tokens that came back.")
    cost: str | None = Field(description="US dollars, as far as prices are known; null: unknown.")
    calls: int = Field(description="Requests.")
    unknown_calls: int = Field(description="Those whose cost is not known, and not in the sum.")


class ProjectUsage(UsageSum):
    """Usage of a project."""

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")


class MonthUsage(UsageSum):
    """Usage of a month."""

    month: str = Field(description="The month in UTC, YYYY-MM.")
    projects: list[ProjectUsage] = Field(description="The same for each project.")


class UsageReport(BaseModel):
    """Usage by month."""

    months: list[MonthUsage] = Field(description="The newest first.")


class CallUsage(BaseModel):
    """Usage of one request."""

    at: str = Field(description="When it was made, ISO 8601 in UTC.")
    project: str = Field(description="The id of its project.")
    client: str = Field(description="The id of the client; empty: the person.")
    model: str = Field(description="The model.")
    input_tokens: int = Field(description="Tokens that were sent.")
    cached_tokens: int = Field(description="Those of them that OpenAI had in its cache.")
    output_tokens: int = Field(description="Tokens that came back, thoughts included.")
    cost: str | None = Field(description="US dollars; null: unknown.")


class CallList(BaseModel):
    """The requests of a month."""

    calls: list[CallUsage] = Field(description="The newest first.")


def view_usage(rows: Iterable[dict[str, Any]]) -> UsageReport:
    """View sums of months and projects."""
    months: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        months.setdefault(row["month"], []).append(row)
    return UsageReport(
        months=[
            MonthUsage(
                month=month,
                **add_up(of_month),
                projects=[
                    ProjectUsage(id=row["project"], name=row["name"] or row["project"], **add_up([row])) for row in of_month
                ],
            )
            for month, of_month in months.items()
        ]
    )


def add_up(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up rows. A cost is unknown if no part of it is known."""
    names = ("input_tokens", "output_tokens", "calls", "unknown_calls")
    sums: dict[str, Any] = {name: sum(row[name] for row in rows) for name in names}
    costs = [row["cost"] for row in rows if row["cost"] is not None]
    return {**sums, "cost": format_units(sum(costs)) if costs else None}


def view_call(row: dict[str, Any]) -> CallUsage:
    """View a request."""
    return CallUsage.model_validate({**row, "cost": None if row["cost"] is None else format_units(row["cost"])})
