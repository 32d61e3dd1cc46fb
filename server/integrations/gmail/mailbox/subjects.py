"""Subjects of answers. Mail programs write "Re:" and "Fwd:" in their language, and these must not stack."""

import re

_REPLY = "re|r|aw|antw|antwort|sv|vs|res|rif|odp|ynt|cvp|vá|bls|atb|απ|отв|ответ|השב|رد|回复|回覆|答复|答覆|返信|답장"
_FORWARD = "fwd?|i|wg|tr|rv|enc|vl|vb|doorst|pd|ilt|trs|továbbítás|πρθ|пересл|הועבר|إعادة توجيه|转发|轉寄|轉發|転送|전달"
_PREFIX = re.compile(
    rf"\s*(?:(?P<reply>{_REPLY})|{_FORWARD})\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\^\d{{1,3}})?\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_LIST = re.compile(r"\s*(\[[^\[\]]{1,60}\]\s*)")


def answer_subject(subject: str) -> str:
    """Write the subject of an answer: as it is, with one prefix. Gmail leaves a thread whose subject changes otherwise."""
    prefix, lists, place = "", "", 0
    while True:
        if match := _PREFIX.match(subject, place):
            prefix = prefix or (match[0] if match["reply"] else "")
        elif (match := _LIST.match(subject, place)) and _PREFIX.match(subject, match.end()):
            lists += match[1]
        else:
            return f"{prefix or 'Re: '}{lists}{subject[place:]}"
        place = match.end()
