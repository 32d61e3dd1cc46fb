"""Wrong changes in live conversations: what is sent to OpenAI twice, lost, out of order, unasked or beyond what was shown."""

from tests.mutants.mutant import Mutant

HERE = "server/integrations/conversations"
TESTS = "tests/server/integrations/conversations"
RECEIVED = "deliveries/test_received"


def change(name: str, before: str, after: str, *tests: str) -> Mutant:
    """Change a module that is tested by the test file of its name, unless others are named."""
    folder, _, stem = name.rpartition("/")
    files = tests or (f"{folder}/test_{stem}".lstrip("/"),)
    return Mutant(f"{HERE}/{name}.py", before, after, tuple(f"{TESTS}/{file}.py" for file in files))


MUTANTS = [
    # a delivery does not hide another conversation
    change("deliveries/received", "names = {chat_id, thread_id or chat_id}", "names = {chat_id}"),
    change("deliveries/received", "names = {chat_id, thread_id or chat_id}", "names = {thread_id or chat_id}"),
    change("store/received", "    if namesake and (chat is None or namesake.key != chat.key):", "    if False:", RECEIVED),
    change(
        "deliveries/models",
        "Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(read_id)]",
        "Annotated[str | None, BeforeValidator(read_id), Field(max_length=200)]",
    ),
    # a model gets the branch that is shown, of a conversation that was delivered and imported
    change(
        "live/exchange",
        "branch = await self._branches.complete(chat, path)",
        "branch = await self._branches.complete(chat, [])",
        "live/test_branches",
    ),
    change("live/exchange", 'if branch.imported is None else ("", "")', 'if True else ("", "")', "live/test_branches"),
    change("live/exchange", "branch.messages, branch.imported))", "branch.messages))", "live/test_branches"),
    change("live/chats", '"follows": end.imported}', '"follows": ""}', "live/test_branches"),
    change("live/chats", "end.here or current.current_message", "current.current_message", "live/test_branches"),
    change("live/operations", "imported=branch.imported is not None", "imported=False", "live/test_branches"),
    # an approval covers what is sent along
    change("live/operations", '{(await asyncio.to_thread(digest_turns, turns))[-1]}"', '"'),
    change("live/operations", 'seal=f"{branch.history}{HISTORY}', 'seal=f"{HISTORY}'),
    change("live/operations", "if approved and approved.seal else None", "if False else None"),
    change("live/operations", "            (*fields, *list_earlier(branch), *list_", "            (*fields, *list_"),
    change("live/operations", "message.role is Role.system for", "False for"),
    change("live/operations", '("Message", text), *list_instructions(project), ', '("Message", text), '),
    change("live/chats", "if history not in {None, ", "if history not in {history, ", "live/test_operations"),
    change("live/exchange", "if live.digest_delivered(path) != row.history:", "if False:", "live/test_operations"),
    change("live/exchange", "chat.thread_leaf == parent != UNKNOWN_LEAF", "chat.thread_leaf == parent", "live/test_operations"),
    change("live/effects", "quote_unless_name(show_line(self.model))", "self.model", "live/test_operations"),
    change("live/sync_operations", ", seal=hashlib.sha256(repr(plan).encode()).hexdigest())", ")"),
    change("live/sync_operations", "    if chosen.titles:", "    if False:"),
    change("library/library", "{**self.lacking_files, **await", "{**await", "live/test_branches"),
    change("library/library", 'int(self.lacking[0]["conversation"]) if self.lacking else None', "None", "live/test_branches"),
    change("library/delivered", "{*questions, *questions.values()}", "()", "live/test_branches"),
    change("library/delivered", 'questions.get(row["parent"], row["parent"])', 'row["parent"]', "live/test_branches"),
    change("library/delivered", ' and stored[each]["kind"] != Kind.thoughts', "", "live/test_branches"),
    change(
        "live/copies",
        "rows = await read_path(archive, merged, message_id)",
        "rows = await read_path(archive, merged)",
        "library/test_delivered",
    ),
    # sent once, in order, and held while OpenAI is out of reach
    change(
        "live/sending",
        "isinstance(error, Uncertain | UpstreamTimedOut)",
        "isinstance(error, UpstreamTimedOut)",
        "live/test_sending",
    ),
    change(
        "live/exchange",
        "NOTHING_SENT = (Unavailable, SignInNeeded, TooManyRequests)",
        "NOTHING_SENT = (SignInNeeded,)",
        "live/test_sending",
    ),
    change(
        "live/exchange",
        "NOTHING_SENT = (Unavailable, SignInNeeded, TooManyRequests)",
        "NOTHING_SENT = (Unavailable,)",
        "live/test_sending",
    ),
    change("live/exchange", "            if created:\n", "            if False:\n", "live/test_sending"),
    change("live/outcomes", "chat = await self._store(store)", "chat = await self._database.write(store)", "live/test_sending"),
    change("live/sending", "        if retrieving and not row.response_id:", "        if False:"),
    change("live/sending", "            await self._finish_stopped(row)", "            pass"),
    change("live/sending", "if await self._database.write(answers.cancel, row, STOPPED):", "if False:"),
    change(
        "store/answers",
        "return connection.execute(LATEST, values).scalar_one_or_none() or chat",
        "return chat",
        "store/test_answers",
    ),
    change("store/answers", "CANCEL = CHANGE.where(answer.c.state == AnswerState.waiting)", "CANCEL = CHANGE.where(True)"),
    change("store/answers", "END = CHANGE.where(OPEN_ONES)", "END = CHANGE.where(True)"),
    change("store/answers", "POSTPONE = CHANGE.where(OPEN_ONES)", "POSTPONE = CHANGE.where(True)"),
    change(
        "live/exchange",
        "return (chat.thread_id, parent) if chat.thread_leaf == parent != UNKNOWN_LEAF else",
        "return (chat.thread_id, parent) if True else",
        "live/test_chats",
    ),
    change("live/exchange", "    if begun and uses_thread:", "    if False:"),
    change("live/exchange", "if chat.temporary or self._openai.is_free:", "if self._openai.is_free:", "live/test_chats"),
    change("live/exchange", "if chat.temporary or self._openai.is_free:", "if chat.temporary:"),
    change("live/sync", "self._openai.api(only_openai=True)", "self._openai.api()"),
    change("openai_account/connection", "            raise SignInNeeded(ELSEWHERE)", "            pass", "deletion/test_tidying"),
    change("store/live", "    if chat is None or chat.thread_id:", "    if chat is None:", "store/test_openai_deletions"),
    change("store/live", "        openai_deletions.add(connection, [thread_id], now, now)", "        pass", "live/test_exchange"),
    change("live/chats", "live.require_found(connection, chat.id)", "live.require(connection, chat.key)"),
    change(
        "live/outcomes",
        "if answers.end(connection, row, AnswerState.failed, reason, answer.text, cost):",
        "if answers.end(connection, row, AnswerState.failed, reason, answer.text, cost) or True:",
    ),
    change("live/exchange", "background=bool(row.client and thread_id)", "background=False", "live/test_sending"),
    change(
        "live/exchange",
        "            await self._spending.settle(prepared.reservation, None)",
        "            await self._spending.release(prepared.reservation)",
    ),
    change("live/exchange", "(USUAL_OUTPUT if row.client else None)", "None", "live/test_effects"),
    change("live/outcomes", "            self._events.emit_answer(connection, chat, new)", "            pass", "live/test_chats"),
    change("live/polling", "except (NotFound, InvalidInput):", "except InvalidInput:"),
    change("live/polling", "except (Unavailable, TooManyRequests, UpstreamFailed):", "except TooManyRequests:"),
    # branches, temporary conversations, images
    change(
        "live/chats",
        '            if place["parent"] and not is_node(connection, current, place["parent"]):',
        "            if False:",
    ),
    change("live/chats", "    if path[-1].role is not Role.assistant:", "    if True:"),
    change("live/chats", "if row is None or row.conversation != chat.key:", "if row is None:"),
    change(
        "store/live", "delete(conversation).where(conversation.c.temporary, ", "delete(conversation).where(", "live/test_chats"
    ),
    change("live/images", "if file.content_type not in VISIBLE:", "if False:"),
    change("live/images", "if len(listed) > MOST_IMAGES or any", "if any"),
    change("live/turns", "text=remove_hidden(message.text)", "text=message.text"),
    # what was shown for approval
    change("live/effects", "        except InvalidInput:\n            raise\n", ""),
    change("live/exchange", "(*NOTHING_SENT, UpstreamFailed, UpstreamTimedOut)", "NOTHING_SENT", "live/test_sending"),
    change("live/effects", "return UNKNOWN_PRICE if units is None else", 'return "$0" if units is None else'),
    change(
        "live/effects",
        "tokens = round_up(await asyncio.to_thread(estimate_tokens, turns, instructions, model))",
        "tokens = await asyncio.to_thread(estimate_tokens, turns, instructions, model)",
    ),
    change("live/effects", "        if self._openai.is_free:", "        if False:"),
    # exchanges of /v1
    change("live/recording", "projects.find_id(connection, project_id)", "project_id"),
    change("live/recording", "digests.index(digest) + 1", "0"),
    change("live/recording", "            model=model,\n", ""),
    change("live/recording", "answers.find_by_history(connection, chat.key, digest) or ", ""),
    change("live/recording", '"" if previous_response_id else digest_turns', "digest_turns"),
    change(
        "store/answers", 'ANSWERS.where(answer.c.client == bindparam("by"), answer', "ANSWERS.where(answer", "live/test_recording"
    ),
    # copies at OpenAI
    change("live/sync", "make_copy_id(run, item) if", "str(uuid.uuid4()) if"),
    change("live/sync", "reason = UNCERTAIN if isinstance(error, Uncertain) else error.detail", "raise"),
    change("live/sync", "read(syncs.list_copied, imported)", "read(syncs.list_copied, [])", "live/test_sync"),
    change("live/sync", "if unknown := set(imported)", "if unknown := set[str]()", "live/test_sync"),
    change("store/syncs", "BEGIN = MARK.where(sync_item.c.state == ItemState.waiting)", "BEGIN = MARK.where(True)"),
    change(
        "store/syncs",
        '    .where(sync.c.id == bindparam("which"), sync.c.state == SyncState.running)\n    .values(state',
        '    .where(sync.c.id == bindparam("which"))\n    .values(state',
    ),
    change("store/syncs", "        conversation.c.temporary.is_(False),\n", "", "live/test_sync"),
    change("live/sync", "await self._database.write(syncs.fail_interrupted, STOPPED)", "pass"),
    change("live/sync", "if run is None or client not in {None, run.client}:", "if run is None:"),
    # what a removed project leaves
    change("deletion/deletion", "        projects.move_orphaned(connection, chat_id)\n", ""),
    change("live/projects", ", *usage.list_projects(connection)]", "]"),
    change("live/local", "    await service.spending.set_budget(None, project_id)\n", ""),
    # deliveries
    change("store/live", 'func.min(path.c.depth).label("depth")).group_by(path.c.id)', 'path.c.depth.label("depth"))'),
    change("deliveries/routes", "repair_strings(json.loads(body))", "json.loads(body)"),
    change("deliveries/routes", "[TIMESTAMP], EVENTS[event], delivery.body)", "[TIMESTAMP], event, delivery.body)"),
    change("deliveries/signature", 'timestamp.encode() + b"." + body', "body"),
    change("deliveries/signature", "if len(timestamp) <= SECONDS_DIGITS else int(timestamp) // 1000", "if True else 0"),
    change(
        "store/received", '    if connection.execute(KNOWN, {"made": digest}).first():', "    if False:", "deliveries/test_routes"
    ),
    # a delivery changes only what its sender delivered
    change("store/received", "owner != (Source.webhook, sender) for", "owner[0] != Source.webhook for", RECEIVED),
    change("store/received", "owner != (Source.webhook, sender) for", "owner[1] != sender for", RECEIVED),
    change("store/received", "else read_former_owners(connection, chat_id)", "else []", RECEIVED),
    change("store/received", " or (row and not live.read_details(row.details).delivered)", "", RECEIVED),
    change("store/received", "    if answers.find(connection, received.id) or (", "    if (", RECEIVED),
    change(
        "store/received", "if received and projects.is_delivered_by(connection, named, delivered.sender)", "if received", RECEIVED
    ),
    change("store/received", "        if not delivered.imported_name:\n", "        if True:\n", RECEIVED),
    change("store/received", "        client=sender,\n", "", RECEIVED),
    change("store/projects", ".scalar() == sender)", ".scalar() is not None)", RECEIVED),
    change("live/projects", "store.change_as_person", "store.change", RECEIVED),
    change("live/routes", "current_call.get().client_id", '"client"'),
    change("migrations/conversations_0004_senders", " AND NOT id GLOB :written", "", "store/test_live_tables"),
    change("store/received", "    if (chat.updated_at or 0) > received.update_time:", "    if False:", "deliveries/test_routes"),
    change("store/received", "        unindex_messages(connection, (row.key,))\n", "", "deliveries/test_routes"),
    change("deliveries/models", "value / 1000 if value >= MILLISECONDS else float(value)", "float(value)"),
    change("deliveries/limits", "        if len(self._times) >= most:", "        if False:"),
    Mutant(
        "server/http/path_alias.py",
        'startswith(f"{self.prefix}/")',
        "startswith(self.prefix)",
        ("tests/server/http/test_path_alias.py",),
    ),
    Mutant(
        "server/runtime/catalogue.py",
        'if f"{path}/".startswith(f"{pair[0]}/")]',
        "if path.startswith(pair[0])]",
        ("tests/server/runtime/test_catalogue.py",),
    ),
    Mutant(
        f"{HERE}/__init__.py",
        'where={"state": "waiting"}, values={"state": "failed", "error": RESTORED}, is_pending=True',
        'where={"state": "waiting"}, values={"state": "failed", "error": RESTORED}',
        (f"{TESTS}/test_restored.py",),
    ),
    # what goes out asks for the service tier whose price is reserved
    change("live/exchange", "            service_tier=reservation.tier,\n", ""),
    change("live/completions", "            service_tier=reservation.tier,\n", ""),
    # an image is not counted too low
    change("live/image_tokens", "tiles = count_tiles(size) if size else MOST_TILES", "tiles = 1"),
    change("live/image_tokens", "if size else most\n", "if size else 0\n"),
    change("live/image_tokens", "max(count_patches(size), FEWEST_PATCHES)", "FEWEST_PATCHES"),
    change("live/image_tokens", ", BASE + EACH_TILE * tiles)\n", ", 0)\n"),
    change("live/image_tokens", "    if name == TILED_MINI:\n", "    if False:\n"),
    change("live/exchange", "bound_tokens, turns, project.instructions, model)", 'bound_tokens, turns, "", "gpt-4o")'),
    change("live/turns", "instructions, model, 1)", "instructions, model, BYTES_PER_TOKEN)"),
    change("compatible/outgoing", "count_image_tokens(model, url)", 'count_image_tokens("gpt-4o", url)'),
]
