"""Wrong changes in the authorization server that the tests must notice."""

from tests.mutants.mutant import Mutant

PENDING = ("tests/server/access/oauth/test_pending_authorizations.py",)
CAPACITY = ("tests/server/access/oauth/test_capacity.py",)

MUTANTS = [
    Mutant(
        "server/access/oauth/grants.py",
        'data.get("code_challenge_method") != "S256"',
        'data.get("code_challenge_method") == ""',
        ("tests/server/access/oauth/test_grants.py::test_challenge_method_is_s256_only",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "and grant.request.client.needs_pkce",
        "and False",
        ("tests/server/access/oauth/test_grants.py::test_pkce_is_checked_if_sent_and_required_of_public_clients",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "        if stored.used_at:\n            self.server.end(stored.grant, CODE_TWICE)\n",
        "        if stored.used_at:\n",
        ("tests/server/access/oauth/test_grants.py::test_code_is_valid_once_and_its_reuse_revokes_every_token_issued_from_it",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "return stored if stored and stored.oauth_client == client.registration.id else None",
        "return stored",
        ("tests/server/access/oauth/test_grants.py::test_code_or_token_of_another_client_is_neither_accepted_nor_revoked",),
    ),
    Mutant("server/access/oauth/grants.py", 'stored.kind != "refresh" or ', "", ("tests/server/access/oauth/test_grants.py",)),
    Mutant(
        "server/access/oauth/grants.py",
        "if stored is None or stored.oauth_client != client.registration.id:",
        "if stored is None:",
        ("tests/server/access/oauth/test_grants.py::test_code_or_token_of_another_client_is_neither_accepted_nor_revoked",),
    ),
    Mutant(
        "server/access/oauth/authorization_server.py",
        "!= held.resource:",
        '== "x":',
        (
            "tests/server/access/oauth/test_grants.py",
            "tests/server/access/oauth/test_authorization_server.py",
            "tests/server/access/oauth/test_request_context.py",
            "tests/server/access/oauth/test_authlib_types.py",
            "tests/server/access/oauth/test_routes.py",
        ),
    ),
    Mutant(
        "server/access/oauth/authorization_server.py",
        '    if request.headers.get("Authorization") and request.payload.data.get("client_secret"):',
        "    if False:",
        ("tests/server/access/oauth/test_authlib_types.py",),
    ),
    Mutant(
        "server/access/oauth/redirect_uris.py",
        "return any_port and match",
        "return match",
        ("tests/server/access/oauth/test_redirect_uris.py",),
    ),
    Mutant(
        "server/access/oauth/redirect_uris.py",
        '"@" not in parts.netloc',
        "True",
        ("tests/server/access/oauth/test_redirect_uris.py",),
    ),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "if pending is None or not is_same(cookie, pending.cookie):",
        "if pending is None:",
        ("tests/server/access/oauth/test_pending_authorizations.py", "tests/server/access/oauth/test_routes.py"),
    ),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "if pending.tries >= MOST_TRIES:",
        "if False:",
        ("tests/server/access/oauth/test_pending_authorizations.py",),
    ),
    Mutant("server/access/oauth/consent.py", "if scope not in lost)", "if True)", ("tests/server/access/oauth/test_consent.py",)),
    Mutant(
        "server/access/oauth/client_metadata.py",
        "if metadata.client_id != address:",
        "if False:",
        ("tests/server/access/oauth/test_client_metadata.py",),
    ),
    Mutant(
        "server/access/oauth/routes.py",
        "        if len(body) > LARGEST_BODY:",
        "        if False:",
        ("tests/server/access/oauth/test_routes.py",),
    ),
    Mutant(
        "server/core/credentials.py",
        "hashed is not None and hmac.compare_digest(digest(secret), hashed)",
        "hashed is None or hmac.compare_digest(digest(secret), hashed)",
        ("tests/server/core/test_credentials.py",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "                server.end(stored.grant, REFRESH_TWICE)\n",
        "                pass\n",
        (
            "tests/server/access/oauth/test_grants.py::test_spent_refresh_token_is_refused_for_five_minutes_and_then_revokes_its_family",
        ),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "if self._age(stored) > PARALLEL_USE:",
        "if self._age(stored):",
        (
            "tests/server/access/oauth/test_grants.py::test_spent_refresh_token_is_refused_for_five_minutes_and_then_revokes_its_family",
        ),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "return successor is not None and successor.used_at is None",
        "return successor is not None",
        (
            "tests/server/access/oauth/test_grants.py::test_refresh_token_whose_successor_was_used_is_refused_at_once_and_revokes_its_family_later",
        ),
    ),
    Mutant(
        "server/access/oauth/pending_authorization.py",
        "any_port=registration.secret_hash is None",
        "any_port=True",
        (
            "tests/server/access/oauth/test_pending_authorization.py::test_other_loopback_port_is_shown_for_a_confidential_client_only",
        ),
    ),
    Mutant(
        "server/access/oauth/dynamic_registration.py",
        "return [item for item in given if supported(item)]",
        "return list(given)",
        ("tests/server/access/oauth/test_dynamic_registration.py::test_foreign_redirect_uri_is_left_out_and_alone_refused",),
    ),
    Mutant(
        "server/access/oauth/dynamic_registration.py",
        "return value if value in METHODS else METHODS[0]",
        "return value",
        ("tests/server/access/oauth/test_dynamic_registration.py",),
    ),
    Mutant(
        "server/access/oauth/dynamic_registration.py",
        "Grants = Annotated[list[str], keep_supported(GRANTS.__contains__), ",
        "Grants = Annotated[list[str], ",
        ("tests/server/access/oauth/test_dynamic_registration.py::test_vs_code_is_registered_with_what_is_supported",),
    ),
    Mutant("server/access/oauth/capacity.py", "if len(queue) < MOST_WAITING:", "if False:", CAPACITY),
    Mutant("server/access/oauth/capacity.py", "disconnected or [", "[", CAPACITY),
    Mutant("server/access/oauth/capacity.py", " if pending.source == crowd]", "]", CAPACITY),
    Mutant("server/access/oauth/capacity.py", ">= DIFFERENT for", ">= 1 for", CAPACITY),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "        if not matching[0].asks_the_same(pending):\n",
        "        if False:\n",
        PENDING,
    ),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "if other.client_id == pending.client_id]\n        matching",
        "if other is pending]\n        matching",
        PENDING,
    ),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "            self._denied.add(pending.browser)\n",
        "            pass\n",
        PENDING,
    ),
    Mutant("server/access/oauth/pending_authorizations.py", "digits=choose_digits(same),", 'digits="1234",', PENDING),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "if browser and p.browser == browser and p.client_id",
        "if p.client_id",
        PENDING,
    ),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "client.id == client_id if client else approved",
        "client and client.id == client_id",
        PENDING,
    ),
    Mutant(
        "server/access/oauth/store.py",
        "    read_live(connection, client_id)\n",
        "",
        ("tests/server/access/oauth/test_oauth_clients.py::test_secret_of_a_client_that_is_revoked_meanwhile_is_not_renewed",),
    ),
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "            pending.decision = Decision.waiting\n",
        "",
        ("tests/server/access/oauth/test_pending_authorizations.py::test_sign_in_whose_approval_cannot_be_stored_still_waits",),
    ),
    Mutant(
        "server/access/oauth/service.py",
        "        if not self.settings.documents_allowed:  # or not any more",
        "        if documents == {}:",
        ("tests/server/access/oauth/test_client_metadata.py::test_documents_turned_off_during_a_fetch_are_refused",),
    ),
    Mutant(
        "server/access/oauth/service.py",
        "        if not self.settings.registration_allowed:  # or not any more",
        "        if not body:",
        ("tests/server/access/oauth/test_service.py::test_registration_that_is_turned_off_while_a_body_is_read_is_refused",),
    ),
]
