"""Sentences for ngrok's error codes (https://ngrok.com/docs/errors/reference) and for what is missing."""

import re
from functools import partial

from server.core.command import format_command
from server.tunnel.provider import TunnelError

CODE = re.compile(r"ERR_NGROK_(\d+)")
TOKEN_PAGE = "https://dashboard.ngrok.com/get-started/your-authtoken"  # noqa: S105, an address
DOMAINS_PAGE = "https://dashboard.ngrok.com/domains"
USAGE_PAGE = "https://dashboard.ngrok.com/usage"


PASTE = f"paste it in Deskhand's window, or run `{format_command('tunnel set --authtoken')}`"
DOWNLOAD = f"in its window or with `{format_command('tunnel download')}`"
NEW_TOKEN = f"Copy your authtoken from {TOKEN_PAGE} again and {PASTE}."
NOT_A_TOKEN = partial(TunnelError, "This is not an authtoken of ngrok.", NEW_TOKEN)
REVOKED = partial(TunnelError, "ngrok does not know this authtoken any more. It was reset, or its account is closed.", NEW_TOKEN)
NO_ACCOUNT = partial(
    TunnelError,
    "ngrok wants an account, which is free, and its authtoken.",
    f"Sign up at https://dashboard.ngrok.com/signup, confirm the mail, copy the authtoken from {TOKEN_PAGE}, then {PASTE}.",
)
TOO_MANY = partial(
    TunnelError,
    "Your ngrok account runs as many agents as its plan allows.",
    "Stop ngrok on your other computers, or in https://dashboard.ngrok.com/agents, then open the tunnel again.",
    transient=True,
)
TOO_OLD = partial(
    TunnelError,
    "This ngrok agent is too old.",
    f"Update it, or let Deskhand download a new one, {DOWNLOAD}.",
)
NOT_YOURS = partial(
    TunnelError,
    "This address doesn't belong to your ngrok account.",
    f"Look at {DOMAINS_PAGE} which one is yours, or leave the address empty: `{format_command('tunnel set --no-domain')}`.",
)
IN_USE = partial(
    TunnelError,
    "Another ngrok program has this address open already.",
    "Stop it there. After a sudden end of Deskhand it may take ngrok a minute to notice.",
    transient=True,
)
MONTH_OVER = partial(
    TunnelError,
    "Your ngrok account has used up what its plan allows for this month.",
    f"Look at {USAGE_PAGE}. The limit resets next month; a paid plan lifts it.",
)
TOO_FAST = partial(TunnelError, "Too many requests came in a short time for your ngrok plan.", "Wait a minute.", transient=True)
AGENT_MISSING = partial(
    TunnelError,
    "The tunnel needs the ngrok agent, which isn't installed.",
    f"Let Deskhand download it, {DOWNLOAD}; or name yours, there or with `{format_command('tunnel set --agent PATH')}`.",
)
AGENT_MOVED = partial(
    TunnelError,
    "Your ngrok agent was moved or deleted.",
    f"Name its new place, in Deskhand's window or with `{format_command('tunnel set --agent PATH')}`. "
    f"Or let Deskhand download one, {DOWNLOAD}.",
)
NO_AUTHTOKEN = partial(
    TunnelError, "The tunnel needs the authtoken of your ngrok account, which is free.", f"Copy it from {TOKEN_PAGE} and {PASTE}."
)

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
    324: partial(
        TunnelError,
        "Your ngrok account has as many tunnels open as its plan allows.",
        "Close others, in https://dashboard.ngrok.com/endpoints, then open the tunnel again.",
        transient=True,
    ),
    334: IN_USE,
    717: MONTH_OVER,
    725: MONTH_OVER,
    727: MONTH_OVER,
    734: TOO_FAST,
    3004: partial(
        TunnelError, "ngrok and Deskhand do not understand each other: one speaks https, the other http.", "Start Deskhand again."
    ),
    3200: partial(TunnelError, "ngrok says that nothing is at this address now.", "Open the tunnel again.", transient=True),
    4018: NO_ACCOUNT,
    4019: NO_ACCOUNT,
    8012: partial(TunnelError, "ngrok can't reach Deskhand's port.", "Start Deskhand again.", transient=True),
    9040: partial(
        TunnelError,
        "ngrok blocks your internet address.",
        "Try another network, without a VPN. If it stays so, ask support@ngrok.com.",
    ),
}

UNREACHABLE = re.compile(r"dial|lookup|timeout|timed out|no such host|unreachable|refused|EOF|reset by peer", re.IGNORECASE)
UNREACHED = partial(TunnelError, "ngrok could not be reached.", "Check whether this computer is online.", transient=True)
TOO_OLD_FOR_FILE = re.compile(r"config.*version|unknown (command|flag|field)|/api/endpoints.*too old", re.IGNORECASE | re.DOTALL)


def find_code(text: str) -> int | None:
    """Find the last error code in ngrok's output."""
    codes = CODE.findall(text)
    return int(codes[-1]) if codes else None


def explain(text: str) -> TunnelError:
    """Translate ngrok's output into a sentence. None of it is repeated: it may contain the authtoken."""
    unknown = TunnelError("ngrok ended without a reason that Deskhand knows.", "Deskhand's log says more.", transient=True)
    return find_reason(text) or unknown


def find_reason(text: str) -> TunnelError | None:
    """Find a reason in ngrok's output."""
    code = find_code(text)
    if code is not None:
        page = f"https://ngrok.com/docs/errors/err_ngrok_{code} says what that means."
        known = MEANINGS.get(code)
        return known() if known else TunnelError(f"ngrok refused, with its code ERR_NGROK_{code}.", page)
    for pattern, meaning in ((TOO_OLD_FOR_FILE, TOO_OLD), (UNREACHABLE, UNREACHED)):
        if pattern.search(text):
            return meaning()
    return None
