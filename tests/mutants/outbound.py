"""Wrong changes in requests to the internet: the SSRF guard, fetched files, and the shared HTTP client."""

from tests.mutants.mutant import Mutant

FETCH = ("tests/server/outbound/test_fetch.py",)
TRUSTED = ("tests/server/outbound/test_trusted_hosts.py",)
NETWORK = ("tests/server/outbound/test_public_network.py",)
CLIENT = ("tests/server/outbound/test_http_client.py",)
PREVIEWS = ("tests/server/access/guard/test_previews.py",)

MUTANTS: list[Mutant] = [
    Mutant(
        "server/outbound/public_network.py",
        "if not addresses or not all(is_allowed(address) for address in addresses):",
        "if not any(is_allowed(address) for address in addresses):",
        NETWORK,
    ),
    Mutant("server/outbound/public_network.py", "if not addresses or not all(is_allowed", "if not all(is_allowed", FETCH),
    Mutant(
        "server/outbound/public_network.py",
        "self._dialer.connect_tcp(address, port,",
        "self._dialer.connect_tcp(host, port,",
        NETWORK,
    ),
    Mutant(
        "server/outbound/public_network.py",
        "is_allowed = is_loopback if (host, port) in self._allowed else is_public",
        "is_allowed = (lambda _: True) if (host, port) in self._allowed else is_public",
        NETWORK,
    ),
    Mutant("server/outbound/public_network.py", "if (host, port) in self._allowed", "if host in dict(self._allowed)", NETWORK),
    Mutant(
        "server/outbound/public_network.py",
        "(address.scope_id or address not in GLOBAL_UNICAST)",
        "(address not in GLOBAL_UNICAST)",
        NETWORK,
    ),
    Mutant(
        "server/outbound/public_network.py", "(address.scope_id or address not in GLOBAL_UNICAST)", "address.scope_id", NETWORK
    ),
    Mutant("server/outbound/public_network.py", "return address.is_global and not any", "return not any", NETWORK),
    Mutant("server/outbound/public_network.py", '        "224.0.0.0/4",\n', "", NETWORK),
    Mutant("server/outbound/public_network.py", '        "2002::/16",', '        "2002::/32",', NETWORK),
    Mutant("server/outbound/public_network.py", '        "192.88.99.0/24",', '        "192.88.98.0/24",', NETWORK),
    Mutant(
        "server/outbound/public_network.py",
        "    except ValueError:\n        return False",
        "    except ValueError:\n        return True",
        NETWORK,
    ),
    Mutant("server/outbound/fetch.py", "if address.userinfo or not HOST.fullmatch(host):", "if not HOST.fullmatch(host):", FETCH),
    Mutant("server/outbound/fetch.py", "if address.userinfo or not HOST.fullmatch(host):", "if address.userinfo:", FETCH),
    Mutant(
        "server/outbound/fetch.py",
        'if address.scheme != "https" or address.port is not None:',
        'if address.scheme != "https":',
        FETCH,
    ),
    Mutant(
        "server/outbound/fetch.py",
        'if address.scheme != "https" or address.port is not None:',
        "if address.port is not None:",
        FETCH,
    ),
    Mutant("server/outbound/fetch.py", "        if self.only_allowed:\n            raise InvalidInput(DEMO_ONLY)\n", "", FETCH),
    Mutant("server/outbound/fetch.py", 'if address.scheme == "http" and (host,', "if (host,", FETCH),
    Mutant("server/outbound/fetch.py", "    if status != 200:\n", "    if status >= 400:\n", FETCH),
    Mutant("server/outbound/fetch.py", '    if coding.strip().lower() not in {"", "identity"}:', "    if False:", FETCH),
    Mutant("server/outbound/fetch.py", "        if len(content) > largest:\n", "        if len(content) > largest + 1:\n", FETCH),
    Mutant(
        "server/core/file_names.py",
        "name = SEPARATORS.split(name)[-1]",
        'name = name.split("/")[-1]',
        ("tests/server/core/test_file_names.py",),
    ),
    Mutant(
        "server/core/file_names.py",
        'CONTROLS.sub("", remove_hidden(unicodedata.normalize("NFC", name)))',
        'unicodedata.normalize("NFC", name)',
        ("tests/server/core/test_file_names.py",),
    ),
    Mutant(
        "server/core/file_names.py",
        "    if RESERVED.match(name):\n",
        "    if False:\n",
        ("tests/server/core/test_file_names.py",),
    ),
    Mutant("server/outbound/http_client.py", "DefaultCookiePolicy(allowed_domains=())", "DefaultCookiePolicy()", CLIENT),
    Mutant("server/outbound/http_client.py", '"mounts": direct, ', "", CLIENT),
    Mutant("server/outbound/http_client.py", "            await client.aclose()", "            pass", CLIENT),
    Mutant(
        "server/outbound/fetch.py",
        "        self.require_permitted(url)\n        address = self._parse(url)\n",
        "        address = self._parse(url)\n",
        FETCH,
    ),
    Mutant(
        "server/outbound/fetch.py", "if not is_permitted(link.given) and not self.is_trusted(link.given)]", "if False]", PREVIEWS
    ),
    Mutant("server/outbound/trusted_hosts.py", "host.endswith(pattern[1:])", "host.endswith(pattern[2:])", TRUSTED),
    Mutant("server/outbound/fetch.py", 'return address.scheme == "https" and any(', "return any(", TRUSTED),
    Mutant("server/outbound/previews.py", "given in permitted", "bool(permitted)", ("tests/server/outbound/test_previews.py",)),
    Mutant("server/outbound/http_client.py", '{"request": [refuse_in_preview]}', "{}", CLIENT),
    Mutant("server/access/guard/previews.py", "        with previewing(permitted):\n", "        if True:\n", PREVIEWS),
    Mutant(
        "server/access/guard/call.py", "is Policy.ask or effect.links or effect.once:", "is Policy.ask or effect.once:", PREVIEWS
    ),
    Mutant(
        "server/access/guard/call.py",
        "None if effect.links or effect.once else await",
        "None if effect.once else await",
        PREVIEWS,
    ),
    Mutant(
        "server/access/guard/call.py",
        "if previewed.unfetched and bind(digest, previewed.effect) == approval.hash:",
        "if previewed.unfetched:",
        PREVIEWS,
    ),
    Mutant(
        "server/access/approvals/approval.py",
        "        if self.effect.links or self.effect.once:\n",
        "        if self.effect.once:\n",
        PREVIEWS,
    ),
    Mutant(
        "server/integrations/gmail/mailbox/attachments.py",
        "return file if fetch.is_trusted(link) else replace(file, link=link)",
        "return file",
        PREVIEWS,
    ),
]
