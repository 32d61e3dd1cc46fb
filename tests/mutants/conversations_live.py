"""Wrong changes in live conversations: what is sent to OpenAI twice, lost, out of order, unasked or beyond what was shown."""

from tests.mutants.mutant import Mutant

HERE = "server/integrations/conversations"
TESTS = "tests/server/integrations/conversations"


def change(name: str, before: str, after: str, *tests: str) -> Mutant:
    """Change a module that is tested by the test file of its name, unless others are named."""
    folder, _, stem = name.rpartition("/")
    files = tests or (f"{folder}/test_{stem}".lstrip("/"),)
    return Mutant(f"{HERE}/{name}.py", before, after, tuple(f"{TESTS}/{file}.py" for file in files))


MUTANTS = [
    # a delivery does not hide another conversation
    change("deliveries/received", "if own_id == IMPORTED or (", "if ("),
    change("deliveries/received", "not in (None, own_id or chat_id)", "is IMPORTED"),
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
    change("live/operations", "() if branch.imported is None else", "() if True else", "live/test_branches"),
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
        "return (chat.thread_id, parent) if chat.thread_leaf == parent else",
        "return (chat.thread_id, parent) if True else",
        "live/test_chats",
    ),
    change("live/exchange", "    if begun and uses_thread:", "    if False:"),
    change("live/exchange", "if chat.temporary or not self._has_threads:", "if not self._has_threads:", "live/test_chats"),
    change("live/exchange", "            self._has_threads = False", "            pass"),
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
    change("live/chats", "            if above and not is_node(connection, current, above):", "            if False:"),
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
    change(
        "openai_account/connection", "context=contextvars.Context()", "context=contextvars.copy_context()", "live/test_routes"
    ),
    change("live/effects", "return UNKNOWN_PRICE if units is None else", 'return "$0" if units is None else'),
    change(
        "live/effects",
        "tokens = round_up(await asyncio.to_thread(estimate_tokens, turns, instructions, model))",
        "tokens = await asyncio.to_thread(estimate_tokens, turns, instructions, model)",
    ),
    change("live/effects", "        if self._openai.is_free:", "        if False:"),
    # exchanges of /v1
    change("live/recording", "digests.index(digest) + 1", "0"),
    change("live/recording", "            model=model,\n", ""),
    change(
        "store/answers", 'ANSWERS.where(answer.c.client == bindparam("by"), answer', "ANSWERS.where(answer", "live/test_recording"
    ),
    # copies at OpenAI
    change("live/sync", "reason = UNCERTAIN if isinstance(error, Uncertain) else error.detail", "raise"),
    change("store/syncs", "BEGIN = MARK.where(sync_item.c.state == ItemState.waiting)", "BEGIN = MARK.where(True)"),
    change(
        "store/syncs",
        '    .where(sync.c.id == bindparam("which"), sync.c.state == SyncState.running)\n    .values(state',
        '    .where(sync.c.id == bindparam("which"))\n    .values(state',
    ),
    change("store/syncs", "        conversation.c.temporary.is_(False),\n", "", "live/test_sync"),
    change("live/sync", "await self._database.write(syncs.fail_interrupted, STOPPED)", "pass"),
    change("live/sync", "if run is None or client not in {None, run.client}:", "if run is None:"),
    # deliveries
    change("deliveries/signature", 'timestamp.encode() + b"." + body', "body"),
    change("deliveries/signature", "if len(timestamp) <= SECONDS_DIGITS else int(timestamp) // 1000", "if True else 0"),
    change(
        "store/received", '    if connection.execute(KNOWN, {"made": digest}).first():', "    if False:", "deliveries/test_routes"
    ),
    change("store/received", "    if chat and chat.source is not Source.webhook:", "    if False:", "deliveries/test_routes"),
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
    change("live/exchange", "estimate_tokens, turns, project.instructions, model)", 'estimate_tokens, turns, "", "gpt-4o")'),
    change("compatible/outgoing", "count_image_tokens(model, url)", 'count_image_tokens("gpt-4o", url)'),
]
