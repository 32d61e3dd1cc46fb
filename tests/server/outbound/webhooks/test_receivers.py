import pytest

from server.core.errors import InvalidInput
from server.outbound.webhooks.receivers import Receivers, check_listed, is_own

# S1: this computer in every spelling; S2: networks at home and of clouds; S3: what embeds another address or is not routed
PRIVATE = """
127.0.0.1 127.1 0x7f.1 2130706433 0 0.0.0.0 [::1] [::] [::ffff:127.0.0.1] localhost localhost. 127.0.0.1. 0177.0.0.1
0x7f000001 017700000001 127.0.0.9 LOCALHOST x.localhost localhost.localdomain [0:0:0:0:0:0:0:1] [::ffff:7f00:1]
169.254.169.254 10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 [fd00::1] [fc00::1] [fe80::1] [64:ff9b::7f00:1]
0xa9fea9fe 2852039166
[2002:7f00:1::] [::127.0.0.1] [64:ff9b:1::1] [fec0::1] 192.0.0.1 192.88.99.1 224.0.0.1 239.1.1.1 255.255.255.255 240.0.0.1
198.18.0.1 [ff02::1] [2001::1] [2001:db8::1] [3fff::1] [100::1] [::ffff:10.0.0.1]
"""
MALFORMED = [
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "ws://example.com/",
    "javascript:alert(1)",
    "http://user:password@example.com/",
    "https://user@example.com/",
    "https://@example.com/",
    "https://:@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com/\r\nHost: x",
    "https://example.com/ x",
    "https://exam\tple.com/",
    "https://example.com/\x00",
    "https://example.com\u200b/",
    "https://[::1",
    "https://[fe80::1%25eth0]x/",
    "https://①②⑦.0.0.1/",
    "https://127.0.0.1%00.example.com/",
    "https://a..b/",
    "https://-a.example/",
    "https://256.1.1.1/",
    "https://1.2.3.4.5/",
    "https://0x7g.1.1.1.0x/",
    "https://",
    "https:///x",
    "https://?x",
    "//example.com/",
    "example.com",
    "",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:x/",
    f"https://example.com/{'x' * 2000}",
]


@pytest.mark.parametrize("host", PRIVATE.split())
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_address_that_is_not_public_is_refused(scheme, host):
    with pytest.raises(InvalidInput):
        Receivers().parse(f"{scheme}://{host}/hook")


@pytest.mark.parametrize("url", MALFORMED)
def test_malformed_address_is_refused(url):
    with pytest.raises(InvalidInput):
        Receivers().parse(url)


@pytest.mark.parametrize("port", [1, 22, 25, 80, 465, 587, 993, 3306, 5432, 6379, 8080, 9200, 11211, 65535])
def test_port_of_another_service_is_refused(port):
    with pytest.raises(InvalidInput, match="port 443 or 8443"):
        Receivers().parse(f"https://example.com:{port}/")


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "example.com:443", "example.com:80"])
def test_public_receiver_needs_https(host):
    with pytest.raises(InvalidInput, match="https"):
        Receivers().parse(f"http://{host}/")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, b"/"),
        ("HTTPS://Example.COM./a?b=c#d", "example.com", 443, b"/a?b=c"),
        ("https://example.com:8443/x", "example.com", 8443, b"/x"),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443, b"/"),
        ("https://8.8.8.8/", "8.8.8.8", 443, b"/"),
        ("https://134744072/", "8.8.8.8", 443, b"/"),
        ("https://bücher.example/ä", "xn--bcher-kva.example", 443, b"/%C3%A4"),
        ("https://example.com?@127.0.0.1", "example.com", 443, b"/?@127.0.0.1"),
    ],
)
def test_public_address_is_read(url, host, port, path):
    target = Receivers().parse(url)
    assert (target.host, target.port, target.path, target.is_listed) == (host, port, path, False)


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("127.0.0.1:5678", "http://127.0.0.1:5678/hook"),
        ("127.0.0.1:5678", "http://127.1:5678/hook"),
        ("localhost:5678", "http://localhost.:5678/hook"),
        ("192.168.1.20:8123", "https://192.168.1.20:8123/api"),
        ("homeassistant.local:8123", "http://HomeAssistant.local:8123/api"),
        ("[::1]:5678", "http://[0:0::1]:5678/"),
        ("192.168.1.20:80", "http://192.168.1.20/"),
        ("192.168.1.20:443", "https://192.168.1.20/"),
    ],
)
def test_listed_receiver_is_allowed(listed, url):
    assert Receivers(lambda: [listed]).parse(url).is_listed


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:5679/", "http://127.0.0.1/", "http://localhost:5678/", "http://127.0.0.2:5678/", "http://[::1]:5678/"],
)
def test_listing_covers_exactly_host_and_port(url):
    with pytest.raises(InvalidInput):
        Receivers(lambda: ["127.0.0.1:5678"]).parse(url)


