"""Wrong changes in the tools gateway: what upstream servers may send, where their secrets go, and how their processes end."""

from tests.mutants.mutant import Mutant

S = "server/integrations/tools"
T = "tests/server/integrations/tools"
SESSION = f"{T}/adapter/test_session.py"
STDIO = f"{T}/adapter/test_stdio.py"
ERRORS = (f"{T}/adapter/test_errors.py",)
HTTP = f"{T}/adapter/test_http.py"
GUARD = "tests/server/system/test_child_guard.py"

MUTANTS: list[Mutant] = [
    # Answers that are lost, and sessions that are
    Mutant(f"{S}/upstream.py", "changes=not self.is_read_only(tool)", "changes=False", (f"{T}/test_upstream.py",)),
    Mutant(f"{S}/adapter/errors.py", "or leaf.message.startswith(LOST)", "", ERRORS),
    Mutant(f"{S}/adapter/errors.py", "leaf.code != REQUEST_TIMEOUT and not", "not", ERRORS),
    Mutant(f"{S}/adapter/errors.py", " and ending.status >= HTTPStatus.INTERNAL_SERVER_ERROR", "", ERRORS),
    Mutant(f"{S}/adapter/http.py", "ending.is_forgotten = response", "forgotten = response", (SESSION,)),
    Mutant(f"{S}/adapter/http.py", "ending.is_forgotten = response", "ending.is_forgotten |= response", (SESSION,)),
    Mutant(f"{S}/adapter/errors.py", "        return ending.status == HTTPStatus.BAD_REQUEST", "        return True", ERRORS),
    Mutant(f"{S}/adapter/errors.py", 'return "session" in error.message.lower()', "return True", ERRORS),
    Mutant(f"{S}/adapter/errors.py", " or error.message.startswith(LOST):", ":", ERRORS),
    Mutant(
        "server/integrations/tools/supervisor.py",
        "timeout=CANCEL_SECONDS",
        "timeout=None",
        ("tests/server/integrations/tools/test_supervisor.py",),
    ),
    # Processes
    Mutant(
        "server/system/child_guard.py",
        "    control_process(PR_SET_CHILD_SUBREAPER, 1)\n",
        "",
        (f"{GUARD}::test_orphans_of_a_command_are_ended", f"{GUARD}::test_everything_ends_when_deskhand_is_gone"),
    ),
    Mutant(
        "server/system/child_guard.py",
        "        control_process(PR_SET_PDEATHSIG, signal.SIGKILL)\n",
        "",
        (f"{GUARD}::test_command_is_killed_with_its_guard",),
    ),
    Mutant(
        "server/system/child_guard.py",
        "            send(signal.SIGKILL, members)",
        "            send(signal.SIGTERM, members)",
        (f"{GUARD}::test_everything_ends_when_deskhand_is_gone",),
    ),
    Mutant(
        "server/system/child_guard.py",
        "    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):",
        "    for number in ():",
        (f"{GUARD}::test_signals_of_a_terminal_do_not_end_the_guard_before_its_command",),
    ),
    Mutant(
        f"{S}/adapter/stdio.py",
        "    if child_guard.is_available():\n        held",
        "    if False:\n        held",
        (f"{STDIO}::test_processes_end_when_deskhand_is_killed",),
    ),
    Mutant(
        f"{S}/adapter/stdio.py",
        "            await asyncio.to_thread(processes.end_tree, child.identity, GRACE_SECONDS)\n",
        "",
        (f"{STDIO}::test_tree_of_shells_ends_with_the_session",),
    ),
    Mutant(
        f"{S}/adapter/stdio.py",
        '                ending.set(f"sent a message of more than {LONGEST_LINE // 1_048_576} MB")\n',
        "",
        (f"{SESSION}::test_huge_message_ends_the_session",),
    ),
    # What servers send
    Mutant(
        f"{S}/adapter/http.py",
        "        if self._allowance < 0:\n",
        "        if False:\n",
        (f"{HTTP}::test_stream_that_ends_at_once_is_not_opened_without_a_pause",),
    ),
    Mutant(
        f"{S}/adapter/http.py",
        "throttle if unrequested else None",
        "None",
        (f"{HTTP}::test_stream_that_nobody_requested_leaves_the_time_to_others",),
    ),
    Mutant(
        f"{S}/adapter/content.py",
        "sum(map(measure, contents)) > LARGE",
        "False",
        (f"{T}/adapter/test_content.py::test_large_answer_is_converted_in_a_thread",),
    ),
    Mutant(
        f"{S}/adapter/errors.py",
        "message[:LONGEST_SOURCE]",
        "message",
        (f"{T}/adapter/test_errors.py::test_no_more_of_a_message_is_read_than_its_beginning",),
    ),
    Mutant(
        f"{S}/adapter/elicitation.py",
        "message[:LONGEST_SOURCE]",
        "message",
        (f"{T}/adapter/test_elicitation.py::test_no_more_of_a_question_is_read_than_its_beginning",),
    ),
    Mutant(
        f"{S}/adapter/progress.py",
        '(message or "")[:LONGEST_SOURCE]',
        'message or ""',
        (f"{T}/adapter/test_progress.py::test_no_more_of_a_message_is_read_than_its_beginning",),
    ),
    Mutant(
        f"{S}/schemas/texts.py",
        "            raise SchemaTooLarge\n",
        "            return\n",
        (f"{T}/schemas/test_portable.py::test_values_that_references_multiply_are_not_shown",),
    ),
    Mutant(
        f"{S}/adapter/listing.py",
        "self._size > LARGEST_TOOLS",
        "False",
        (f"{T}/adapter/test_listing.py::test_size_of_all_tools_is_limited",),
    ),
    Mutant(
        f"{S}/schemas/references.py",
        "islice(listed, MOST_DEFINITIONS)",
        "listed",
        (f"{T}/schemas/test_references.py::test_anchors_are_looked_for_in_some_definitions",),
    ),
    Mutant(
        f"{S}/adapter/throttle.py",
        "            await asyncio.sleep(PAUSE * used)\n",
        "",
        (f"{STDIO}::test_flood_leaves_the_time_to_others",),
    ),
    Mutant(
        f"{S}/adapter/stdio.py",
        "self.unanswered > 0",
        "True",
        (f"{STDIO}::test_flood_leaves_the_time_to_others[answers]",),
    ),
    Mutant(
        f"{S}/adapter/messages.py",
        "return self._allowance >= 0",
        "return True",
        (f"{T}/adapter/test_messages.py", f"{SESSION}::test_endless_notifications_end_the_session"),
    ),
    Mutant(f"{S}/adapter/http.py", "if size > self._limit:", "if False:", (HTTP,)),
    Mutant(f"{S}/adapter/http.py", "            limit = 0  #", "            pass  #", (HTTP,)),
    Mutant(
        f"{S}/adapter/listing.py",
        'output_schema = tool.pop("outputSchema", None)',
        'output_schema = tool.get("outputSchema")',
        (f"{T}/adapter/test_listing.py", f"{SESSION}::test_hostile_output_schema_is_not_evaluated"),
    ),
    Mutant(f"{S}/adapter/listing.py", "for tool in tools[:MOST_TOOLS]", "for tool in tools", (f"{T}/adapter/test_listing.py",)),
    Mutant(
        f"{S}/adapter/listing.py",
        'return show_plain(text or "", longest)',
        'return (text or "")[:longest].strip()',
        (f"{SESSION}::test_hidden_characters_are_removed_and_noted",),
    ),
    Mutant(
        f"{S}/adapter/content.py",
        "return Block(kind=BlockKind.text, text=remove_hidden(content.text))",
        "return Block(kind=BlockKind.text, text=content.text)",
        (f"{T}/adapter/test_content.py",),
    ),
    Mutant(
        f"{S}/adapter/content.py",
        "first.startswith(error_prefixes)",
        "False",
        (f"{T}/adapter/test_content.py", f"{SESSION}::test_demo_crm_is_listed_and_called"),
    ),
    Mutant(
        f"{S}/adapter/errors.py",
        "remove_hidden(message[:LONGEST_SOURCE])",
        "message[:LONGEST_SOURCE]",
        (f"{T}/adapter/test_errors.py",),
    ),
    Mutant(f"{S}/log.py", 'line = line.replace(secret, "•••")', "pass", (f"{T}/test_log.py",)),
    # Configuration
    Mutant(
        f"{S}/config/variables.py",
        " or is_secret(name):",
        ":",
        (f"{T}/config/test_variables.py", f"{T}/config/test_parser.py"),
    ),
    Mutant(
        f"{S}/config/entry.py",
        "or CONTROLS.search(value) or name.lower() in OURS:",
        ":",
        (f"{T}/config/test_entry.py",),
    ),
    Mutant(
        f"{S}/config/entry.py",
        "    if parts.username is not None or parts.password is not None:",
        "    if False:",
        (f"{T}/config/test_entry.py",),
    ),
    Mutant(
        f"{S}/config/connection.py",
        "or any(BREAKS.search(value) for value in headers.values()):",
        ":",
        (f"{T}/config/test_connection.py",),
    ),
    Mutant(f"{S}/config/document.py", "or measure_depth(document) > DEEPEST:", ":", (f"{T}/config/test_document.py",)),
    # Schemas and names
    Mutant(
        f"{S}/schemas/portable.py",
        "if reference in self._stack or target is self._root:",
        "if target is self._root:",
        (f"{T}/schemas/test_portable.py::test_reference_to_a_parent_is_described",),
    ),
    Mutant(
        f"{S}/schemas/portable.py",
        "if depth > DEEPEST or self._parts > MOST_PARTS:",
        "if depth > DEEPEST:",
        (f"{T}/schemas/test_portable.py::test_schema_that_multiplies_is_cut",),
    ),
    Mutant(
        f"{S}/schemas/portable.py",
        "if not top or not public or public in taken:",
        "if not top or not public:",
        (f"{T}/schemas/test_portable.py::test_property_cannot_take_the_name_of_another",),
    ),
    Mutant(
        f"{S}/schemas/references.py",
        'if not reference.startswith("#") or',
        "if",
        (f"{T}/schemas/test_references.py",),
    ),
    Mutant(f"{S}/names.py", "if len(keys) > 1 or name in taken or", "if len(keys) > 1 or", (f"{T}/test_names.py",)),
    Mutant(f"{S}/names.py", 'return name.replace("-", "_").lower()', "return name.lower()", (f"{T}/test_names.py",)),
    # Supervisor and sessions
    Mutant(
        f"{S}/supervisor.py",
        "if isinstance(error, SignInNeeded | NotAuthenticated):",
        "if False:",
        (f"{T}/test_supervisor.py::test_refused_credentials_are_not_tried_again",),
    ),
    Mutant(
        f"{S}/supervisor.py",
        "await asyncio.sleep(max(0.0, delay - quiet))",
        "await asyncio.sleep(0)",
        (f"{T}/test_supervisor.py::test_changed_list_is_listed_again_and_ever_less_often",),
    ),
    Mutant(
        f"{S}/sessions.py",
        "if identity != SHARED and is_idle(use, limit)]",
        "if is_idle(use, limit)]",
        (f"{T}/test_sessions.py::test_idle_sessions_end_and_make_room",),
    ),
    # What the person and clients are told
    Mutant(
        f"{S}/offer.py",
        "(label(name), value if",
        "(name, value if",
        (f"{T}/test_offer.py::test_person_sees_which_fields_are_arguments",),
    ),
    Mutant(
        f"{S}/offer.py",
        " and argument.lower() not in LABELS",
        "",
        (f"{T}/test_offer.py::test_argument_is_not_labelled_as_deskhand_labels",),
    ),
    Mutant(
        f"{S}/offers.py",
        "for tool in self.tools if is_allowed(tool)}",
        "for tool in self.tools}",
        (f"{T}/test_offers.py::test_tools_that_a_caller_may_not_use_are_not_named_to_them",),
    ),
    Mutant(
        f"{S}/config/connection.py",
        ", *(value.get_secret_value() for _, value in loading))",
        ")",
        (f"{T}/config/test_connection.py::test_variable_that_has_another_program_run_is_part_of_the_target",),
    ),
    # Commands
    Mutant(
        "server/commandline/clients.py",
        "                require_scopes(deskhand, name, operations)\n",
        "                pass\n",
        ("tests/server/commandline/test_clients.py::test_operation_without_its_scope_is_not_allowed_in_vain",),
    ),
    Mutant(
        f"{S}/servers.py",
        "            await self._open(upstream.config, credentials)\n        await self.settle([server_id])\n",
        "            await self._open(upstream.config, credentials)\n        await self._update()\n",
        (f"{T}/test_watch_commands.py::test_file_is_watched_and_its_changes_are_confirmed",),
    ),
    Mutant(
        f"{S}/upstream.py",
        " if not is_setting(name, value)]",
        "]",
        (f"{T}/test_upstream.py::test_target_shows_settings_and_places",),
    ),
    Mutant(
        f"{S}/watched_file.py",
        "{**os.environ, **inputs}",
        "None",
        (f"{T}/test_watch_commands.py::test_variable_of_a_watched_file_has_the_value_that_was_given",),
    ),
    Mutant(
        f"{S}/reviews.py",
        "not upstream.is_known(tool) if revision is None else revision != upstream.fingerprint(tool)",
        "revision is not None and revision != upstream.fingerprint(tool)",
        (f"{T}/test_reviews.py::test_tool_that_was_not_seen_as_it_is_gets_no_mark",),
    ),
    Mutant(
        f"{S}/reviews.py",
        "not upstream.is_known(tool) if revision is None else revision != upstream.fingerprint(tool)",
        "revision is None and not upstream.is_known(tool)",
        (f"{T}/test_reviews.py::test_tool_that_was_not_seen_as_it_is_gets_no_mark",),
    ),
    Mutant(
        f"{S}/models.py",
        ' = Field(pattern=r"^[a-z0-9-]{1,64}$")',
        "",
        (f"{T}/test_models.py::test_id_of_a_server_stands_for_no_other",),
    ),
]
