import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.access.oauth.client_metadata import MOST_CACHED, MOST_FETCHES, is_document, read_document
from server.core.errors import DeskhandError
from server.outbound.fetch import Fetch
from tests.server.access.oauth.conftest import AdvancingClock
from tests.server.access.oauth.programs import Program, approve, landed, questions

HOST = "chatgpt.com"
ID = f"https://{HOST}/oauth/7c1e9f/client.json"
CALLBACK = "https://chatgpt.com/connector/oauth/7c1e9f"
CHATGPT = {
    "client_id": ID,
    "client_name": "ChatGPT",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "token_endpoint_auth_signing_alg": "RS256",
    "jwks_uri": f"https://{HOST}/oauth/jwks.json",
}


class Web:
    """A site whose documents are known by their path."""

    def __init__(self, folder) -> None:
        self.documents: dict[str, bytes] = {}
        self.asked: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                body = web.documents.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                pass

        serving, self.believing = make_papers(folder)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = serving.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def make_fetch(self, **_: object) -> Fetch:
        """One to which the site is in the public internet."""
        port = self.server.server_port

        class Wire(httpcore2.AnyIOBackend):
            async def connect_tcp(self, _host, _port, *rest, **more):
                return await super().connect_tcp("127.0.0.1", port, *rest, **more)

        async def resolve(_host: str, _port: int) -> list[str]:
            return ["93.184.215.14"]

        return Fetch(resolve=resolve, dialer=Wire(), trust=self.believing)


def make_papers(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "both.pem"
    file.write_bytes(certificate + private)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    return serving, ssl.create_default_context(cadata=certificate.decode())


@pytest.fixture
def web(tmp_path):
    site = Web(tmp_path)
    site.documents["/oauth/7c1e9f/client.json"] = json.dumps(CHATGPT).encode()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def reaching(web, serve, monkeypatch):
    """A server to which that site is in the public internet."""
    monkeypatch.setattr("server.runtime.state.Fetch", web.make_fetch)
    return serve(demo=True)


def test_chatgpt_signs_in_with_its_client_metadata_document(web, reaching):
    program = Program(reaching, ID, callback=CALLBACK, pkce=True)
    program.extra = {"resource": f"{reaching.public}/mcp", "scope": "read:apps offline_access"}
    assert program.begin().status_code == 303
    (question,) = questions(reaching)
    shown = {field["name"]: field["value"] for field in question["fields"]}
    assert (question["client"], shown["Identified by"], shown["Redirects to"]) == (
        "chatgpt.com, calling itself “ChatGPT”",
        ID,
        CALLBACK,
    )
    approve(reaching, program.browser)
    pair = program.exchange(landed(program.browser.look())["code"]).json()
    assert pair["scope"] == "read:apps offline_access"
    assert program.refresh(pair["refresh_token"]).status_code == 200
    (client,) = reaching.person("GET", "/api/clients").json()
    assert (client["name"], client["scopes"], client["oauth"]["kind"]) == ("chatgpt", ["read:apps"], "document")
    assert client["operations"]["list_apps"] == "allow"
    program.begin()
    assert web.asked == ["/oauth/7c1e9f/client.json"], "it is kept for an hour"
    reaching.person("PUT", "/api/sign-ins", json={"documents_allowed": False})
    assert program.begin().json()["error"] == "invalid_client"
    reaching.person("DELETE", "/api/clients/chatgpt")
    assert program.refresh(pair["refresh_token"]).status_code in {400, 401}


def test_documents_turned_off_during_a_fetch_are_refused(web, reaching):
    class TurningOff(dict):
        def get(self, path):
            reaching.person("PUT", "/api/sign-ins", json={"documents_allowed": False})
            return super().get(path)

    web.documents = TurningOff(web.documents)
    program = Program(reaching, ID, callback=CALLBACK, pkce=True)
    assert program.begin().json()["error"] == "invalid_client"
    assert questions(reaching) == []


def test_client_metadata_fetches_by_strangers_are_rate_limited(web, reaching):
    for number in range(MOST_FETCHES):
        assert Program(reaching, f"https://{HOST}/{number}", callback=CALLBACK).begin().status_code == 400
    assert Program(reaching, f"https://{HOST}/more", callback=CALLBACK).begin().status_code == 429
    assert len(web.asked) == MOST_FETCHES
    assert MOST_CACHED == 100


def test_invalid_client_ids_do_not_use_up_the_limit_of_chatgpt_or_known_clients(web, serve, monkeypatch):
    served_clock = AdvancingClock()
    monkeypatch.setattr("server.runtime.state.Fetch", web.make_fetch)
    reaching = serve(demo=True, clock=served_clock)
    junk = [f"https://junk.example/{number}" for number in range(MOST_FETCHES + 1)]
    assert Program(reaching, junk[-1], callback=CALLBACK).begin().status_code == 400
    for client_id in junk[1:]:
        last = Program(reaching, client_id, callback=CALLBACK).begin()
    assert last.status_code == 429
    program = Program(reaching, ID, callback=CALLBACK, pkce=True)
    assert program.begin().status_code == 303
    approve(reaching, program.browser)
    assert program.exchange(landed(program.browser.look())["code"]).status_code == 200
    served_clock.move(hours=2)
    for number in range(MOST_FETCHES + 1):
        last = Program(reaching, f"https://{HOST}/{number}", callback=CALLBACK).begin()
    assert last.status_code == 429
    assert program.begin().status_code == 303


def test_metadata_is_fetched_again_after_the_clock_is_set_back(web, serve, monkeypatch):
    served_clock = AdvancingClock()
    monkeypatch.setattr("server.runtime.state.Fetch", web.make_fetch)
    program = Program(serve(demo=True, clock=served_clock), ID, callback=CALLBACK, pkce=True)
    for moved in (0, -2):
        served_clock.move(hours=moved)
        assert program.begin().status_code == 303
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    "client_id",
    [
        "http://chatgpt.com/x",
        "https://chatgpt.com",
        "https://chatgpt.com/",
        "https://chatgpt.com/a/../b",
        "https://a@chatgpt.com/x",
        "https://chatgpt.com/x#y",
        "https://chatgpt.com/x\n",
        "https:///x",
        "deskhand-1",
    ],
)
def test_client_id_that_is_not_a_metadata_url_is_refused(client_id):
    assert not is_document(client_id)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "https://chatgpt.com/other"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"redirect_uris": []},
        {"redirect_uris": ["https://evil.test/cb", "javascript:alert(1)"]},
        {"redirect_uris": None},
        {"client_name": "x" * 300},
    ],
)
def test_client_metadata_that_does_not_match_is_refused(change):
    with pytest.raises(DeskhandError):
        read_document(ID, json.dumps(CHATGPT | change).encode())


@pytest.mark.parametrize("content", [b"", b"[" * 16_000, b"null", b"\xff", b'{"client_id": "\\ud800"}'])
def test_response_that_is_no_client_metadata_is_refused(content):
    with pytest.raises(DeskhandError):
        read_document(ID, content)


def test_redirect_uris_of_client_metadata_are_filtered_by_the_allowed_ones():
    uris = ["https://chatgpt.com/own", "https://evil.test/cb", "http://127.0.0.1/cb", "cursor://cb", CALLBACK]
    registration = read_document(ID, json.dumps(CHATGPT | {"redirect_uris": uris}).encode())
    assert registration.redirect_uris == ("https://chatgpt.com/own", "http://127.0.0.1/cb", CALLBACK)
    assert registration.name == "ChatGPT"
