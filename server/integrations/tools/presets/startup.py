"""Presets that are added when Deskhand starts: those in DESKHAND_TOOLS_PRESETS, with inputs from the environment."""

import logging
import os
from collections.abc import Mapping

from server.core.errors import DeskhandError
from server.integrations.tools.presets.catalogue import Preset
from server.integrations.tools.presets.presets import Presets

VARIABLE = "DESKHAND_TOOLS_PRESETS"

log = logging.getLogger(__name__)


async def add_wanted(presets: Presets, environment: Mapping[str, str] | None = None) -> None:
    """Add the presets of which there is no server. One that cannot be added is logged."""
    variables = os.environ if environment is None else environment
    for name in filter(None, (word.strip() for word in variables.get(VARIABLE, "").split(","))):
        try:
            preset = presets.find(name)
            if not presets.list_added(preset):
                log.warning("Installing “%s”. This takes a minute.", preset.title)
                await presets.add(preset, read_inputs(preset, variables))
                log.warning("“%s” is ready.", preset.title)
        except DeskhandError as error:
            log.warning("The preset “%s” could not be added: %s", name[:100], error.detail)


def read_inputs(preset: Preset, environment: Mapping[str, str]) -> dict[str, str]:
    """Read the inputs whose variables are set."""
    return {
        each.id: value
        for each in preset.inputs
        if (value := next((environment[name] for name in each.variables if environment.get(name)), ""))
    }
