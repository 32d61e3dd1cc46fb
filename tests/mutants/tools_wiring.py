"""Wrong changes in the wiring of the tools gateway: what is known and accepted of tools, hidden text, risks, names, dispatch."""

from tests.mutants.mutant import Mutant

S = "server/integrations/tools"
T = "tests/server/integrations/tools"
REVIEWS = f"{T}/test_reviews.py"
HOSTILE = f"{T}/test_hostile.py"
CHANGED = (f"{REVIEWS}::test_changed_tool_asks_again_although_a_client_may_call_it",)
ENDS = (f"{REVIEWS}::test_permissions_end_with_the_server_that_they_were_for",)
WAITS = (f"{REVIEWS}::test_call_that_waits_is_asked_about_again_if_its_tool_changes_meanwhile",)
ONCE = (f"{REVIEWS}::test_approval_of_a_changed_tool_says_so_and_is_for_one_call",)
RISKY = (f"{REVIEWS}::test_server_that_runs_commands_is_not_trusted_as_a_whole",)
RESTART = (f"{REVIEWS}::test_tools_are_listed_from_the_last_start_before_their_server_answers",)
MARKS = (f"{REVIEWS}::test_marks_hold_again_when_a_change_is_accepted",)
HIDDEN = (f"{T}/test_hidden.py",)
UPSTREAM = (f"{T}/test_upstream.py",)
RECORD = (f"{T}/test_record.py",)
RISKS = (f"{T}/test_risks.py",)
NAMES = (f"{T}/test_names.py",)
OFFER = (f"{T}/test_offer.py",)
OFFERS = (f"{T}/test_offers.py",)
STORE = (f"{T}/test_store.py",)
ROUTES = (f"{T}/test_routes.py",)
VALUES = (f"{T}/schemas/test_values.py",)
SESSION = f"{T}/adapter/test_session.py"
HEADERS = (f"{T}/adapter/test_http.py::test_names_and_arguments_of_tools_do_not_escape_from_their_headers",)

