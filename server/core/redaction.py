"""Removal of secrets and query strings from text that is logged or stored."""

import re

SECRETS = re.compile(
    r"dh_[A-Za-z0-9_-]{8,}|(?i:(?<=bearer )|(?<=basic ))\S+"  # ours, and what stands in a header
    r"|ya29\.[\w.-]+|1//[\w-]{8,}|\b4/[\w-]{20,}|GOCSPX-[\w-]+"  # Google: access, refresh, code, client secret
    r"|\b[0-9][A-Za-z0-9]{20,}+_[A-Za-z0-9]{15,}+\b|\b(?:ak|cr)_[A-Za-z0-9]{20,}"  # ngrok: authtoken, API key
    r"|\bsk-[\w-]{16,}"  # OpenAI: key
    # Anybody's signed token. First it looks whether there are its dots: what only begins like one is read once, not again
    # and again from each of its beginnings.
    r"|(?<![\w-])(?=[\w-]++\.[\w-]++\.)[\w-]*?\beyJ[\w-]{8,}+\.[\w-]++\.[\w-]*"
)
LONGEST_SECRET = 8_192  # characters, as long as a header may be
# In a log only, where nobody misses what is taken out: what is called a secret, and what looks like a key of ours.
NAMED = re.compile(
    r"(?i)((?:access_token|refresh_token|id_token|authtoken|client_secret|code_verifier|api[_-]?key|password|cookie)"
    r"[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;}]+"
)
KEYS = re.compile(r"(?<![\w/.-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])")
SEGMENT = re.compile(r"(?<=/)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32}(?![\w-])")  # the secret part of an address, such as OMI's
QUERY = re.compile(r"(?<=[\w/.])\?[\w.~%+-]+=[^\s\"'<>)]*")


def redact_start(text: str, most: int) -> str:
    """Take secrets out of the beginning of a text. The rest is not searched, except for a secret that begins before."""
    parts, at = list[str](), 0
    for secret in SECRETS.finditer(text, 0, most + LONGEST_SECRET):
        if secret.start() >= most:
            break
        parts += text[at : secret.start()], "•••"
        at = secret.end()
    return "".join(parts) + text[at:most] + (f"… ({len(text)} characters)" if len(text) > most else "")


def redact(text: str) -> str:
    """Take secrets and query strings out of a text."""
    text = SEGMENT.sub("•••", text)
    text = QUERY.sub("?•••", SECRETS.sub("•••", text))
    return KEYS.sub("•••", NAMED.sub(r"\1•••", text))
