"""Usage and cost of OpenAI's models, and budgets that stop a request before they are exceeded.

The most that a request can cost is reserved in a transaction that checks the budgets, and replaced by its real cost afterwards.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from server.core.errors import Forbidden
from server.core.invisible import show_line
from server.integrations.conversations.adapter.prices import TIERS, USUAL_TIER, calculate_cost
from server.integrations.conversations.adapter.protocol import Answer, Usage
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.money import format_dollars, format_units, to_units
from server.integrations.conversations.openai_account.settings import USUAL_OUTPUT, check_budget
from server.integrations.conversations.store import usage as store
from server.integrations.conversations.store.usage import Balance
from server.sdk.context import Context

REACHED = (
    "The budget of {budget} for {what} would be exceeded: {spent} is spent, {reserved} reserved, and this may cost {cost}. "
    "Raise it in Deskhand's window, under Conversations."
)
UNPRICED = "The price of “{model}” is not known, so it cannot be used within a budget. Choose another model or remove the budget."
NO_TIER = (
    "The price of the service tier “{tier}” is not known, so it cannot be used within a budget. "
    "Leave it out, choose another one or remove the budget."
)


@dataclass(frozen=True)
class Reservation:
    """The most that a request may cost, in units of `money`; None: unknown.

    `max_output_tokens`: the limit that the request has to carry; None: any. `tier`: the service tier that it has to ask for.
    """

    number: int
    model: str
    amount: int | None
    max_output_tokens: int | None = None
    is_free: bool = False
    tier: str = ""


class Spending:
    """Reservations, usage and budgets."""

    def __init__(self, context: Context, openai: OpenAIConnection) -> None:
        self._context, self._openai = context, openai
        self._database = context.database

    async def open(self) -> None:
        """Count what was reserved when the program ended."""
        if await self._database.write(store.doubt_all):
            await asyncio.to_thread(calculate_cost, "", Usage(), self._now())  # `settle_in` is not to wait for the import

    async def reserve(
        self, model: str, input_tokens: int, max_output: int | None, project: str, client: str = "", *, tier: str = ""
    ) -> Reservation:
        """Reserve the most that a request may cost. Raises Forbidden, with a sentence, if a budget does not allow it."""
        settings, is_free = self._openai.settings, self._openai.is_free
        budgets = {name: settings.project_budgets.get(name) if name else settings.budget for name in ("", project)}
        limits = {name: to_units(Decimal(budget)) for name, budget in budgets.items() if budget is not None}
        if limits and not is_free:
            max_output, tier = max_output or USUAL_OUTPUT, choose_tier(tier)
        amount: int | None = 0
        if not is_free:
            usage = Usage(input_tokens=input_tokens, output_tokens=max_output or 0)
            amount = await self._calculate(model, usage, tier)
            if limits and amount is None:
                raise Forbidden(UNPRICED.format(model=show_line(model[:100])))
            amount = None if max_output is None else amount
        now = self._now()
        values = {"at": now.isoformat(), "month": format_month(now), "project": project, "client": client, "model": model}

        def check_and_add(connection: Any) -> int:
            if limits and amount:
                check(limits, store.read_balances(connection, values["month"]), amount)
            return store.add(connection, {**values, "reserved": amount})

        number = await self._database.write(check_and_add)
        return Reservation(number, model, amount, max_output, is_free, tier)

    async def settle(self, reservation: Reservation, usage: Usage | None, model: str = "", tier: str = "") -> str | None:
        """Put the real usage in place of a reservation; return the cost, None: unknown. `usage`: None if it is not known."""
        if usage is None:
            await self._database.write(store.doubt, reservation.number)
            return "0" if reservation.is_free else None
        cost = await asyncio.to_thread(calculate_real, reservation, model, usage, self._now(), tier)
        await self._database.write(store.settle, reservation.number, usage.model_dump(), cost, model)
        self._context.events.publish("conversations")
        return None if cost is None else format_units(cost)

    def settle_in(
        self, connection: Any, reservation: Reservation | None, answer: Answer, project: str, client: str
    ) -> str | None:
        """Settle with an answer in its transaction; return the cost, None: unknown.

        Without a reservation the answer belongs to a request of an earlier run, whose row is looked for.
        """
        number = reservation.number if reservation else store.find_uncertain(connection, project, client)
        before = reservation or Reservation(0, answer.model, None, is_free=self._openai.is_free)
        is_free, tokens, now = before.is_free, answer.usage, self._now()
        if not (tokens.input_tokens or tokens.output_tokens):
            return self._settle_unknown(connection, number, answer, is_free=is_free)
        cost = calculate_real(before, answer.model, tokens, now, answer.service_tier)
        if number is None:
            values = {"at": now.isoformat(), "month": format_month(now), "project": project, "client": client}
            number = store.add(connection, {**values, "model": answer.model})
        store.settle(connection, number, tokens.model_dump(), cost, answer.model)
        return None if cost is None else format_units(cost)

    async def release(self, reservation: Reservation) -> None:
        """Forget a reservation whose request was not carried out."""
        await self._database.write(store.release, reservation.number)

    async def read_balances(self) -> dict[str, Balance]:
        """Read what was spent this month, by project; the sum is under an empty name."""
        balances = await self._database.read(store.read_balances, format_month(self._now()))
        return {**balances, "": sum(balances.values(), Balance())}

    async def read_months(self) -> list[dict[str, Any]]:
        """Read the sums of each month and project, the newest month first."""
        return await self._database.read(store.read_months)

    async def read_calls(self, month: str, most: int) -> list[dict[str, Any]]:
        """Read the requests of a month, the newest first."""
        return await self._database.read(store.read_calls, month, most)

    async def set_budget(self, amount: str | None, project: str = "") -> None:
        """Set the budget of a month, in all or of a project; None: no limit. Raises ValueError."""
        amount = check_budget(amount)
        if not project:
            await self._openai.store(budget=amount)
            return
        others = {name: budget for name, budget in self._openai.settings.project_budgets.items() if name != project}
        await self._openai.store(project_budgets=others if amount is None else {**others, project: amount})

    def budget_of(self, project: str = "") -> str | None:
        """Return a budget; None: no limit."""
        settings = self._openai.settings
        return settings.project_budgets.get(project) if project else settings.budget

    def _settle_unknown(self, connection: Any, number: int | None, answer: Answer, *, is_free: bool) -> str | None:
        """Settle with an answer that says nothing of its usage: one that failed is not billed."""
        if number is not None:
            settle = store.release if answer.status == "failed" else store.doubt
            settle(connection, number)
        return "0" if is_free or answer.status == "failed" else None

    async def _calculate(self, model: str, usage: Usage, tier: str) -> int | None:
        return await asyncio.to_thread(calculate_units, model, usage, self._now(), tier)

    def _now(self) -> datetime:
        return self._context.clock.now()


def check(limits: dict[str, int], balances: dict[str, Balance], amount: int) -> None:
    """Raises Forbidden if an amount does not fit into the budgets, by project and in all."""
    for project, limit in limits.items():
        balance = balances.get(project, Balance()) if project else sum(balances.values(), Balance())
        if balance.spent + balance.reserved + amount > limit:
            raise Forbidden(
                REACHED.format(
                    what="this project and month" if project else "this month",
                    budget=format_dollars(limit),
                    spent=format_dollars(balance.spent),
                    reserved=format_dollars(balance.reserved),
                    cost=format_dollars(amount),
                ),
                code="budget_exceeded",
            )


def calculate_units(model: str, usage: Usage, at: datetime, tier: str = "") -> int | None:
    """Calculate a cost in units of `money`; None: unknown."""
    cost = calculate_cost(model, usage, at, tier)
    return None if cost is None else to_units(cost)


def calculate_real(reservation: Reservation, model: str, usage: Usage, at: datetime, tier: str) -> int | None:
    """Calculate what an answer costs, in units; None: unknown. `model`, `tier`: its own, or the requested ones."""
    if reservation.is_free:
        return 0
    tiers = tier or reservation.tier, reservation.tier or tier
    tried = dict.fromkeys((name, of) for of in tiers for name in (model, reservation.model))
    costs = (calculate_units(name, usage, at, of) for name, of in tried if name)
    return next((cost for cost in costs if cost is not None), None)


def choose_tier(tier: str) -> str:
    """Choose the service tier of a request within a budget: the usual one, as that of the project at OpenAI is not known here.

    Raises Forbidden for one without a price.
    """
    if tier not in TIERS:
        raise Forbidden(NO_TIER.format(tier=show_line(tier[:100])), param="service_tier", code="budget_exceeded")
    return USUAL_TIER if tier in {"", "auto"} else tier


def format_month(at: datetime) -> str:
    """Return the month of a time, in UTC."""
    return f"{at:%Y-%m}"
