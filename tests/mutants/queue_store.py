"""Wrong changes in the browser queue: states, order, leases, results, limits and webhooks."""

from tests.mutants.mutant import Mutant

HERE = "server/integrations/queue"
TESTS = "tests/server/integrations/queue"
MACHINE = f"{TESTS}/test_machine.py"
QUEUE = f"{TESTS}/test_queue.py"

MUTANTS: list[Mutant] = [
    # never sent twice
    Mutant(
        f"{HERE}/store/leases.py",
        "if current.state == State.leased\n        else",
        "if True\n        else",
        (f"{TESTS}/store/test_leases.py",),
    ),
    Mutant(
        f"{HERE}/store/chats.py",
        ".where(prompt.c.number == FIRST, ~HELD)",
        ".where(prompt.c.number == FIRST)",
        (f"{TESTS}/store/test_chats.py",),
    ),
    Mutant(
        f"{HERE}/store/chats.py",
        "    .order_by(other.c.position)\n",
        "    .order_by(other.c.number.desc())\n",
        (f"{TESTS}/store/test_chats.py",),
    ),
    Mutant(
        f"{HERE}/store/chats.py",
        "return chat_id if chat_id and",
        "return chat_id if False and",
        (f"{TESTS}/store/test_chats.py",),
    ),
    Mutant(f"{HERE}/store/chats.py", ' and not chat_id.startswith(":")', "", (f"{TESTS}/store/test_chats.py",)),
    Mutant(
        f"{HERE}/store/results.py",
        "            chats.rename_key(connection, each.prompt.chat.id, each.prompt.chat_key, now)\n",
        "            pass\n",
        (f"{TESTS}/store/test_chats.py",),
    ),
    Mutant(
        f"{HERE}/store/decisions.py",
        "current.lane is Lane.browser and current.started_at is not None",
        "False",
        (f"{TESTS}/store/test_decisions.py",),
    ),
    Mutant(
        f"{HERE}/store/decisions.py",
        "current.lane is Lane.browser and current.started_at is not None",
        "current.started_at is not None",
        (f"{TESTS}/store/test_decisions.py",),
    ),
    Mutant(
        f"{HERE}/states.py",
        '    Transition(State.uncertain, "release", State.idle,',
        '    Transition(State.leased, "release", State.idle,',
        (f"{TESTS}/extension/test_session.py", f"{TESTS}/test_states.py"),
    ),
    Mutant(f"{HERE}/store/decisions.py", "find_first=in_browser", "find_first=False", (f"{TESTS}/store/test_decisions.py",)),
    Mutant(f"{HERE}/store/decisions.py", "find_first=in_browser", "find_first=True", (f"{TESTS}/store/test_decisions.py",)),
    Mutant(f"{HERE}/store/decisions.py", ", started_at=None)", ")", (f"{TESTS}/store/test_decisions.py",)),
    Mutant(
        f"{HERE}/store/decisions.py",
        "client_id is not None and current.lane is Lane.api",
        "False",
        (f"{TESTS}/store/test_decisions.py",),
    ),
    Mutant(
        f"{HERE}/store/ordering.py",
        ", priority=connection.scalar(LOWEST)",
        "",
        (f"{TESTS}/store/test_ordering.py",),
    ),
    Mutant(f"{HERE}/store/summary.py", " is None and client.waiting]", " is None]", (f"{TESTS}/store/test_approvals.py",)),
    Mutant(
        f"{HERE}/store/decisions.py",
        ", token=current.token, error_message=None",
        ", error_message=None",
        (f"{TESTS}/store/test_decisions.py",),
    ),
    Mutant(
        f"{HERE}/store/claims.py",
        '    or_(~prompt.c.find_first, bindparam("can_find", type_=Boolean)),\n',
        "",
        (f"{TESTS}/store/test_decisions.py",),
    ),
    Mutant(
        f"{HERE}/store/claims.py",
        '    or_(prompt.c.attachments == "[]", bindparam("can_attach", type_=Boolean)),\n',
        "",
        (f"{TESTS}/store/test_attachments.py",),
    ),
    Mutant(
        f"{HERE}/store/attachments.py", "    if row.token != token:\n", "    if False:\n", (f"{TESTS}/store/test_attachments.py",)
    ),
    Mutant(
        f"{HERE}/store/retention.py",
        "    connection.execute(delete(attachment).where(attachment.c.prompt.in_(numbers)))\n",
        "",
        (f"{TESTS}/store/test_attachments.py",),
    ),
    Mutant(
        f"{HERE}/store/decisions.py",
        "    if lane is Lane.api and current.attachments:\n",
        "    if False:\n",
        (f"{TESTS}/store/test_attachments.py",),
    ),
    Mutant(f"{HERE}/store/claims.py", "    prompt.c.state == literal_column(\"'idle'\"),", "", (f"{TESTS}/test_restored.py",)),
    Mutant(f"{HERE}/extension/messages.py", "le=LARGEST_OFFSET", "le=LARGEST_TOKEN - 1", (f"{TESTS}/extension/test_reports.py",)),
    Mutant(
        "server/storage/revocation.py",
        "                require_values(connection, revocation)\n",
        "",
        ("tests/server/storage/test_revocation.py",),
    ),
    *(
        Mutant(f"{HERE}/__init__.py", before, "", (f"{TESTS}/test_restored.py",))
        for before in (", checks=OF_CONTROL", ", checks=OF_PROMPT", ", checks=OF_ANSWER", ', "sent_at": None')
    ),
    Mutant(f"{HERE}/transactions.py", "        lock_queue(connection)\n", "", (f"{TESTS}/test_postgresql.py",)),
    Mutant(
        f"{HERE}/transactions.py",
        "Batches(self.context.database, serialized(function),",
        "Batches(self.context.database, function,",
        (f"{TESTS}/test_postgresql.py::test_prompt_that_comes_while_the_one_before_it_ends_is_claimed",),
    ),
    Mutant(f"{HERE}/store/claims.py", "skip_locked=True", "skip_locked=False", (f"{TESTS}/store/test_claims.py",)),
    Mutant(
        f"{HERE}/store/failures.py",
        "if failure.sent or failure.final or",
        "if failure.final or",
        (f"{TESTS}/store/test_failures.py",),
    ),
    # fencing tokens
    Mutant(f"{HERE}/store/transitions.py", "if token != current.token or", "if", (QUEUE,)),
    Mutant(f"{HERE}/store/results.py", "elif prompt.token != each.token or prompt.state", "elif prompt.state", (QUEUE,)),
    Mutant(f"{HERE}/store/ending.py", '**{"token": current.token + 1, **values}', "**values", (MACHINE, QUEUE)),
    Mutant(f"{HERE}/store/leases.py", ', prompt.c.token == bindparam("fence")', "", (f"{TESTS}/store/test_leases.py",)),
    # never lost, one result
    Mutant(
        f"{HERE}/store/results.py",
        "prompt.token == each.token and prompt.state == State.done",
        "False",
        (f"{TESTS}/store/test_results.py",),
    ),
    Mutant(
        f"{HERE}/store/ending.py",
        "    send_webhooks(connection, call.outbox, [ended])\n",
        "",
        (f"{TESTS}/store/test_decisions.py",),
    ),
    Mutant(f"{HERE}/store/webhooks.py", 'if prompt.ends > 1 else ""', 'if False else ""', (f"{TESTS}/store/test_decisions.py",)),
    Mutant(
        f"{HERE}/store/webhooks.py", "                depth=prompt.webhook_depth,\n", "", (f"{TESTS}/store/test_webhooks.py",)
    ),
    Mutant(
        f"{HERE}/store/leases.py",
        'prompt.c.expires_at < bindparam("now")',
        "prompt.c.expires_at < 0",
        (f"{TESTS}/store/test_leases.py",),
    ),
    Mutant(
        "server/storage/batches.py",
        "elif len(calls) > 1 and not isinstance(error, Unavailable):",
        "elif False:",
        ("tests/server/storage/test_batches.py",),
    ),
    # clients and approval
    Mutant(f"{HERE}/store/prompts.py", "if client_id in {None, current.client.id}:", "if True:", (QUEUE,)),
    Mutant(
        f"{HERE}/store/submissions.py",
        "can_start = not each.order.chat_id and approvals[each.client.id]",
        "can_start = not each.order.chat_id",
        (f"{TESTS}/store/test_approvals.py",),
    ),
    Mutant(f"{HERE}/store/chats.py", ", client.c.approved))", "))", (f"{TESTS}/store/test_approvals.py",)),
    Mutant(
        f"{HERE}/store/submissions.py",
        "if approvals[each.client.id] is False:",
        "if False:",
        (f"{TESTS}/store/test_approvals.py",),
    ),
    Mutant(f"{HERE}/store/submissions.py", "    if draining:\n", "    if False:\n", (f"{TESTS}/store/test_control.py",)),
    Mutant(f"{HERE}/queue.py", "    context.webhooks.check(url)\n", "", (f"{TESTS}/store/test_submissions.py",)),
    Mutant(
        f"{HERE}/__init__.py",
        '        Revocation("queue_client", values={"approved": None, "webhook_url": ""}),\n',
        "",
        (f"{TESTS}/test_restored.py",),
    ),
    Mutant(f"{HERE}/__init__.py", '("idle", "leased", "executing")', '("leased", "executing")', (f"{TESTS}/test_restored.py",)),
    # limits
    Mutant(f"{HERE}/limits.py", "if control.paused or", "if", (f"{TESTS}/test_limits.py",)),
    Mutant(
        f"{HERE}/limits.py",
        "return min(wanted, 1) if call.settings.pause_seconds else wanted",
        "return wanted",
        (f"{TESTS}/test_limits.py",),
    ),
    Mutant(
        f"{HERE}/limits.py",
        "max(find_limit_end(control, call), find_pause_end(control, call))",
        "find_pause_end(control, call)",
        (f"{TESTS}/test_limits.py",),
    ),
    Mutant(f"{HERE}/limits.py", " <= call.now + LONGEST_LIMIT.total_seconds()", "", (f"{TESTS}/test_limits.py",)),
    Mutant(
        f"{HERE}/__init__.py",
        '        Revocation("queue_extension", values={"imports": "0"}, is_pending=True),',
        "       ",
        (f"{TESTS}/test_restored.py",),
    ),
    Mutant(
        f"{HERE}/__init__.py",
        'values={"limit_until": None, "sent_at": None}',
        'values={"sent_at": None}',
        (f"{TESTS}/test_restored.py",),
    ),
    Mutant(f"{HERE}/limits.py", " or control.sent_at > call.now:", ":", (f"{TESTS}/test_limits.py",)),
    Mutant(
        f"{HERE}/store/control.py",
        "return self.sent_today if self.day == day else 0",
        "return self.sent_today",
        (f"{TESTS}/test_limits.py",),
    ),
    Mutant(
        f"{HERE}/store/leases.py",
        "        uncount_sent(connection, unsent, call.day)\n",
        "        pass\n",
        (f"{TESTS}/store/test_claims.py",),
    ),
    Mutant(
        f"{HERE}/store/chats.py",
        'case((prompt.c.not_before > bindparam("now"), literal_column("2")), else_=literal_column("1"))',
        'literal_column("1")',
        (f"{TESTS}/store/test_failures.py",),
    ),
    # an index that no query matches
    Mutant(
        f"{HERE}/migrations/queue_0001_prompts.py",
        'sqlite_where=sa.text("is_open = 1")',
        'sqlite_where=sa.text("is_open")',
        (f"{TESTS}/store/test_tables.py",),
    ),
]
