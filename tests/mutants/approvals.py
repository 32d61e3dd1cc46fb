"""Wrong changes in approvals that the tests must notice."""

from tests.mutants.mutant import Mutant

SENTENCES, QUOTES = "server/core/sentences.py", ("tests/server/core/test_sentences.py",)

MUTANTS = [
    Mutant(
        "server/access/approvals/service.py",
        "{Outcome.done: State.done, Outcome.uncertain: State.uncertain}",
        "{Outcome.done: State.done}",
        ("tests/server/access/approvals/test_runner.py",),
    ),
    # a text from elsewhere does not end the quotation in which it stands
    Mutant(SENTENCES, "form.format_map(lines | quoted)", "form.format_map(lines)", QUOTES),
    Mutant(SENTENCES, "line if NAME.fullmatch(line) else", "line if True else", QUOTES),
    Mutant(SENTENCES, "|[{SINGLE}]{{2}})", ")", QUOTES),
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
        ("tests/server/access/approvals/test_store.py::test_state_changes_once_and_only_from_the_expected_state",),
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
        ("tests/server/access/approvals/test_service.py::test_pending_approvals_are_limited_to_ten_for_each_client",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "client.policies.get(approval.operation) is not Policy.deny",
        "True",
        ("tests/server/access/approvals/test_service.py::test_approval_just_after_revocation_leaves_no_allowance",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        'approval.scope in {"", *client.scopes}',
        "True",
        ("tests/server/access/approvals/test_service.py::test_approval_just_after_revocation_leaves_no_allowance",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "    if moved:\n        take_back(connection, approval.question)\n",
        "    if moved:\n",
        ("tests/server/access/approvals/test_runner.py::test_revoked_approval_removes_its_allowances_and_can_be_given_again",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "        return False\n    take_back(connection, approval.question)\n",
        "        return False\n",
        ("tests/server/access/approvals/test_runner.py::test_revoked_approval_removes_its_allowances_and_can_be_given_again",),
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
        ("tests/server/access/approvals/test_runner.py::test_call_running_at_a_crash_is_uncertain_and_never_repeated",),
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
        ("tests/server/access/approvals/test_service.py::test_unanswered_approval_expires",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "    if not is_permitted(connection, approval):",
        "    if False:",
        ("tests/server/access/approvals/test_service.py::test_approval_just_after_revocation_leaves_no_allowance",),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "        if approval and approval.state is not State.denied:",
        "        if approval:",
        ("tests/server/access/approvals/test_service.py::test_denied_call_stays_denied_for_a_while",),
    ),
    Mutant(
        "server/access/approvals/approval.py",
        "effect.recipients, effect.seal]",
        "effect.recipients]",
        ("tests/server/access/guard/test_call.py::test_approval_does_not_hold_for_another_digest",),
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
        ("tests/server/access/approvals/test_runner.py::test_approval_is_refused_while_paused_and_stays_pending",),
    ),
    Mutant(
        "server/access/approvals/prompts.py",
        '        clients.on_change.append(lambda: tasks.start(self.review(), name="review the approval requests"))\n',
        "",
        ("tests/server/access/approvals/test_runner.py::test_revoked_permission_ends_the_approval_and_answers_its_call",),
    ),
    Mutant(
        "server/access/approvals/runner.py",
        "        if current.state is State.approved and",
        "        if",
        ("tests/server/access/approvals/test_runner.py::test_pause_between_approval_and_run_needs_another_approval",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        'for name in ("html", "source")',
        'for name in ("html",)',
        ("tests/server/access/approvals/test_store.py::test_effect_is_stored_completely",),
    ),
    Mutant(
        "server/access/approvals/approval.py",
        "    text = json.dumps([*parts, *more])",
        "    text = json.dumps(parts)",
        ("tests/server/access/approvals/test_approval.py",),
    ),
    Mutant(
        "server/access/approvals/approval.py",
        "            source=self.effect.source,\n",
        "",
        ("tests/server/access/approvals/test_approval.py",),
    ),
    Mutant(
        "server/access/approvals/prompts.py",
        "ended = await self._approvals.wait_for_end(approved)",
        "ended = approved",
        ("tests/server/access/approvals/test_prompts.py::test_approval_tells_that_its_call_failed",),
    ),
    Mutant(
        "server/access/approvals/budgets.py",
        "    if sent >= settings.daily_mails:",
        "    if False:",
        ("tests/server/access/approvals/test_budgets.py",),
    ),
    Mutant(
        "server/access/approvals/budgets.py",
        "        if lately + len(new) > settings.hourly_new_recipients:",
        "        if False:",
        ("tests/server/access/approvals/test_budgets.py",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "        budgets.record(connection, approval.client_id, approval.effect.recipients, datetime.fromisoformat(entry.at))",
        "        pass",
        ("tests/server/access/approvals/test_budgets.py",),
    ),
    Mutant(
        "server/access/approvals/denials.py",
        "    if not has_passed(duration, denied_at, now):",
        "    if False:",
        ("tests/server/access/approvals/test_denials.py",),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "silently=silently)",
        "silently=False)",
        ("tests/server/access/approvals/test_denials.py",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        '"after": max(approved, since)}',
        '"after": since}',
        ("tests/server/access/approvals/test_denials.py",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        "    if waiting + len(request.body) > window.largest:",
        "    if False:",
        ("tests/server/access/approvals/test_service.py",),
    ),
    Mutant(
        "server/access/approvals/service.py",
        "        except Unavailable:",
        "        except NotImplementedError:",
        ("tests/server/access/approvals/test_runner.py::test_end_that_cannot_be_stored_is_stored_as_soon_as_it_can",),
    ),
    Mutant(
        "server/access/approvals/store.py",
        ' & (table.c.ended_at < bindparam("until"))',
        "",
        ("tests/server/access/approvals/test_service.py::test_call_can_be_repeated_after_the_clock_was_set_back",),
    ),
]
