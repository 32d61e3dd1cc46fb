"""Gmail's search language, as far as people use it: https://support.google.com/mail/answer/7190

Side by side means and, OR binds tighter, `{…}` means any of, a minus not. What is no known operator is words to be found.
"""

import re
from dataclasses import dataclass

from server.integrations.gmail.fake.search_operators import SearchContext, Test, make_test

_TOKEN = re.compile(
    r'\s*(?P<minus>-?)(?:(?P<operator>[A-Za-z0-9_]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<mark>[(){}])|(?P<word>[^\s(){}"]+))'
)
_DEEPEST = 30


@dataclass(frozen=True)
class Query:
    """A search; `everywhere` when it names spam or trash itself."""

    fits: Test
    everywhere: bool


@dataclass(frozen=True)
class _Token:
    minus: bool
    operator: str
    value: str | None
    mark: str


def parse_query(text: str, context: SearchContext) -> Query:
    """Understand a search; whatever is written, something is understood."""
    tokens = [_read(match) for match in _TOKEN.finditer(text)]
    places = [token.value or "" for token in tokens if token.operator in {"in", "label"} and not token.minus]
    return Query(_Parser(tokens, context).parse_all(), any(place.lower() in {"trash", "spam", "anywhere"} for place in places))


def _read(match: re.Match[str]) -> _Token:
    value = match["quoted"] if match["quoted"] is not None else match["word"]
    return _Token(match["minus"] == "-", (match["operator"] or "").lower(), value, match["mark"] or "")


class _Parser:
    """Reads tokens from left to right. `around` is the operator before a bracket: `subject:(dinner movie)`."""

    def __init__(self, tokens: list[_Token], context: SearchContext) -> None:
        self.tokens = tokens
        self.context = context
        self.place = 0
        self.depth = 0

    def parse_all(self) -> Test:
        tests: list[Test] = []
        while self.place < len(self.tokens):
            tests += self.parse_list("")
            self.place += 1  # over a bracket that closes nothing
        return _all_of(tests)

    def parse_list(self, around: str) -> list[Test]:
        tests: list[Test] = []
        joined = False
        while self.place < len(self.tokens) and self.tokens[self.place].mark not in {")", "}"}:
            token = self.tokens[self.place]
            self.place += 1
            if token.value in {"OR", "|"} and not token.operator:
                joined = bool(tests)
            elif token.value != "AND" or token.operator:
                test = self.parse_item(token, token.operator or around)
                tests = [*tests[:-1], _any_of([tests[-1], test])] if joined else [*tests, test]
                joined = False
        return tests

    def parse_item(self, token: _Token, operator: str) -> Test:
        test = self.parse_group(token, operator) if token.mark else make_test(operator, token.value or "", self.context)
        return (lambda mail: not test(mail)) if token.minus else test

    def parse_group(self, token: _Token, operator: str) -> Test:
        if self.depth >= _DEEPEST:
            return _all_of([])
        self.depth += 1
        tests = self.parse_list(operator)
        self.depth -= 1
        self.place += 1
        return _any_of(tests) if token.mark == "{" else _all_of(tests)


def _all_of(tests: list[Test]) -> Test:
    return lambda mail: all(test(mail) for test in tests)


def _any_of(tests: list[Test]) -> Test:
    return lambda mail: not tests or any(test(mail) for test in tests)
