"""Wrong changes for callers with their own tokens: whom it lets in, whose credentials are used, how many there are."""

from tests.mutants.mutant import Mutant

S = "server/integrations/tools"
T = "tests/server/integrations/tools"
A = "server/access"
ROUTES = f"{T}/test_caller_routes.py"
CALLERS = f"{T}/test_callers.py"
SESSIONS = f"{T}/test_sessions.py"
ACCESS = "tests/server/access/clients/test_callers.py"
RATES = "tests/server/access/guard/test_rate_limits.py"
OWN_DATA = (f"{ROUTES}::test_each_caller_calls_with_their_own_token", "tests/checks/test_gateway_callers.py")
NO_CREDENTIAL = (f"{CALLERS}::test_process_of_a_caller_gets_their_token_and_settings_alone",)
NO_HEADER = (f"{CALLERS}::test_request_of_a_caller_has_their_token_and_nothing_of_the_persons",)
OWN_SCOPE = (f"{ACCESS}::test_callers_of_a_scope_are_one_client_with_that_scope_alone",)
NO_TOKEN = (f"{ACCESS}::test_everything_else_is_none",)
LIMITS = (f"{RATES}::test_callers_of_a_client_have_limits_of_their_own_and_one_together",)

MUTANTS = [
    # Whose data
    Mutant(f"{S}/sessions.py", "hashlib.sha256(token.encode()).hexdigest() if token", '"caller" if token', OWN_DATA),
    Mutant(f"{S}/upstream.py", "token = call.caller_token if call else SHARED", "token = SHARED", OWN_DATA),
    Mutant(
        f"{A}/clients/callers.py",
        'return identify(f"{client.identity} {text}") if client.caller else text',
        "return text",
        (f"{ROUTES}::test_result_of_one_caller_is_not_repeated_to_another",),
    ),
    # Whose credentials
    Mutant(f"{S}/callers.py", "    return bool(sets) and not CREDENTIAL.search(name)", "    return bool(sets)", NO_CREDENTIAL),
    Mutant(f"{S}/callers.py", " and not OPENING.search(value)", "", NO_CREDENTIAL),
    Mutant(f"{S}/callers.py", "    return bool(sets) and", "    return", NO_CREDENTIAL),
    Mutant(
        f"{S}/callers.py",
        "secrets.variables.items() if is_setting(name, value.get_secret_value())",
        "secrets.variables.items()",
        NO_CREDENTIAL,
    ),
    Mutant(
        f"{S}/callers.py", "secrets.headers.items() if name.lower() in HARMLESS_HEADERS", "secrets.headers.items()", NO_HEADER
    ),
    Mutant(
        f"{S}/callers.py",
        "        if any(VALUE.match(argument) and CREDENTIAL.search(argument) for argument in config.arguments):",
        "        if False:",
        (f"{CALLERS}::test_server_that_is_started_with_a_credential_is_not_for_callers",),
    ),
    Mutant(
        f"{S}/callers.py",
        " or LOADING.match(variable.upper())",
        "",
        (f"{CALLERS}::test_variable_for_the_token_is_one_that_runs_nothing",),
    ),
    Mutant(
        f"{S}/upstream.py",
        "log.with_secret(token), None",
        "log.with_secret(token), ask",
        (f"{ROUTES}::test_person_is_not_asked_by_a_server_for_a_caller",),
    ),
    Mutant(
        f"{S}/upstream.py",
        "if self.sign_in and token == SHARED:",
        "if self.sign_in:",
        (f"{T}/sign_in/test_routes.py::test_callers_never_use_the_sign_in_of_the_person",),
    ),
    # Where tokens go
    Mutant(f"{A}/clients/callers.py", "(?!{KEY_PREFIX})", "", NO_TOKEN),
    Mutant(f"{A}/clients/callers.py", "if len(values) == 1 else", "if values else", NO_TOKEN),
    Mutant(
        f"{A}/clients/callers.py",
        ' and "x-api-key" not in headers',
        "",
        (f"{ACCESS}::test_token_beside_a_key_is_none",),
    ),
    Mutant(
        f"{A}/clients/registry.py",
        " or hashed in cache.ended",
        "",
        (f"{ACCESS}::test_credential_of_deskhand_is_no_token_of_a_caller_also_after_its_end",),
    ),
    Mutant(
        f"{A}/guard/call.py",
        'return text.replace(token, "•••") if token else text',
        "return text",
        (f"{ROUTES}::test_token_is_neither_stored_nor_shown",),
    ),
    Mutant(
        f"{A}/guard/permissions.py",
        "        if has_token:  # what waits",
        "        if False:  # what waits",
        (f"{ROUTES}::test_call_that_would_ask_is_refused_with_a_sentence",),
    ),
    # Who is let in
    Mutant(
        f"{A}/clients/registry.py",
        " and own in other.scopes)",
        ")",
        (f"{ACCESS}::test_client_without_its_scope_gives_callers_none",),
    ),
    Mutant(f"{A}/clients/registry.py", 'if scope in {"", own} and', "if", OWN_SCOPE),
    Mutant(
        f"{A}/guard/guard.py",
        "read_token(request.headers) if operation.scope or operation.for_callers else",
        "read_token(request.headers) if True else",
        (f"{ROUTES}::test_token_of_a_caller_opens_nothing_else",),
    ),
    Mutant(
        f"{A}/guard/guard.py",
        "            return callers.require(operation.scope, token)",
        '            return callers.require("", token)',
        (f"{ROUTES}::test_callers_see_the_tools_that_they_may_call",),
    ),
    Mutant(
        f"{S}/servers.py",
        "            if enabled and not upstream.risks.whole:",
        "            if False:",
        (f"{ROUTES}::test_server_that_runs_commands_is_not_for_callers",),
    ),
    Mutant(
        f"{S}/service.py",
        "        context.caller_tokens.on_end.append(self._end_callers)\n",
        "",
        (f"{ROUTES}::test_sessions_end_when_the_client_of_callers_is_revoked",),
    ),
    # How many
    Mutant(
        f"{S}/sessions.py",
        ">= MOST_IDENTITIES:",
        "> MOST_IDENTITIES:",
        (f"{SESSIONS}::test_tokens_are_limited_and_the_shared_session_is_none_of_them",),
    ),
    Mutant(
        f"{S}/sessions.py",
        ">= MOST_CALLS:",
        "> MOST_CALLS:",
        (f"{SESSIONS}::test_calls_of_callers_are_limited_and_shared_ones_are_not",),
    ),
    Mutant(f"{S}/sessions.py", "            use.refused = True\n", "", (f"{SESSIONS}::test_refused_token_takes_no_place",)),
    Mutant(
        f"{S}/sessions.py",
        "not self.calls and (self.refused",
        "(self.refused",
        (f"{SESSIONS}::test_refused_session_ends_with_the_last_of_its_calls",),
    ),
    Mutant(
        f"{S}/sessions.py",
        "    return not use.calls and use.at",
        "    return use.at",
        (f"{SESSIONS}::test_session_with_a_long_call_is_not_idle",),
    ),
    Mutant(
        f"{S}/upstream.py", " or supervisor.is_refused)", ")", (f"{ROUTES}::test_token_that_a_server_refuses_takes_no_place",)
    ),
    Mutant(
        f"{S}/upstream.py",
        "(isinstance(error, SignInNeeded) or supervisor",
        "(supervisor",
        (f"{ROUTES}::test_token_that_expires_ends_the_session",),
    ),
    Mutant(f"{A}/guard/rate_limits.py", "if client.rate or not total.passed:", "if client.rate:", LIMITS),
    Mutant(
        f"{A}/guard/rate_limits.py",
        "            if client.rate or not total.passed:",
        "            if not total.passed:",
        (f"{RATES}::test_rate_of_the_client_of_callers_is_theirs_together",),
    ),
]
