"""Texts about the operations with apps for people. Texts for models are the docstrings in routes.py."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording

START = Sentence("start {app}", "is starting {app}", "started {app}", "could not start {app}")
STOP = Sentence("stop {app}", "is stopping {app}", "stopped {app}", "could not stop {app}")
RESTART = Sentence("restart {app}", "is restarting {app}", "restarted {app}", "could not restart {app}")
OPEN = Sentence(
    "open {target} with {app}",
    "is opening {target} with {app}",
    "opened {target} with {app}",
    "could not open {target} with {app}",
)
UNCHANGED = Sentence(
    "leave {app} unchanged ({reason})",
    "is leaving {app} unchanged ({reason})",
    "left {app} unchanged ({reason})",
    "could not leave {app} unchanged ({reason})",
)

LIST = Wording(
    "List apps",
    "Lists the apps that can be used, and whether they are running.",
    (Sentence("list apps", "is listing apps", "listed apps", "could not list apps"),),
)
CONTROL = Wording(
    "Control apps",
    "Starts, stops or restarts an app on your list, or opens a file or link with it.",
    (Sentence("control an app", "is controlling an app", "controlled an app", "could not control an app"),),
)
READ = Wording(
    "Check an app",
    "Shows whether an app is running.",
    (
        Sentence("check {app_name}", "is checking {app_name}", "checked {app_name}", "could not check {app_name}"),
        Sentence("check an app", "is checking an app", "checked an app", "could not check an app"),
    ),
)