MUTANTS = [
    # What the person accepted
    Mutant("server/access/clients/client.py", "if operation.unaccepted and", "if False and", CHANGED),
    Mutant(
        "server/access/guard/call.py",
        "None if effect.links or effect.once else",
        "None if effect.links else",
        (f"{REVIEWS}::test_permission_for_a_while_does_not_cover_a_change",),
    ),
    Mutant("server/access/approvals/approval.py", "if self.effect.links or self.effect.once:", "if self.effect.links:", ONCE),
    Mutant(
        "server/access/approvals/store.py",
        'once = bool(stored.get("once"))',
        "once = False",
        ("tests/server/access/approvals/test_store.py::test_effect_is_stored_completely",),
    ),
    Mutant(f"{S}/offer.py", "        unaccepted=offered.unaccepted,\n", "", CHANGED),
    Mutant(f"{S}/offer.py", "seal=upstream.fingerprint(tool), ", "", WAITS),
    Mutant(f"{S}/offer.py", ", once=offered.unaccepted)", ")", ONCE),
    Mutant(
        f"{S}/offer.py",
        "            require_allowed(foresee(arguments, described))\n",
        "",
        (f"{T}/test_offer.py::test_file_that_is_another_one_by_now_is_not_passed_on",),
    ),
    Mutant(
        f"{S}/upstream.py",
        "            self._require_unchanged(tool)\n",
        "",
        (f"{T}/test_upstream.py::test_tool_that_has_changed_since_its_call_was_decided_is_not_called",),
    ),
    Mutant(
        f"{S}/upstream.py", "return known is not None and known.fingerprint == self.fingerprint(tool)", "return True", CHANGED
    ),
    Mutant(
        f"{S}/upstream.py",
        "marks.accepted.get(tool.name) == self.fingerprint(tool) and",
        "tool.name in marks.accepted and",
        UPSTREAM,
    ),
    Mutant(
        f"{S}/upstream.py",
        "return self.credentials.read_only.get(tool.name) == self.fingerprint(tool)",
        "return tool.name in self.credentials.read_only",
        UPSTREAM,
    ),
    Mutant(f"{S}/upstream.py", "        self.supervisor.catalog = self.record.catalog\n", "", RESTART),
    Mutant(
        f"{S}/stored.py",
        'exclude={"output_schema", "flags",',
        'exclude={"output_schema", "flags", "input_schema",',
        (f"{T}/test_stored.py",),
    ),
    Mutant(
        f"{S}/record.py", "added = [tool for tool in tools if self.find(server_id, tool) is None]", "added = list(tools)", RECORD
    ),
    Mutant(f"{S}/record.py", "[: max(0, MOST_KNOWN - len(self.known))]", "[:]", RECORD),
    Mutant(
        f"{S}/record.py",
        "return record if record.fingerprint == fingerprint else",
        "return record if record.fingerprint else",
        RECORD,
    ),
    Mutant(f"{S}/record.py", 'self._folder / f"{sanitize(server_id)}.json"', 'self._folder / f"{server_id}.json"', RECORD),
    Mutant(
        f"{S}/reviews.py",
        "if current.get(name, revision) != revision:",
        "if False:",
        (f"{REVIEWS}::test_change_that_was_not_seen_is_not_accepted",),
    ),
    Mutant(f"{S}/reviews.py", "    read_only = {name: current.get(name, mark)", "    read_only = {name: mark", MARKS),
    Mutant(f"{S}/service.py", "            await self.servers.observe()\n", "            pass\n", CHANGED),
    Mutant(
        f"{S}/servers.py",
        "        await asyncio.to_thread(records.write, server_id, upstream.record)\n",
        "        pass\n",
        RESTART,
    ),
    # Permissions end with their server
    Mutant(f"{S}/servers.py", "        await self._operations.withdraw(prefix_of(server_id))\n", "", ENDS),
    Mutant(
        f"{S}/servers.py",
        "        else:  # a changed command starts untrusted\n            await self._forget(config.id)\n",
        "",
        ENDS,
    ),
    Mutant(
        f"{S}/servers.py",
        "            upstream = self.find(server_id)\n            await self._forget(server_id)\n",
        "            upstream = self.find(server_id)\n",
        ENDS,
    ),
    Mutant(
        f"{S}/servers.py",
        "    return read_target(config, secrets) == read_target(current.config, current.credentials.secrets)\n",
        "    return True\n",
        ENDS,
    ),
    Mutant(f"{S}/servers.py", "    if current.credentials.fingerprint != fingerprint(config):\n        return False\n", "", ENDS),
    Mutant(
        f"{S}/servers.py",
        "            credentials = Credentials(secrets=secrets, fingerprint=fingerprint(upstream.config))\n",
        '            credentials = upstream.credentials.model_copy(update={"fingerprint": fingerprint(upstream.config)})\n',
        (f"{T}/test_service.py::test_server_of_another_configuration_runs_when_it_is_confirmed_and_is_untrusted",),
    ),
    Mutant(
        "server/access/clients/store.py",
        "if policy != Policy.allow or not name.startswith(prefix)",
        "if not name.startswith(prefix)",
        (f"{REVIEWS}::test_denial_outlasts_its_server",),
    ),
    Mutant(
        "server/access/clients/store.py",
        "    end_allowances(connection, now, prefix=prefix)\n",
        "",
        ("tests/server/access/clients/test_store.py::test_permissions_are_withdrawn_by_the_beginning_of_their_names",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "startswith(prefix, autoescape=True)",
        "startswith(prefix)",
        ("tests/server/access/clients/test_store.py::test_permissions_are_withdrawn_by_the_beginning_of_their_names",),
    ),
    Mutant("server/runtime/state.py", "    context.operations.withdraw = clients.withdraw\n", "", ENDS),
    Mutant(
        f"{S}/store.py",
        "            retired = settings.retired | {config.id: fingerprint(config)}\n",
        "            retired = settings.retired\n",
        STORE,
    ),
    Mutant(
        f"{S}/store.py",
        "        except (Unavailable, ValidationError):",
        "        except Unavailable:",
        STORE,
    ),
    # Risks
    Mutant(f"{S}/reviews.py", "if order.trusted and not upstream.risks.whole:", "if False:", RISKY),
    Mutant(f"{S}/upstream.py", "self.fingerprint(tool) and self.risks.whole\n", "self.fingerprint(tool)\n", RISKY),
    Mutant(f"{S}/offer.py", "        individual=offered.individual,\n", "", RISKY),
    Mutant("server/access/clients/presets.py", "if len(names) > 1 and names <= set(allowed):", "if False:", RISKY),
    Mutant("server/local/clients.py", "    require_individual(state.runtime.operations().values(), order.allow)\n", "", RISKY),
    Mutant("server/local/clients.py", "    require_individual(state.runtime.operations().values(), allowed)\n", "", RISKY),
    Mutant(f"{S}/risks.py", "risks = {*judge_command(config), *(", "risks = {*(", RISKS),
    Mutant(f"{S}/risks.py", "    yield from (risk for risk, names in PARAMETERS.items() if parameters & names)\n", "", RISKS),
    Mutant(
        f"{S}/risks.py",
        "    if depth > DEEPEST:\n        return\n    if isinstance(schema, Mapping):",
        "    if isinstance(schema, Mapping):",
        RISKS,
    ),
    # Hidden text
    Mutant(f"{S}/hidden.py", 'remove_hidden(ESCAPES.sub("", plain))', 'ESCAPES.sub("", plain)', HIDDEN),
    Mutant(f"{S}/hidden.py", 'remove_hidden(ESCAPES.sub("", plain))', "remove_hidden(plain)", HIDDEN),
    Mutant(f"{S}/hidden.py", 'LINK_COMMENT.sub("", COMMENT.sub("", ', 'LINK_COMMENT.sub("", (', HIDDEN),
    Mutant(f"{S}/hidden.py", "MOST_PASSES = 10", "MOST_PASSES = 1", HIDDEN),
    Mutant(f"{S}/hidden.py", 'SPACES.sub(" ", plain)', "plain", HIDDEN),
    Mutant(f"{S}/hidden.py", 'LINES.sub("\\n\\n", SPACES', "(SPACES", HIDDEN),
    Mutant(
        f"{S}/adapter/listing.py",
        "        name = show_name(tool.name, LONGEST_NAME)\n",
        "        name = tool.name\n",
        (
            f"{HOSTILE}::test_hidden_text_reaches_neither_clients_nor_the_person",
            f"{SESSION}::test_hidden_characters_are_removed_and_noted",
        ),
    ),
    Mutant(
        f"{S}/adapter/listing.py",
        "flags=(HIDDEN_TEXT,) if hides else ()",
        "flags=()",
        (f"{SESSION}::test_hidden_characters_are_removed_and_noted",),
    ),
    Mutant(
        f"{S}/adapter/session.py",
        'if hides_text(client.instructions or "", LONGEST_INSTRUCTIONS):',
        "if False:",
        (f"{SESSION}::test_hidden_characters_are_removed_and_noted",),
    ),
    Mutant(
        f"{S}/schemas/texts.py",
        "return show_plain(value, LONGEST_SOURCE)",
        "return value.strip()",
        (f"{T}/schemas/test_texts.py", f"{T}/schemas/test_portable.py"),
    ),
    Mutant(f"{S}/schemas/values.py", "if texts.is_plain(value)]", "]", VALUES),
    Mutant(
        f"{S}/schemas/values.py",
        "len(pattern) <= LONGEST_PATTERN and texts.is_plain(pattern)",
        "len(pattern) <= LONGEST_PATTERN",
        VALUES,
    ),
    Mutant(
        f"{S}/schemas/values.py",
        "len(json.dumps(default)) <= LONGEST_DEFAULT and texts.is_plain(default)",
        "len(json.dumps(default)) <= LONGEST_DEFAULT",
        VALUES,
    ),
    Mutant(f"{S}/schemas/values.py", "isinstance(form, str) and FORMAT.fullmatch(form)", "isinstance(form, str)", VALUES),
    # Names, headers and redirects
    Mutant(f"{S}/names.py", " or owners.get(name, keys[0]) != keys[0]", "", NAMES),
    Mutant(f"{S}/names.py", "HASH_LENGTH = 16", "HASH_LENGTH = 4", (f"{T}/test_offers.py",)),
    Mutant(f"{S}/names.py", "groups[fold(sanitize(key.tool))]", "groups[sanitize(key.tool)]", NAMES),
    Mutant(f"{S}/adapter/listing.py", ' or find_invalid_x_mcp_header(tool["inputSchema"])', "", HEADERS),
    Mutant(
        f"{S}/adapter/listing.py",
        "        if len(items) > most:\n            return items[:most], True\n",
        "",
        (f"{T}/adapter/test_listing.py",),
    ),
    # Offer, offers and dispatch
    Mutant(f"{S}/offer.py", "        if own & used:\n", "        if False:\n", OFFER),
    Mutant(
        f"{S}/offer.py", "names = assign_names(listed, {*reserved, *RESERVED})", "names = assign_names(listed, reserved)", OFFER
    ),
    Mutant(f"{S}/offer.py", "changes=not offered.read_only,", 'changes=not tool.annotations.get("readOnlyHint"),', OFFER),
    Mutant(
        f"{S}/offer.py",
        '        except InvalidInput:\n            log.warning("A tool',
        '        except KeyError:\n            log.warning("A tool',
        OFFER,
    ),
    Mutant(f"{S}/offer.py", "    if result.failed:\n", "    if False:\n", OFFER),
    Mutant(f"{S}/offers.py", "current = (upstream, tools, ", "current = (upstream, former.tools if former else tools, ", OFFERS),
    Mutant(f"{S}/offers.py", "        if others:\n", "        if False:\n", OFFERS),
    Mutant(
        f"{S}/dispatch.py",
        "allowed = [tool for tool in tools.offers.tools if is_allowed(tool)]",
        "allowed = list(tools.offers.tools)",
        ROUTES,
    ),
    Mutant(
        f"{S}/dispatch.py",
        "hand_over(tool.identity, tool.path,",
        "hand_over(tool.public.name, tool.path,",
        (f"{ROUTES[0]}::test_answers_have_the_fields_of_the_seed",),
    ),
    Mutant(f"{S}/dispatch.py", "    if response.status_code != 200:\n        return response\n", "", (f"{T}/test_dispatch.py",)),
    Mutant(f"{S}/dispatch.py", 'if key in known and key != "query"', 'if key != "query"', ROUTES),
    Mutant(
        f"{S}/views.py",
        "    if number <= MOST_OFFERED:\n",
        "    if True:\n",
        (f"{HOSTILE}::test_tools_without_number_are_limited_and_a_document_has_as_many_as_a_gpt_takes",),
    ),
    Mutant(
        f"{S}/reviews.py",
        "    if order.instructions not in {None, upstream.new_instructions}:",
        "    if False:",
        (f"{REVIEWS}::test_changed_instructions_reach_no_model_until_they_are_accepted",),
    ),
    Mutant(
        f"{S}/offer.py",
        "scope_of(config.id), upstream.instructions",
        "scope_of(config.id), upstream.status.info.instructions",
        (f"{REVIEWS}::test_changed_instructions_reach_no_model_until_they_are_accepted",),
    ),
    Mutant(
        f"{S}/adapter/http.py",
        "timeout=httpx2.Timeout(SECONDS, read=SILENT_SECONDS),",
        "timeout=httpx2.Timeout(SECONDS), follow_redirects=True,",
        (f"{T}/adapter/test_http.py::test_client_follows_no_redirect_by_itself",),
    ),
]