@pytest.mark.parametrize("address", ["169.254.169.254", "8.8.8.8", "0.0.0.0", "fe80::1", "::ffff:10.0.0.1", "224.0.0.1"])
def test_listed_name_must_lead_into_a_local_network(address):
    receivers = Receivers(lambda: ["nas.local:80"])
    target = receivers.parse("http://nas.local/")
    assert receivers.check_addresses(target, ["192.168.1.5"]) == ["192.168.1.5"]
    with pytest.raises(InvalidInput):
        receivers.check_addresses(target, [address])


def test_link_local_address_of_a_listed_name_is_left_out():
    receivers = Receivers(lambda: ["homeassistant.local:8123"])
    target = receivers.parse("http://homeassistant.local:8123/")
    assert receivers.check_addresses(target, ["fe80::1%2", "192.168.1.5", "169.254.1.1"]) == ["192.168.1.5"]
    with pytest.raises(InvalidInput):
        receivers.check_addresses(target, ["192.168.1.5", "8.8.8.8"])
    with pytest.raises(InvalidInput):
        receivers.check_addresses(receivers.parse("https://example.com/"), ["fe80::1", "8.8.8.8"])


@pytest.mark.parametrize(
    "url", ["https://pc.ngrok.app/chatgpt", "https://PC.ngrok.app.:443/", "http://127.0.0.1:8000/", "http://localhost:8000/"]
)
def test_own_address_is_refused_even_if_listed(url):
    receivers = Receivers(lambda: ["127.0.0.1:8000", "localhost:8000"], lambda: {"pc.ngrok.app:443"}, lambda: {8000, 8001})
    with pytest.raises(InvalidInput, match="own address"):
        receivers.parse(url)


def test_name_that_leads_to_own_port_is_refused():
    receivers = Receivers(lambda: ["nas.local:8000"], own_ports=lambda: {8000})
    target = receivers.parse("http://nas.local:8000/")
    with pytest.raises(InvalidInput, match="own address"):
        receivers.check_addresses(target, ["127.0.0.1"])


@pytest.mark.parametrize("text", ["127.0.0.1:8000", "localhost:8000"])
def test_own_port_cannot_be_listed(text):
    with pytest.raises(InvalidInput, match="own address"):
        Receivers(own_ports=lambda: {8000}).check_listed(text)


def test_only_listed_receivers_are_contacted_in_demo_mode():
    receivers = Receivers(lambda: ["127.0.0.1:5678"], only_listed=True)
    assert receivers.parse("http://127.0.0.1:5678/").is_listed
    with pytest.raises(InvalidInput, match="demo mode"):
        receivers.parse("https://example.com/")


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        (" HomeAssistant.local.:8123 ", "homeassistant.local:8123"),
        ("127.1:80", "127.0.0.1:80"),
        ("[0:0::1]:80", "[::1]:80"),
        ("192.168.1.20:05678", "192.168.1.20:5678"),
        ("100.101.102.103:80", "100.101.102.103:80"),
    ],
)
def test_listed_receiver_is_normalized(text, normalized):
    assert check_listed(text) == normalized


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nas",
        "nas:",
        "nas:0",
        "nas:70000",
        ":80",
        "http://nas:80",
        "nas:80/x",
        "a@nas:80",
        "8.8.8.8:80",
        "169.254.169.254:80",
        "0.0.0.0:80",
        "[::1:80",
        "::1:80",
    ],
)
def test_other_text_cannot_be_listed(text):
    with pytest.raises(InvalidInput):
        check_listed(text)


def test_address_of_this_computer_is_known():
    assert is_own("127.0.0.5") and is_own("::1") and is_own("::ffff:127.0.0.1") and not is_own("192.0.2.1")
