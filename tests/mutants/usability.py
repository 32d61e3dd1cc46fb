"""Wrong changes in what keeps a person from a mistake: presets, checks, local days, undo, warnings, confirmations."""

from tests.mutants.mutant import Mutant

PRESETS = "server/access/clients/presets.py"
CHECKS = "server/local/checks.py"
REINSTATE = "server/access/clients/reinstate.py"
APPS, OF_APPS = "server/integrations/apps/service.py", ("tests/server/integrations/apps/test_service.py",)
OF_TURNS = ("tests/server/integrations/apps/test_turns.py",)
OF_PRESETS = ("tests/server/access/clients/test_presets.py",)
OF_CHECKS = ("tests/server/local/test_checks.py",)
OF_REINSTATE = ("tests/server/access/clients/test_reinstate.py",)

MUTANTS: list[Mutant] = [
    Mutant(PRESETS, "key=lambda operation: operation.rare)", "key=lambda operation: not operation.rare)", OF_PRESETS),
    Mutant(
        PRESETS,
        "len(ranked) + sum(is_needed(operation, ranked) for operation in for_all) > most",
        "len(ranked) > most",
        OF_PRESETS,
    ),
    Mutant(PRESETS, "        ranked.pop()\n", "        break\n", OF_PRESETS),
    Mutant(PRESETS, "if operation.is_reading]", "if not (operation.destructive or operation.ingests)]", OF_PRESETS),
    Mutant(PRESETS, "if operation.is_reading]", "if not (operation.changes or operation.ingests)]", OF_PRESETS),
    Mutant(PRESETS, "dict.fromkeys(left_out, Policy.deny)", "{}", OF_PRESETS),
    Mutant(
        "server/demo/traffic.py",
        "permissions = make_permissions(client.preset, state.runtime.operations().values(), client.scopes)",
        "permissions = type('All', (), {'scopes': frozenset(state.runtime.scopes()), 'policies': {}})()",
        ("tests/server/demo/test_traffic.py::test_gpt_of_the_demo_fits_chatgpt",),
    ),
    Mutant(
        "server/commandline/activity.py",
        "limit = limit - size if len(page) == size else 0",
        "limit = 0",
        ("tests/server/commandline/test_activity.py::test_activity_is_read_page_by_page",),
    ),
    Mutant(
        "server/commandline/activity.py",
        'f"    {line}" for line in others',
        "line for line in others",
        ("tests/server/commandline/test_activity.py::test_line_of_a_text_is_not_taken_for_a_field",),
    ),
    Mutant(
        "server/commandline/activity.py",
        """f"  {line}" for line in text.split("\\n")""",
        """f"  {line}" for line in text.splitlines()""",
        ("tests/server/commandline/test_activity.py::test_line_of_a_text_is_not_taken_for_a_field",),
    ),
    Mutant(
        "server/commandline/approvals.py",
        """answer["text"].split("\\n")""",
        """answer["text"].splitlines()""",
        (
            "tests/server/commandline/test_approvals.py::test_approval_that_is_not_shown_completely_is_shown_in_full_before_it_is_approved",
        ),
    ),
    Mutant(
        "server/core/command.py",
        "    if typed := os.environ.get(VARIABLE):\n        return typed\n",
        "",
        ("tests/server/core/test_command.py",),
    ),
    Mutant(
        "server/core/local_time.py",
        "return start_of_day(day + timedelta(days=1) if end else day)",
        "return datetime.combine(day + timedelta(days=end), time.min, datetime.now().astimezone().tzinfo)",
        ("tests/server/core/test_local_time.py",),
    ),
    Mutant(
        "server/integrations/gmail/mailbox/inbox.py",
        "localize_dates(query.query)",
        "query.query",
        ("tests/server/integrations/gmail/mailbox/test_inbox.py::test_day_of_a_search_is_local",),
    ),
    Mutant(
        "server/integrations/gmail/mailbox/local_dates.py",
        "part if place % 2 else DATED",
        "DATED",
        ("tests/server/integrations/gmail/mailbox/test_local_dates.py",),
    ),
    Mutant(
        "server/integrations/omi/payload.py",
        ' or ("" if named else read_name(speaker))',
        "",
        ("tests/server/integrations/omi/test_payload.py::test_unknown_speaker_label_is_kept",),
    ),
    Mutant(
        "server/integrations/omi/memories.py",
        "return read_local(text, end=end).astimezone(UTC).isoformat()",
        "return read_local(text).astimezone(UTC).isoformat()",
        ("tests/server/integrations/omi/test_memories.py::test_day_is_local_and_the_answer_names_the_zone",),
    ),
    Mutant(
        "server/access/guard/record.py",
        "return Outcome.refused if status in REFUSALS and not began else Outcome.failed",
        "return Outcome.failed if began or status >= 500 else Outcome.refused",
        ("tests/server/access/guard/test_record.py",),
    ),
    Mutant(CHECKS, "elif tunnel.state is TunnelState.off and tunnel.open_at_start:", "elif False:", OF_CHECKS),
    Mutant(CHECKS, "if count > MOST_OPERATIONS:", "if False:", OF_CHECKS),
    Mutant(CHECKS, "if tunnel.state is TunnelState.open and not tunnel.reserved:", "if False:", OF_CHECKS),
    Mutant(CHECKS, "failure = await call_public_address(state)", "failure = None", OF_CHECKS),
    Mutant(CHECKS, "not (view.is_set_up and view.state is IntegrationState.running)", "False", OF_CHECKS),
    Mutant(
        "server/http/addresses.py",
        'return urlsplit(self.public_url).hostname in {name.strip("[]") for name in LOOPBACK}',
        "return False",
        ("tests/server/http/test_addresses.py::test_loopback_address_is_for_this_computer_only",),
    ),
    Mutant(REINSTATE, ", client.c.revoked_at.between(earliest, now))", ")", OF_REINSTATE),
    Mutant(REINSTATE, "client.c.revoked_at.between(earliest, now))", "client.c.revoked_at >= earliest)", OF_REINSTATE),
    Mutant(REINSTATE, ", table.c.revoked_at == at)", ")", OF_REINSTATE),
    Mutant(REINSTATE, 'if connection.execute(NAMED, {"name": name}).first():', "if False:", OF_REINSTATE),
    Mutant(APPS, "run(adapter.ENDING, end, process)", "run(None, end, process)", OF_APPS),
    Mutant(APPS, "        require_allowed(plan.effect)  # others had", "        # others had", OF_TURNS),
    Mutant(
        "server/integrations/apps/resolve/interpreters.py",
        "for path in (program, os.path.realpath(program)):",
        "for path in (program,):",
        ("tests/server/integrations/apps/resolve/test_interpreters.py",),
    ),
    Mutant(
        "server/sdk/cli.py",
        '    if not yes:\n        click.confirm(f"{question} Continue?", abort=True, err=True)',
        "    pass",
        ("tests/server/commandline/test_clients.py::test_destructive_command_asks_first",),
    ),
    Mutant(
        "server/local/activity.py",
        "if entry.id in state.undone:",
        "if False:",
        ("tests/server/local/test_undo.py",),
    ),
    Mutant(
        "server/sdk/approval_requests.py",
        "(request.expires_at is None, request.asked_at)",
        "request.asked_at",
        ("tests/server/sdk/test_approval_requests.py::test_requests_that_expire_come_before_those_that_wait_forever",),
    ),
    Mutant(
        "server/commandline/backup.py",
        'confirm(f"The backup replaces the data in {folders.data}, which is kept beside it.{access}", yes=yes)',
        "str(access and yes)",
        ("tests/server/commandline/test_backup.py::test_restore_asks_first",),
    ),
    Mutant(
        "server/sdk/cli.py",
        "    if sys.stdin.isatty():\n        text",
        "    if True:\n        text",
        ("tests/server/sdk/test_cli.py::test_secret_of_a_file_is_read_although_there_is_a_terminal",),
    ),
    Mutant(
        "server/integrations/conversations/openai_account/usage_local.py",
        "        await service.projects.find(order.project)\n",
        "        pass\n",
        ("tests/server/integrations/conversations/openai_account/test_usage_local.py",),
    ),
    Mutant(
        "server/commandline/webhooks.py",
        "if not (matching and which):",
        "if not matching:",
        ("tests/server/commandline/test_webhooks.py::test_empty_name_is_neither_all_webhooks_nor_one_without_a_name",),
    ),
    Mutant(
        "server/commandline/client.py",
        """if {"", ".", ".."} & set""",
        """if set() & set""",
        ("tests/server/commandline/test_client.py::test_empty_name_is_no_other_path",),
    ),
    Mutant(
        "server/commandline/client.py",
        """STOPPED if method == "GET" else UNKNOWN""",
        "NOTHING_RUNS",
        ("tests/server/commandline/test_client.py::test_lost_connection_does_not_tell_that_nothing_was_done",),
    ),
    Mutant(
        "server/sdk/cli.py",
        """if value == "":""",
        "if value is None:",
        ("tests/server/sdk/test_cli.py::test_empty_path_is_not_the_current_folder",),
    ),
    Mutant(
        "server/lifecycle/program.py",
        "with ungrouped_errors():",
        "with suppress():",
        (
            "tests/server/lifecycle/test_program.py::test_key_of_the_environment_that_is_too_short_is_refused_in_a_sentence_and_no_crash",
        ),
    ),
    Mutant(
        "server/local/health.py",
        "except Exception as error:",
        "except DeskhandError as error:",
        ("tests/server/local/test_health.py",),
    ),
]
