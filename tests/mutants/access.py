"""Wrong changes in server/access that the tests must notice."""

from tests.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "server/access/guard/call.py",
        "        self._record.begin(begun)\n        if self._permissions.check() is Policy.ask:",
        "        self._record.begin(begun)\n        if False and self._permissions.check() is Policy.ask:",
        (
            "tests/server/access/guard/test_permissions.py::test_change_while_the_row_is_written_stops_a_call_that_does_not_check_again",
        ),
    ),
    Mutant(
        "server/access/guard/call.py",
        "if bind(digest, effect) != approval.hash:",
        "if False:",
        ("tests/server/access/guard/test_call.py::test_a_yes_does_not_hold_for_what_has_another_seal",),
    ),
    Mutant(
        "server/access/guard/call.py",
        "if digest != approval.call_hash:",
        "if False:",
        ("tests/server/access/approvals/test_runner.py::test_another_call_in_its_place_does_not_run",),
    ),
    Mutant(
        "server/access/guard/call.py",
        "            require_credential(connection, client.credential)\n",
        "            pass\n",
        (
            "tests/server/access/guard/test_permissions.py::test_after_everything_off_nothing_begins_any_more_whatever_is_on_its_way",
            "tests/server/access/guard/test_permissions.py::test_revoked_key_begins_nothing_even_if_the_cache_does_not_know_yet",
        ),
    ),
    Mutant(
        "server/access/guard/call.py",
        "                approvals.allowances.require(connection, allowance)",
        "                pass",
        (
            "tests/server/access/clients/test_allowances.py::test_allowance_that_ends_while_the_row_waits_for_the_disk_does_not_hold_any_more",
        ),
    ),
    Mutant(
        "server/access/guard/call.py",
        "            if self._key is None:\n                approvals.require_new",
        "            if False:\n                approvals.require_new",
        ("tests/server/access/approvals/test_service.py::test_what_ran_after_a_yes_for_good_is_not_run_again_by_a_repetition",),
    ),
    Mutant(
        "server/access/guard/call.py",
        "        record.begin(approval.activity_id)\n        self._permissions.check()\n",
        "        record.begin(approval.activity_id)\n",
        ("tests/server/access/approvals/test_runner.py::test_change_while_an_approved_call_is_claimed_stops_it",),
    ),
    Mutant(
        "server/access/guard/call.py",
        "        self._permissions.require_held(self._allowance, held)\n",
        "",
        (
            "tests/server/access/guard/test_permissions.py::test_what_the_person_changes_while_a_call_waits_for_its_turn_holds_for_that_call",
        ),
    ),
    Mutant(
        "server/access/guard/call.py",
        "if name in self._parameters}",
        "}",
        ("tests/server/access/guard/test_guard.py::test_recorded_arguments_are_those_of_the_caller",),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "        if services.clients.refresh(client) is None:",
        "        if False:",
        (
            "tests/server/access/guard/test_permissions.py::test_what_a_reading_call_found_is_not_handed_to_a_client_that_was_ended_meanwhile",
        ),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "if request.scope.get(OPERATION, operation.name) != operation.name:",
        "if False:",
        ("tests/server/access/guard/test_guard.py::test_path_that_leads_to_another_operation_is_not_found",),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "            call.check_scope()\n",
        "",
        ("tests/server/access/guard/test_guard.py::test_a_missing_scope_is_refused_before_the_body_is_read_and_noted",),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "        if len(keys) > 1:",
        "        if False:",
        ("tests/server/access/guard/test_guard.py::test_every_carrier_of_a_key_is_understood_and_two_keys_are_not",),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "            if quota and not quota.passed:\n                raise",
        "            if False and quota:\n                raise",
        ("tests/server/access/guard/test_guard.py::test_too_many_calls_are_429_with_the_time_to_wait_and_one_row",),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "        if quota is None or quota.passed or quota.first_refusal:",
        "        if True:",
        ("tests/server/access/guard/test_guard.py::test_too_many_calls_are_429_with_the_time_to_wait_and_one_row",),
    ),
    Mutant(
        "server/access/guard/guard.py",
        "        if not operation.changes:\n            await call.close",
        "        if False:\n            await call.close",
        ("tests/server/access/guard/test_guard.py::test_reading_call_of_a_disconnected_caller_is_recorded",),
    ),
    Mutant(
        "server/access/guard/permissions.py",
        "        if record.operation.changes or record.operation.ingests:",
        "        if record.operation.ingests:",
        ("tests/server/access/guard/test_guard.py::test_while_paused_reading_goes_on_and_nothing_changes",),
    ),
    Mutant(
        "server/access/guard/permissions.py",
        "        if record.operation.changes or record.operation.ingests:",
        "        if record.operation.changes:",
        ("tests/server/access/guard/test_guard.py::test_ingesting_is_refused_while_paused",),
    ),
    Mutant(
        "server/access/guard/permissions.py",
        "        if policy is Policy.deny:",
        "        if False:",
        ("tests/server/access/guard/test_guard.py::test_what_is_allowed_runs_and_what_is_denied_does_not",),
    ),
    Mutant(
        "server/access/guard/permissions.py",
        "        self.check_scope()\n        policy",
        "        policy",
        ("tests/server/access/guard/test_permissions.py::test_what_the_person_changes_while_a_body_comes_holds_for_that_call",),
    ),
    Mutant(
        "server/access/guard/permissions.py",
        "        if allowance not in held:",
        "        if False:",
        (
            "tests/server/access/guard/test_permissions.py::test_what_the_person_changes_while_a_call_waits_for_its_turn_holds_for_that_call",
        ),
    ),
    Mutant(
        "server/access/guard/duplicates.py",
        "if previous.hash != self.digest:",
        "if False:",
        ("tests/server/access/guard/test_duplicates.py",),
    ),
    Mutant(
        "server/access/guard/duplicates.py",
        "if previous.outcome is Outcome.uncertain:",
        "if False:",
        ("tests/server/access/guard/test_duplicates.py",),
    ),
    Mutant(
        "server/access/guard/duplicates.py",
        "if previous.status is None or previous.body is None:",
        'if previous.body == "":',
        ("tests/server/access/guard/test_duplicates.py",),
    ),
    Mutant(
        "server/access/guard/record.py",
        "began = self.state is CallState.running or",
        "began = False or",
        ("tests/server/access/guard/test_record.py",),
    ),
    Mutant(
        "server/access/guard/record.py",
        "self._redacted = redact(self.arguments)",
        "self._redacted = self.arguments",
        ("tests/server/access/guard/test_record.py",),
    ),
    Mutant(
        "server/access/guard/record.py",
        "result = redact_start(body, LONGEST_RESULT)",
        "result = body",
        ("tests/server/access/guard/test_record.py",),
    ),
    Mutant(
        "server/access/guard/request.py",
        "[operation.name, client.id, arguments]",
        "[operation.name, arguments]",
        (
            "tests/server/access/guard/test_request.py::test_digest_tells_operations_clients_and_arguments_apart_but_not_their_order",
        ),
    ),
    Mutant(
        "server/access/guard/request.py",
        "[operation.name, client.id, arguments]",
        "[client.id, arguments]",
        (
            "tests/server/access/guard/test_request.py::test_digest_tells_operations_clients_and_arguments_apart_but_not_their_order",
        ),
    ),
    Mutant(
        "server/access/guard/request.py",
        "if len(key) > LONGEST_IDEMPOTENCY_KEY:",
        "if False:",
        ("tests/server/access/guard/test_duplicates.py::test_an_idempotency_key_that_is_too_long_is_refused",),
    ),
    Mutant(
        "server/access/guard/rate_limits.py",
        "passed = await self._limiter.hit(item, client.id, name)",
        "passed = await self._limiter.hit(item, name)",
        ("tests/server/access/guard/test_rate_limits.py",),
    ),
    Mutant(
        "server/access/guard/rate_limits.py",
        "        return not passed and not known",
        "        return not passed",
        ("tests/server/access/guard/test_rate_limits.py",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        '    table.c.question == bindparam("of_question"),\n',
        "",
        ("tests/server/access/approvals/test_service.py::test_stale_approval_does_not_decide_on_a_question_that_replaced_it",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        '    table.c.state.in_(bindparam("of_states", expanding=True)),\n',
        "",
        ("tests/server/access/approvals/test_store.py::test_a_state_changes_once_and_only_from_the_one_it_has",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "    require_credential(connection, approval.credential)\n    if not move",
        "    if not move",
        ("tests/server/access/approvals/test_store.py",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "        require_credential(connection, new.credential)\n",
        "",
        (
            "tests/server/access/approvals/test_store.py::test_call_of_a_revoked_client_is_not_stored_even_if_the_cache_does_not_know_yet",
        ),
    ),
    Mutant(
        "server/access/approvals/store.py",
        ">= window.most:",
        "> window.most:",
        ("tests/server/access/approvals/test_service.py::test_ten_calls_of_a_client_wait_and_not_one_more",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "client.policies.get(approval.operation) is not Policy.deny",
        "True",
        (
            "tests/server/access/approvals/test_service.py::test_a_yes_that_comes_just_after_it_was_taken_away_leaves_nothing_behind",
        ),
    ),
    Mutant(
        "server/access/approvals/store.py",
        'approval.scope in {"", *client.scopes}',
        "True",
        (
            "tests/server/access/approvals/test_service.py::test_a_yes_that_comes_just_after_it_was_taken_away_leaves_nothing_behind",
        ),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "    if moved:\n        take_back(connection, approval.question)\n",
        "    if moved:\n",
        (
            "tests/server/access/approvals/test_runner.py::test_a_yes_that_is_taken_back_goes_with_all_that_it_allowed_and_can_be_given_again",
        ),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "        return False\n    take_back(connection, approval.question)\n",
        "        return False\n",
        (
            "tests/server/access/approvals/test_runner.py::test_a_yes_that_is_taken_back_goes_with_all_that_it_allowed_and_can_be_given_again",
        ),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "if not move(connection, approval, states, **values, body=None):",
        "if not move(connection, approval, states, **values):",
        ("tests/server/access/approvals/test_store.py",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        ".where(table.c.state == State.running)",
        ".where(table.c.state == State.denied)",
        (
            "tests/server/access/approvals/test_runner.py::test_what_runs_when_the_program_is_killed_is_uncertain_and_never_repeated",
        ),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "        if approval is None or client_id not in {None, approval.client_id}:",
        "        if approval is None:",
        ("tests/server/access/approvals/test_routes.py",),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "if approval is None or approval.expires_at <= self._now():",
        "if approval is None:",
        ("tests/server/access/approvals/test_service.py::test_what_nobody_answers_expires_and_says_so",),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "if allowance and store.is_permitted(connection, approval):",
        "if allowance:",
        (
            "tests/server/access/approvals/test_service.py::test_a_yes_that_comes_just_after_it_was_taken_away_leaves_nothing_behind",
        ),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "        if approval and approval.state is not State.denied:",
        "        if approval:",
        ("tests/server/access/approvals/test_service.py::test_what_was_denied_stays_denied_for_a_while_whoever_insists",),
    ),
    Mutant(
        "server/access/approvals/approval.py",
        "effect.recipients, effect.seal]",
        "effect.recipients]",
        ("tests/server/access/guard/test_call.py::test_a_yes_does_not_hold_for_what_has_another_seal",),
    ),
    Mutant(
        "server/access/approvals/approval.py",
        "*(() if self.reaches_others else (ApprovalDuration.always,))",
        "ApprovalDuration.always",
        ("tests/server/access/approvals/test_prompts.py", "tests/server/access/clients/test_allowances.py"),
    ),
    Mutant(
        "server/access/approvals/prompts.py",
        "        if extent not in approval.extents:",
        "        if False:",
        ("tests/server/access/approvals/test_prompts.py",),
    ),
    Mutant(
        "server/access/approvals/prompts.py",
        "        if self._pause.until is not None:",
        "        if False:",
        ("tests/server/access/approvals/test_runner.py::test_while_all_is_paused_nothing_can_be_allowed_and_the_question_stays",),
    ),
    Mutant(
        "server/access/approvals/prompts.py",
        '        clients.on_change.append(lambda: tasks.start(self.review(), name="review the approval requests"))\n',
        "",
        (
            "tests/server/access/approvals/test_runner.py::test_what_a_client_may_not_do_any_more_is_ended_at_once_and_its_call_is_answered",
        ),
    ),
    Mutant(
        "server/access/approvals/runner.py",
        "        if current.state is State.approved and",
        "        if",
        ("tests/server/access/approvals/test_runner.py::test_what_is_paused_between_the_yes_and_the_run_waits_for_another_yes",),
    ),
    Mutant(
        "server/access/activity/entry.py",
        "any(secret in name.lower() for secret in SECRET_NAMES)",
        "False",
        ("tests/server/access/activity/test_entry.py", "tests/server/access/guard/test_record.py"),
    ),
    Mutant(
        "server/access/activity/log.py",
        ".where(activity.c.outcome == Outcome.running)",
        ".where(activity.c.outcome == Outcome.waiting)",
        ("tests/server/access/guard/test_duplicates.py",),
    ),
    Mutant(
        "server/access/activity/log.py",
        "    if key is not None and entry.outcome is Outcome.refused:",
        "    if False and key:",
        ("tests/server/access/guard/test_permissions.py::test_what_is_paused_while_a_call_waits_for_the_disk_does_not_run",),
    ),
    Mutant(
        "server/access/activity/log.py",
        "    if require:\n        require(connection)\n",
        "",
        (
            "tests/server/access/guard/test_permissions.py::test_after_everything_off_nothing_begins_any_more_whatever_is_on_its_way",
            "tests/server/access/approvals/test_service.py::test_the_same_call_twice_at_the_same_moment_is_one_question",
        ),
    ),
    Mutant(
        "server/access/activity/log.py",
        'activity.c.at < bindparam("until"),',
        'activity.c.at >= bindparam("until"),',
        ("tests/server/access/activity/test_log.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "return bool(reached) and reached <= normalize",
        "return bool(reached & normalize(self.recipients)) or reached == normalize",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "return bool(reached) and",
        "return",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        'or_(allowance.c.until.is_(None), allowance.c.until > bindparam("now")),',
        "",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "        allowance.c.ended_at.is_(None),\n        or_",
        "        or_",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/client.py",
        "scopes=self.scopes & scopes",
        "scopes=scopes",
        ("tests/server/access/oauth/test_store.py",),
    ),
    Mutant(
        "server/access/clients/client.py",
        "Policy.ask if operation.changes",
        "Policy.allow if operation.changes",
        ("tests/server/access/guard/test_guard.py::test_what_changes_something_waits_for_the_person",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        'if token.resource not in {"", resource} or',
        "if",
        ("tests/server/access/oauth/test_authorization_server.py::test_a_token_for_the_tools_opens_nothing_else",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "token.expires_at <= self._clock.now().isoformat()",
        "False",
        ("tests/server/access/oauth/test_store.py",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "client.granted(token.grant, token.scopes)",
        "client",
        ("tests/server/access/oauth/test_grants.py::test_a_narrower_scope_narrows_this_token_and_not_the_next",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "            finally:\n                await self.load()",
        "            finally:\n                pass",
        ("tests/server/access/clients/test_registry.py",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "if key is not None and len(key) < SHORTEST_KEY:",
        "if False:",
        (
            "tests/server/access/clients/test_registry.py::test_a_short_key_of_the_persons_own_is_refused_and_a_long_one_is_hardly_shown",
        ),
    ),
    Mutant(
        "server/access/clients/store.py",
        ".where(api_key.c.revoked_at.is_(None), client.c.revoked_at.is_(None))\n)\nVALID_KEY",
        ".where(client.c.revoked_at.is_(None))\n)\nVALID_KEY",
        ("tests/server/access/clients/test_registry.py::test_a_renewed_key_opens_and_the_old_one_does_not_also_after_a_restart",),
    ),
    Mutant(
        "server/access/clients/store.py",
        'bindparam("grant"), oauth_grant.c.ended_at.is_(None), oauth',
        'bindparam("grant"), oauth',
        ("tests/server/access/clients/test_store.py", "tests/server/access/oauth/test_store.py"),
    ),
    Mutant(
        "server/access/clients/store.py",
        "        end_allowances(connection, now, [client_id])\n    values",
        "        pass\n    values",
        ("tests/server/access/clients/test_store.py",),
    ),
    Mutant(
        "server/access/clients/store.py",
        "    end_allowances(connection, now, [fresh.id])\n",
        "",
        ("tests/server/access/clients/test_store.py",),
    ),
    Mutant(
        "server/access/clients/grants.py", 'oauth_token.c.kind == "access", ', "", ("tests/server/access/clients/test_grants.py",)
    ),
    Mutant(
        "server/access/clients/grants.py",
        "    .where(oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))\n",
        "    .where(oauth_client.c.revoked_at.is_(None))\n",
        (
            "tests/server/access/oauth/test_store.py::test_who_comes_in_with_a_grant_may_do_what_both_may_until_it_ends_also_after_a_restart",
        ),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        'data.get("code_challenge_method") != "S256"',
        'data.get("code_challenge_method") == ""',
        ("tests/server/access/oauth/test_grants.py::test_only_the_method_s256_is_taken",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "and grant.request.client.needs_pkce",
        "and False",
        (
            "tests/server/access/oauth/test_grants.py::test_pkce_binds_where_it_is_sent_and_is_asked_of_whoever_has_no_secret_of_the_person",
        ),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "        if stored.used_at:\n            self.server.end(stored.grant, CODE_TWICE)\n",
        "        if stored.used_at:\n",
        (
            "tests/server/access/oauth/test_grants.py::test_a_code_is_good_once_and_a_second_time_ends_all_that_came_of_it_however_late",
        ),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "            server.end(stored.grant, REFRESH_TWICE)\n",
        "",
        ("tests/server/access/oauth/test_grants.py::test_a_spent_refresh_token_ends_the_whole_family_after_that",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "return late or successor is None or successor.used_at is not None",
        "return late",
        ("tests/server/access/oauth/test_grants.py::test_a_spent_refresh_token_ends_the_whole_family_once_its_heir_was_used",),
    ),
    Mutant(
        "server/access/oauth/grants.py",
        "return stored if stored and stored.oauth_client == client.registration.id else None",
        "return stored",
        ("tests/server/access/oauth/test_grants.py::test_nobody_elses_code_or_token_is_taken_or_ended",),
    ),
    Mutant("server/access/oauth/grants.py", 'stored.kind != "refresh" or ', "", ("tests/server/access/oauth/test_grants.py",)),
    Mutant(
        "server/access/oauth/grants.py",
        "if stored is None or stored.oauth_client != client.registration.id:",
        "if stored is None:",
        ("tests/server/access/oauth/test_grants.py::test_nobody_elses_code_or_token_is_taken_or_ended",),
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
        "any_port=registration.secret_hash is None",
        "any_port=True",
        (
            "tests/server/access/oauth/test_pending_authorizations.py::test_another_loopback_port_is_noted_for_a_client_with_a_secret_only",
        ),
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
    Mutant(
        "server/access/oauth/pending_authorizations.py",
        "and self._clock.now() - oldest.polled_at < gone:",
        "and False:",
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
    Mutant("server/access/pause.py", "if self._unknown:", "if False:", ("tests/server/access/test_pause.py",)),
    Mutant(
        "server/access/oauth/tokens.py",
        "hashed is not None and hmac.compare_digest(digest(secret), hashed)",
        "hashed is None or hmac.compare_digest(digest(secret), hashed)",
        ("tests/server/access/oauth/test_tokens.py",),
    ),
]
