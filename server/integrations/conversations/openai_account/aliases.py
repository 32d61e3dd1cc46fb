"""Aliases: names that stand for models."""

from collections.abc import Collection

from server.core.errors import DeskhandError
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.models import check_target


async def check_aliases(openai: OpenAIConnection, targets: Collection[str]) -> None:
    """Check the models that aliases stand for, if OpenAI's list can be read. Raises InvalidInput for one that is not in it.

    Models that an alias stands for already are left as they are.
    """
    for target in () if openai.is_free else sorted({*targets} - {*openai.settings.aliases.values()}):
        try:
            models = await openai.find_models(target)
        except DeskhandError:
            return
        check_target(target, models, openai.context.clock.now().date())
