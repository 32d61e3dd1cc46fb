"""ngrok's error codes in plain words (https://ngrok.com/docs/errors/reference)."""

import re
from dataclasses import dataclass

from server.tunnel.provider import CannotOpen

CODE = re.compile(r"ERR_NGROK_(\d+)")
TOKEN_PAGE = "https://dashboard.ngrok.com/get-started/your-authtoken"  # noqa: S105, an address
DOMAINS_PAGE = "https://dashboard.ngrok.com/domains"
USAGE_PAGE = "https://dashboard.ngrok.com/usage"


@dataclass(frozen=True)
class Meaning:
    """What a code says. `passing`: trying again may help."""

    problem: str
    advice: str
    passing: bool = False


GIVE_IT = "paste it in Deskhand's window, or run `deskhand tunnel set --authtoken`"
NEW_TOKEN = f"Copy your authtoken from {TOKEN_PAGE} again and {GIVE_IT}."
NOT_A_TOKEN = Meaning("This is not an authtoken of ngrok.", NEW_TOKEN)
REVOKED = Meaning("ngrok does not know this authtoken any more. It was reset, or its account is closed.", NEW_TOKEN)
NO_ACCOUNT = Meaning(
    "ngrok wants an account, which is free, and its authtoken.",
    f"Sign up at https://dashboard.ngrok.com/signup, confirm the mail, copy the authtoken from {TOKEN_PAGE}, then {GIVE_IT}.",
)
TOO_MANY = Meaning(
    "Your ngrok account runs as many agents as its plan allows.",
    "Stop ngrok on your other computers, or in https://dashboard.ngrok.com/agents, then open the tunnel again.",
    passing=True,
)
TOO_OLD = Meaning(
    "This ngrok program is too old.",
    "Update it, or let Deskhand download a new one, in its window or with `deskhand tunnel download`.",
)
NOT_YOURS = Meaning(
    "ngrok does not give your account this address.",
    f"Look at {DOMAINS_PAGE} which one is yours, or leave the address empty: `deskhand tunnel set --no-domain`.",
)
IN_USE = Meaning(
    "Another ngrok program has this address open already.",
    "Stop it there. After a sudden end of Deskhand it may take ngrok a minute to notice.",
    passing=True,
)
MONTH_OVER = Meaning(
    "Your ngrok account has used up what its plan allows for this month.",
    f"Look at {USAGE_PAGE}. It starts anew next month; a paid plan lifts the limit.",
)
TOO_FAST = Meaning("Too many requests came in a short time for your ngrok plan.", "Wait a minute.", passing=True)

MEANINGS = {
    105: NOT_A_TOKEN,
    106: NOT_A_TOKEN,
    107: REVOKED,
    108: TOO_MANY,
    109: NO_ACCOUNT,
    120: TOO_OLD,
    121: TOO_OLD,
    319: NOT_YOURS,
    320: NOT_YOURS,
    324: Meaning(
        "Your ngrok account has as many tunnels open as its plan allows.",
        "Close others, in https://dashboard.ngrok.com/endpoints, then open the tunnel again.",
        passing=True,
    ),
    334: IN_USE,
    717: MONTH_OVER,
    725: MONTH_OVER,
    727: MONTH_OVER,
    734: TOO_FAST,
    3004: Meaning("ngrok and Deskhand do not understand each other: one speaks https, the other http.", "Start Deskhand again."),
    3200: Meaning("ngrok says that nothing is at this address now.", "Open the tunnel again.", passing=True),
    4018: NO_ACCOUNT,
    4019: NO_ACCOUNT,
    8012: Meaning("ngrok found nobody at Deskhand's port.", "Start Deskhand again.", passing=True),
    9040: Meaning(
        "ngrok does not let your internet address in.",
        "Try another network, without a VPN. If it stays so, ask support@ngrok.com.",
    ),
}

UNREACHABLE = re.compile(r"dial|lookup|timeout|timed out|no such host|unreachable|refused|EOF|reset by peer", re.IGNORECASE)
NO_ROAD = Meaning("ngrok could not be reached.", "Look whether this computer is online.", passing=True)
TOO_OLD_FOR_FILE = re.compile(r"config.*version|unknown (command|flag|field)|/api/endpoints.*too old", re.IGNORECASE | re.DOTALL)


def find_code(text: str) -> int | None:
    """Find the last code in what ngrok said."""
    found = CODE.findall(text)
    return int(found[-1]) if found else None


def explain(text: str) -> CannotOpen:
    """Say in plain words what ngrok said. None of its own words is repeated: they may hold the authtoken."""
    code = find_code(text)
    if code is not None:
        return explain_code(code)
    for pattern, meaning in ((TOO_OLD_FOR_FILE, TOO_OLD), (UNREACHABLE, NO_ROAD)):
        if pattern.search(text):
            return fail(meaning)
    return CannotOpen("ngrok ended without a reason that Deskhand knows.", "Deskhand's log says more.", passing=True)


def explain_code(code: int) -> CannotOpen:
    """Say what a code means, or where that is written."""
    if meaning := MEANINGS.get(code):
        return fail(meaning)
    page = f"https://ngrok.com/docs/errors/err_ngrok_{code}"
    return CannotOpen(f"ngrok refused, with its code ERR_NGROK_{code}.", f"{page} says what that means.")


def fail(meaning: Meaning) -> CannotOpen:
    return CannotOpen(meaning.problem, meaning.advice, passing=meaning.passing)
