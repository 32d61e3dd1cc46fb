"""Removal of secrets and query strings from text that is logged or stored."""

import re
from collections.abc import Iterator
from functools import lru_cache

# The form of each kind of secret, by a text that every secret of that kind contains. A text is searched for these first, which
# is many times faster than the expressions, and then only for the kinds that it may hold.
FORMS = {
    "dh_": r"dh_[A-Za-z0-9_-]{8,}",  # ours
    "bearer ": r"(?i:(?<=bearer ))\S+",  # what stands in a header
    "basic ": r"(?i:(?<=basic ))\S+",
    "ya29.": r"ya29\.[\w.-]+",  # Google: access token, refresh token, code, client secret
    "1//": r"1//[\w-]{8,}",
    "4/": r"\b4/[\w-]{20,}",
    "GOCSPX-": r"GOCSPX-[\w-]+",
    "_": r"\b[0-9][A-Za-z0-9]{20,}+_[A-Za-z0-9]{15,}+\b",  # ngrok: authtoken, API key
    "ak_": r"\bak_[A-Za-z0-9]{20,}",
    "cr_": r"\bcr_[A-Za-z0-9]{20,}",
    "sk-": r"\bsk-[\w-]{16,}",  # OpenAI: key
    "whsec_": r"\bwhsec_[A-Za-z0-9+/=]{16,}",  # Standard Webhooks: signing secret
    # Anybody's signed token. First it looks whether there are its dots: what only begins like one is read once, not again
    # and again from each of its beginnings.
    "eyJ": r"(?<![\w-])(?=[\w-]++\.[\w-]++\.)[\w-]*?\beyJ[\w-]{8,}+\.[\w-]++\.[\w-]*",
}
CASELESS = {"bearer ", "basic "}
AUTHTOKEN = re.compile(r"_[A-Za-z0-9]{15}")  # many more texts hold a mere underscore
LONGEST_SECRET = 8_192  # characters, as long as a header may be
# In a log only, where nobody misses what is taken out: what is called a secret, and what looks like a key of ours.
NAMED = re.compile(
    r"(?i)((?:access_token|refresh_token|id_token|authtoken|client_secret|code_verifier|api[_-]?key|password|cookie)"
    r"[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;}]+"
)
KEYS = re.compile(r"(?<![\w/.-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])")
SEGMENT = re.compile(r"(?<=/)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32}(?![\w-])")  # the secret part of an address, such as OMI's
QUERY = re.compile(r"(?<=[\w/.])\?[\w.~%+-]+=[^\s\"'<>)]*")


@lru_cache(64)
def compile_forms(marks: frozenset[str]) -> re.Pattern[str]:
    """Make one expression of some kinds; at one place the first of them counts."""
    return re.compile("|".join(form for mark, form in FORMS.items() if mark in marks))


def find_secrets(text: str, end: int) -> Iterator[re.Match[str]]:
    """Find what looks like a secret before `end`, in order."""
    seen = text if end >= len(text) else text[:end]
    folded = (
        seen.lower() if seen.isascii() else seen.casefold().replace("\u0131", "i").replace("i\u0307", "i")
    )  # as re.IGNORECASE does
    marks = {mark for mark in FORMS if mark in (folded if mark in CASELESS else seen)}
    if "_" in marks and not AUTHTOKEN.search(seen):
        marks.remove("_")
    return compile_forms(frozenset(marks)).finditer(seen) if marks else iter(())


def redact_start(text: str, most: int) -> str:
    """Take secrets out of the beginning of a text. What is not kept is not searched, but for the secret that begins before."""
    parts, at = list[str](), 0
    for secret in find_secrets(text, most + LONGEST_SECRET):
        if secret.start() >= most:
            break
        parts += text[at : secret.start()], "•••"
        at = secret.end()
    return "".join(parts) + text[at:most] + (f"… ({len(text)} characters)" if len(text) > most else "")


def redact(text: str) -> str:
    """Take secrets and query strings out of a text."""
    text = SEGMENT.sub("•••", text)
    text = redact_start(text, len(text))
    return KEYS.sub("•••", NAMED.sub(r"\1•••", QUERY.sub("?•••", text)))
