"""Demo scripts: the calls that demo mode's simulated clients make to an integration.

A scenario is a generator that yields steps and is sent their responses, so the simulation decides when each call is made.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Persona(StrEnum):
    """The simulated clients."""

    gpt = "my-gpt"  #: a GPT that asks before it changes something
    script = "morning-script"  #: a script that only reads


class Response(Protocol):
    """The response to a step. `succeeded`: it was a success."""

    @property
    def succeeded(self) -> bool: ...

    @property
    def body(self) -> Any: ...


@dataclass(frozen=True)
class Step:
    """One call. `undo` is called when the program stops before the scenario has done it."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    undo: "Step | None" = None


Scenario = Generator[Step, Response, None]


@dataclass(frozen=True)
class Task:
    """A scenario and the client that runs it."""

    client: Persona
    begin: Callable[[], Scenario]


@dataclass(frozen=True)
class DemoScript:
    """The tasks at the start and those that are repeated. `allowed`: operations for which the GPT needs no approval.

    `script_scopes`: the scopes of the script.
    """

    opening: tuple[Task, ...] = ()
    usual: tuple[Task, ...] = ()
    allowed: tuple[str, ...] = ()
    script_scopes: frozenset[str] = frozenset()
