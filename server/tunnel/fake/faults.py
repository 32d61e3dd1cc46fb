"""How the stand-in goes wrong: an authtoken that begins with one of these words orders it, so that it can be seen and tested."""

from enum import StrEnum


class Fault(StrEnum):
    """What happens."""

    malformed = "malformed"  #: ngrok says that this is no authtoken
    revoked = "revoked"  #: ngrok says that it is none any more
    strange = "strange"  #: ngrok refuses with a code that nobody knows
    silent = "silent"  #: the agent says nothing and does nothing
    offline = "offline"  #: the agent does not reach ngrok, and tries for ever
    dropping = "dropping"  #: the connection is lost for a moment, soon after the tunnel is open


REFUSALS = {
    Fault.malformed: "The authtoken you specified does not look like a proper ngrok authtoken.{rest}105",
    Fault.revoked: "The authtoken you specified is properly formed, but it is invalid.{rest}107",
    Fault.strange: "Something is not as it should be.{rest}9999",
}


def find_fault(authtoken: str | None) -> Fault | None:
    """Say what an authtoken orders."""
    return next((fault for fault in Fault if (authtoken or "").startswith(fault)), None)


def refuse(fault: Fault | None, authtoken: str | None) -> str | None:
    """What ngrok answers to a refused authtoken, which it repeats."""
    if fault is None or fault not in REFUSALS:
        return None
    return REFUSALS[fault].format(rest=f"\\nYour authtoken: {authtoken}\\nERR_NGROK_")
