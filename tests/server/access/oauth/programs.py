"""Programs that sign in, as they really do it: a GPT, an app, and the browser between them and the person."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from tests import loopback

GPT = "https://chatgpt.com/aip/g-0123456789abcdef/oauth/callback"
HERE = "http://127.0.0.1:7777/callback"
ALL = "read:apps control:apps"


def ask(served: Any, method: str, path: str, **options: Any) -> httpx2.Response:
    """Call the public surface as it is reached from outside, with no key and without following."""
    headers = {"Host": httpx2.URL(served.public).netloc.decode(), **options.pop("headers", {})}
    url = f"http://127.0.0.1:{served.port}{path}"
    with loopback.Client(timeout=90) as client:  # it is http; certificates take longer than the call
        return client.request(method, url, headers=headers, follow_redirects=False, **options)


def verifier() -> tuple[str, str]:
    """A PKCE verifier and its challenge."""
    word = secrets.token_urlsafe(48)
    return word, base64.urlsafe_b64encode(hashlib.sha256(word.encode()).digest()).decode().rstrip("=")


@dataclass
class Browser:
    """A browser that was sent to sign in."""

    served: Any
    path: str = ""
    cookie: str = ""
    known: str = ""  # the cookie by which it is known when it comes again
    address: str = ""

    def go(self, **parameters: str) -> httpx2.Response:
        """Begin a sign-in."""
        headers = {"Cookie": self.known} if self.known else {}
        headers |= {"X-Forwarded-For": self.address} if self.address else {}
        answer = ask(self.served, "GET", f"/chatgpt/oauth/authorize?{urlencode(parameters)}", headers=headers)
        if answer.status_code == 303:
            self.path = answer.headers["location"]
            self.cookie, self.known = (item.partition(";")[0] for item in answer.headers.get_list("set-cookie"))
        return answer

    def look(self) -> httpx2.Response:
        """Load the page that waits."""
        return ask(self.served, "GET", self.path, headers={"Cookie": self.cookie})

    def digits(self) -> str:
        """The digits on the page."""
        match = re.search(r'aria-hidden="true">(\d{4})<', self.look().text)
        assert match, self.look().text
        return match[1]


def questions(served: Any) -> list[dict[str, Any]]:
    """Pending approval requests."""
    return served.person("GET", "/api/approvals").json()


def approve(served: Any, browser: Browser) -> None:
    """The person types what the browser shows."""
    question = browser.path.rpartition("/")[2]
    answer = served.person("POST", f"/api/approvals/{question}/approve", json={"code": browser.digits()})
    assert answer.status_code == 200, answer.text


@dataclass
class Program:
    """A program with an id, and with a secret or without. `basic`: it sends the secret in the header."""

    served: Any
    client_id: str
    secret: str = ""
    callback: str = GPT
    basic: bool = False
    pkce: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    word: str = ""
    browser: Browser = field(init=False)

    def begin(self, **parameters: str) -> httpx2.Response:
        """Send a browser to sign in."""
        return self.begin_in(Browser(self.served), **parameters)

    def begin_in(self, browser: Browser, **parameters: str) -> httpx2.Response:
        """Send this browser to sign in."""
        self.browser = browser
        usual = {"response_type": "code", "client_id": self.client_id, "redirect_uri": self.callback, "state": "s 1&ü"}
        if self.pkce:
            self.word, challenge = verifier()
            usual |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return self.browser.go(**{**usual, **self.extra, **parameters})

    def code(self, **parameters: str) -> str:
        """Go all the way to a code."""
        begun = self.begin(**parameters)
        assert begun.status_code == 303, begun.text
        approve(self.served, self.browser)
        query = landed(self.browser.look())
        assert query["state"] == "s 1&ü"
        return query["code"]

    def post(self, path: str, **form: str) -> httpx2.Response:
        """Send a form, saying who it is."""
        headers = {}
        if self.basic:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form = {"client_id": self.client_id, **({"client_secret": self.secret} if self.secret else {}), **form}
        return ask(self.served, "POST", path, data=form, headers=headers)

    def exchange(self, code: str, **form: str) -> httpx2.Response:
        """Bring a code."""
        word = {"code_verifier": self.word} if self.pkce else {}
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, **word, **form}
        return self.post("/chatgpt/oauth/token", **fields)

    def refresh(self, token: str, **form: str) -> httpx2.Response:
        """Ask for a new pair."""
        return self.post("/chatgpt/oauth/token", grant_type="refresh_token", refresh_token=token, **form)

    def sign_in(self, **parameters: str) -> dict[str, Any]:
        """Go all the way to tokens."""
        answer = self.exchange(self.code(**parameters))
        assert answer.status_code == 200, answer.text
        return answer.json()


def landed(answer: httpx2.Response, callback: str = GPT) -> dict[str, str]:
    """Query of the final redirect."""
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["location"])
    return dict(parse_qsl(where.query))


def own(served: Any, name: str = "my-gpt", scopes: str = ALL, **more: Any) -> Program:
    """A program that the person made here."""
    order = {"name": name, "scopes": scopes.split(), "oauth": True, **more}
    made = served.person("POST", "/api/clients", json=order)
    assert made.status_code == 201, made.text
    pair = made.json()["oauth"]
    return Program(served, pair["client_id"], pair["client_secret"])


def allow_registration(served: Any) -> None:
    """The person opens registration."""
    assert served.person("PUT", "/api/sign-ins", json={"registration_allowed": True}).status_code == 200


def register(served: Any, callback: str = HERE, **more: Any) -> Program:
    """A public program that registers itself."""
    metadata = {"redirect_uris": [callback], "token_endpoint_auth_method": "none", "client_name": "Some App", **more}
    answer = ask(served, "POST", "/chatgpt/oauth/register", json=metadata)
    assert answer.status_code == 201, answer.text
    return Program(served, answer.json()["client_id"], answer.json().get("client_secret", ""), callback, pkce=True)
