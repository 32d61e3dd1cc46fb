"""Faults of the fake agent, chosen by the beginning of the authtoken, for demonstrations and tests."""

from enum import StrEnum


class Fault(StrEnum):
    """Kinds of faults."""

    malformed = "malformed"  #: ngrok refuses it as malformed
    revoked = "revoked"  #: ngrok refuses it as revoked
    strange = "strange"  #: ngrok refuses with an unknown code
    silent = "silent"  #: the agent logs nothing and does nothing
    offline = "offline"  #: the agent does not reach ngrok and retries forever
    dropping = "dropping"  #: the connection is lost for a moment, soon after the tunnel is open


REFUSALS = {
    Fault.malformed: "The authtoken you specified does not look like a proper ngrok authtoken.{rest}105",
    Fault.revoked: "The authtoken you specified is properly formed, but it is invalid.{rest}107",
    Fault.strange: "Something is not as it should be.{rest}9999",
}


def find_fault(authtoken: str | None) -> Fault | None:
    """Return the fault that an authtoken requests."""
    return next((fault for fault in Fault if (authtoken or "").startswith(fault)), None)


def refuse(fault: Fault | None, authtoken: str | None) -> str | None:
    """Return ngrok's error for a refused authtoken, which it repeats."""
    if fault is None or fault not in REFUSALS:
        return None
    return REFUSALS[fault].format(rest=f"\\nYour authtoken: {authtoken}\\nERR_NGROK_")
