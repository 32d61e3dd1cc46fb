"""Wrong changes in the person's sign-in at upstream servers: pages, answers, grants, requests and configurations."""

from tests.mutants.mutant import Mutant

S = "server/integrations/tools"
T = "tests/server/integrations/tools"
ROUTES = f"{T}/sign_in/test_routes.py"
PENDING = f"{T}/sign_in/test_pending.py"
STORED = f"{T}/sign_in/test_stored.py"
SIGN_INS = f"{T}/sign_in/test_sign_ins.py"
SIGN_IN = f"{T}/sign_in/test_sign_in.py"
OAUTH = f"{T}/adapter/test_oauth.py"
HTTP = "tests/server/sdk/test_oauth_http.py"
CLIENT = f"{T}/config/test_oauth.py"

MUTANTS = [
    # Page and answer
    Mutant(
        f"{S}/sign_in/pending.py",
        'return named and (parts.scheme == "https" or',
        "return named or (",
        (f"{PENDING}::test_page_is_https_or_on_this_computer",),
    ),
    Mutant(
        f"{S}/sign_in/pending.py",
        "        if not is_page(address):\n",
        "        if False:\n",
        (f"{PENDING}::test_page_that_is_none_is_not_offered",),
    ),
    Mutant(
        f"{S}/sign_in/pending.py",
        "    if len(values) < len(pairs):\n",
        "    if False:\n",
        (f"{PENDING}::test_answer_with_a_parameter_twice_is_refused",),
    ),
    Mutant(
        f"{S}/sign_in/sign_ins.py",
        "secrets.compare_digest(pending.state.encode(), answer.state.encode())",
        "True",
        (f"{ROUTES}::test_answer_with_an_unknown_state_completes_nothing",),
    ),
    Mutant(
        f"{S}/sign_in/sign_ins.py",
        "                if pending.answer.done():\n",
        "                if False:\n",
        (f"{ROUTES}::test_answer_counts_once",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "iss=answer.issuer",
        "iss=None",
        (f"{ROUTES}::test_answer_of_another_issuer_completes_nothing",),
    ),
    Mutant(
        f"{S}/sign_in/sign_ins.py",
        "        if not upstream.is_confirmed:\n",
        "        if False:\n",
        (f"{SIGN_INS}::test_server_that_is_not_confirmed_has_no_sign_in",),
    ),
    Mutant(
        f"{S}/sign_in/sign_ins.py",
        "        self.cancel(server_id)\n        state =",
        "        state =",
        (f"{SIGN_INS}::test_removed_server_ends_a_sign_in_that_waits",),
    ),
    # Whose token, and for whom
    Mutant(
        f"{S}/adapter/oauth.py",
        "        if read_origin(request.url) != read_origin(self._url):\n",
        "        if False:\n",
        (f"{OAUTH}::test_token_is_sent_to_its_own_server_only",),
    ),
    Mutant(
        f"{S}/sign_in/stored.py",
        "return grant if grant and grant.binding == binding else None",
        "return grant",
        (f"{STORED}::test_grant_is_for_the_configuration_that_it_was_granted_for",),
    ),
    Mutant(
        f"{S}/sign_in/stored.py",
        "digest([fingerprint(config), read_target(config, secrets)])",
        "digest([fingerprint(config)])",
        (f"{STORED}::test_binding_is_another_for_another_address_or_client",),
    ),
    Mutant(
        f"{S}/sign_in/stored.py",
        ' and "authorization" not in map(str.lower, config.headers)',
        "",
        (f"{STORED}::test_sign_in_is_for_servers_over_http_without_a_header_that_authenticates",),
    ),
    Mutant(
        f"{S}/servers.py",
        "        await self.sign_ins.forget(server_id)\n",
        "",
        (f"{ROUTES}::test_removed_server_leaves_no_token_for_the_next_of_its_name",),
    ),
    Mutant(
        f"{S}/sign_in/sign_in.py",
        "            if not self.is_forgotten:\n",
        "            if True:\n",
        (f"{SIGN_IN}::test_token_that_comes_after_signing_out_is_not_stored",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        'url.partition("?")[0]',
        "url",
        (f"{OAUTH}::test_query_of_the_address_is_sent_to_its_server_only",),
    ),
    # Refreshing
    Mutant(
        f"{S}/adapter/oauth.py",
        "            if flow and flow.token and flow.token != refused:\n",
        "            if False:\n",
        (f"{OAUTH}::test_refused_token_is_refreshed_once_for_all_requests",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "        async with self._lock:\n",
        "        if True:\n",
        (f"{OAUTH}::test_requests_at_once_refresh_a_token_once",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "    context.token_expiry_time = grant.ends\n",
        "",
        (f"{OAUTH}::test_requests_at_once_refresh_a_token_once",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "        context.oauth_metadata = OAuthMetadata.model_validate(grant.authorization_server)\n",
        "        pass\n",
        (f"{OAUTH}::test_token_is_refreshed_where_it_was_issued",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "return await asyncio.shield(task)",
        "return await task",
        (f"{OAUTH}::test_renewal_is_completed_when_its_request_is_cancelled",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        'not in {"", self._given_up}',
        '!= ""',
        (f"{OAUTH}::test_refresh_that_was_refused_is_not_tried_again",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "            if refreshing and (",
        "            if False and (",
        (f"{OAUTH}::test_refresh_that_fails_for_a_while_asks_nobody_and_is_tried_again",),
    ),
    Mutant(
        f"{S}/sign_in/sign_in.py",
        "self.refusal.status not in {status, UNAUTHORIZED}",
        "self.refusal.status != status",
        (f"{OAUTH}::test_refusal_after_which_the_sdk_tries_an_older_revision_still_needs_a_sign_in",),
    ),
    # Requests of a sign-in
    Mutant(
        "server/sdk/oauth_http.py",
        "if (host, port) != self._server and not all(map(is_public, addresses)):",
        "if False:",
        (f"{HTTP}::test_public_server_may_not_name_one_here",),
    ),
    Mutant(
        "server/sdk/oauth_http.py",
        "return not any(map(is_public, own)) and is_private(address)",
        "return is_private(address)",
        (f"{HTTP}::test_private_server_may_name_one_as_private",),
    ),
    Mutant(
        "server/sdk/oauth_http.py",
        "return address.is_private and not special",
        "return address.is_private",
        (f"{HTTP}::test_private_server_may_name_one_as_private",),
    ),
    Mutant(
        "server/sdk/oauth_http.py",
        '        if url.userinfo or not (plain or url.scheme == "https"):\n',
        "        if False:\n",
        (f"{HTTP}::test_secrets_are_sent_encrypted",),
    ),
    Mutant(
        "server/sdk/oauth_http.py",
        "                if len(body) > LARGEST:\n",
        "                if False:\n",
        (f"{HTTP}::test_answer_is_bounded_and_redirects_are_not_followed",),
    ),
    Mutant(
        "server/sdk/oauth_http.py",
        '            if answered.get("content-encoding", "identity").lower() != "identity":\n',
        "            if False:\n",
        (f"{HTTP}::test_answer_is_bounded_and_redirects_are_not_followed",),
    ),
    # Configurations
    Mutant(
        f"{S}/config/oauth.py",
        "    values = {SECRET: secret} if secret and not VARIABLE.fullmatch(secret) else {}\n",
        "    values: dict[str, str] = {}\n",
        (f"{CLIENT}::test_secret_is_stored_as_a_secret",),
    ),
    Mutant(
        f"{S}/config/oauth.py",
        "    if client.machine and not (client.client_secret and client.issuer):\n",
        "    if False:\n",
        (f"{CLIENT}::test_client_credentials_name_their_issuer",),
    ),
    Mutant(
        f"{S}/config/oauth.py",
        '(SCOPE if key == "scope" else TEXT).fullmatch',
        "re.compile('.*').fullmatch",
        (f"{CLIENT}::test_client_that_cannot_be_used_is_refused",),
    ),
    # Answers of hostile authorization servers
    Mutant(
        f"{S}/adapter/oauth.py",
        'methods is not None and "S256" not in methods',
        "False",
        ("tests/server/integrations/tools/adapter/test_oauth.py::test_metadata_that_leads_elsewhere_ends_the_sign_in",),
    ),
    Mutant(
        f"{S}/adapter/oauth.py",
        "ValueError, ArithmeticError, LookupError, TypeError)",
        "ValueError)",
        ("tests/server/integrations/tools/adapter/test_oauth.py::test_metadata_that_leads_elsewhere_ends_the_sign_in",),
    ),
    Mutant(
        f"{S}/sign_in/pending.py",
        "            raise UpstreamFailed(UNUSABLE)\n",
        "            return\n",
        ("tests/server/integrations/tools/sign_in/test_pending.py::test_page_that_is_none_is_not_offered",),
    ),
]
