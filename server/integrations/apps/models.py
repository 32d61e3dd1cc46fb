"""Requests and responses of the operations of apps."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Action(StrEnum):
    """Something to do with an app."""

    start = "start"  #: run it
    stop = "stop"  #: end it, and what it has started
    restart = "restart"  #: stop it if it runs, then start it
    open = "open"  #: have it open a file or an address that its entry allows


class Order(BaseModel):
    """Order for one app."""

    model_config = ConfigDict(extra="forbid")

    app_name: str = Field(
        min_length=1, max_length=200, description="The app's name, or one of its aliases, as list_apps tells them."
    )
    action: Action = Field(description="What to do. list_apps tells which actions an app allows.")
    target: str | None = Field(
        None,
        min_length=1,
        max_length=4096,
        description="For open only: the file to open, by its name or path, or the https address. The app allows only some.",
    )
    preset: str | None = Field(
        None,
        max_length=64,
        description="For start, restart and open: the name of a set of arguments that list_apps tells for the app.",
    )


class Outcome(BaseModel):
    """Result of an order."""

    success: bool = Field(description="Whether the app is now as it was asked for.")
    message: str = Field(description="What happened, in a sentence.")
    app_name: str = Field(description="The app's name.")
    action: Action = Field(description="The requested action.")
    pid: int | None = Field(None, description="The number of the app's process; left out where none runs or it is not known.")
    since: str | None = Field(None, description="Since when it runs, ISO 8601 in UTC; left out where it does not.")


class App(BaseModel):
    """An app on the list, and how it is."""

    name: str = Field(description="What to call it in control_app.")
    title: str = Field(description="Its name for people.")
    type: str = Field(description="How it is started: executable, command, desktop, flatpak, bundle, uri or store.")
    available: bool = Field(description="Whether it is installed on this computer.")
    running: bool = Field(description="Whether it runs now.")
    since: str | None = Field(None, description="Since when it runs, ISO 8601 in UTC; left out where it does not.")
    actions: list[Action] = Field(description="What control_app may do with it.")
    aliases: list[str] = Field(description="Other names that mean it.")
    presets: list[str] = Field(description="Names of the sets of arguments it can be started with.")


class AppList(BaseModel):
    """The apps on the list."""

    apps: list[App] = Field(description="The apps, by name.")
    message: str = Field(description="How many there are, in a sentence.")
    truncated: bool = Field(False, description="True when there are more than fit into one answer.")


class LastEnd(BaseModel):
    """How an app that Deskhand started ended last."""

    at: str = Field(description="When, ISO 8601 in UTC.")
    how: str = Field(description="How, in a sentence.")
    code: int | None = Field(
        None, description="Its exit code, below zero the signal that ended it; left out where it is not known."
    )


class AppStatus(App):
    """How one app is, in full."""

    pid: int | None = Field(None, description="The number of its process; left out where it does not run.")
    uptime_seconds: int | None = Field(None, description="For how long it has been running; left out where it does not run.")
    started_by_deskhand: bool = Field(description="Whether Deskhand started what runs now.")
    processes: int = Field(description="How many times it runs, its own helpers not counted.")
    ended: LastEnd | None = Field(None, description="How it ended last; left out unless Deskhand has seen it.")
    message: str = Field(description="How it is, in a sentence.")
