"""Wrong changes in the queue's operations and in the approval of its clients that the tests must notice."""

from tests.mutants.mutant import Mutant

QUEUE = "server/integrations/queue"
TESTS = f"tests/{QUEUE}"


def change(name: str, before: str, after: str, test: str) -> Mutant:
    """Change a module of the queue."""
    return Mutant(f"{QUEUE}/{name}", before, after, (f"{TESTS}/{test}",))


MUTANTS = [
    change("rest/operations.py", "sum(len(file.data) for file in files) > LARGEST_FILES", "False", "rest/test_operations.py"),
    change("rest/operations.py", "clean_name(file.name) or", "file.name or", "rest/test_operations.py"),
    change("rest/operations.py", "b64decode(file.data, validate=True)", "b64decode(file.data)", "rest/test_operations.py"),
    change("rest/operations.py", "if order.lane is Lane.api and prompt.attachments:", "if False:", "rest/test_operations.py"),
    change("approval.py", "client.approved is None and client.waiting > 0", "client.approved is None", "test_approval.py"),
    change("approval.py", "client.approved is None and client.waiting > 0", "client.waiting > 0", "test_approval.py"),
    change("approval.py", "        self._asked.add(client.id)\n", "", "test_approval.py"),
    change("approval.py", "        if code or extent not in", "        if extent not in", "test_approval.py"),
    change(
        "rest/operations.py",
        "self.approvals.allow(client) if call.is_allowed else self.approvals.require_room(client)",
        "self.approvals.require_room(client)",
        "test_approval.py",
    ),
    change("approval.py", "        if question_id not in {", "        if None in {", "test_approval.py"),
    change("approval.py", "json.dumps([client.webhook_url, *map", "json.dumps([*map", "test_approval.py"),
    change("approval.py", "prompts[:count]", "prompts", "test_approval.py"),
    change("approval.py", "count=False, oldest_first=True", "count=False", "test_approval.py"),
    change("approval.py", '        "Answer goes to": prompt.result_url,\n', "", "test_approval.py"),
    change("approval.py", "client.webhook_url),) if client.webhook_url", "client.webhook_url),) if False", "test_approval.py"),
    change("approval.py", '        "Chat": f', '        "": f', "test_approval.py"),
    change("approval.py", "if stored.total >= MOST_UNANSWERED:", "if False:", "test_approval.py"),
    change("withdrawal.py", "            await self._queue.revoke_clients(newly_revoked)\n", "", "test_withdrawal.py"),
    change(
        "__init__.py",
        '        Revocation("queue_prompt", values={"webhook_url": None}, is_pending=True, checks=OF_PROMPT),',
        "",
        "test_restored.py",
    ),
    change("service.py", " if not worker.needs_person", "", "rest/test_operations.py"),
    change("withdrawal.py", "await admit.list_revoked()", "self._excluded", "test_withdrawal.py"),
    change("store/clients.py", 'webhook_url="", approved=False', 'webhook_url=""', "test_withdrawal.py"),
    change(
        "rest/operations.py",
        "(self.approvals.allow(client) if call.is_allowed else self.approvals.ask(client))",
        "self.approvals.ask(client)",
        "test_approval.py",
    ),
    change("withdrawal.py", " and client.id in self._excluded", "", "test_withdrawal.py"),
    change("withdrawal.py", "        callbacks.append(self._start)\n", "        callbacks.append(list)\n", "test_withdrawal.py"),
    change("withdrawal.py", "                await self.withdraw()\n", "", "test_withdrawal.py"),
    change("withdrawal.py", "change.client_id in self._excluded", "False", "test_withdrawal.py"),
    change("store/clients.py", "in_(WAITING)", "in_(WAITING[:1])", "test_withdrawal.py"),
    change("queue.py", "        if self.context.is_paused():\n            return None\n", "", "rest/test_routes.py"),
    change(
        "rest/error_format.py",
        '{"detail": failure.detail}',
        "{**failure.extra, 'detail': failure.detail}",
        "rest/test_error_format.py",
    ),
    change("rest/models.py", 'default if value is None or value == "" else value', "value", "rest/test_models.py"),
    change(
        "store/decisions.py",
        "    if read_approval(connection, current.client.id) is False:",
        "    if False:",
        "store/test_approvals.py",
    ),
    change("fallback.py", "                ended.set()\n", "                pass\n", "test_fallback.py"),
    change("fallback.py", "change.prompt_id == prompt_id and ", "", "test_fallback.py"),
    change(
        "fallback.py", "        task.cancel()\n        await asyncio.gather", "        await asyncio.gather", "test_fallback.py"
    ),
    change("store/ending.py", "if read_approval(connection, current.client.id) is False:", "if False:", "store/test_ending.py"),
    change("monitor.py", "suppress(Forbidden)", "suppress()", "test_monitor.py"),
    change("reading.py", " and not line.paused", "", "test_reading.py"),
    change("reading.py", " or not any(kind.can_take(prompt) for kind in kinds)", "", "test_reading.py"),
    change("store/claims.py", " and (self.can_attach or not waiting.attachments)", "", "test_reading.py"),
    change("reading.py", "prompt.client.id in line.held or ", "", "test_reading.py"),
    change("store/places.py", "rows=(None, -1)", "rows=(None, 0)", "store/test_places.py"),
    change("store/places.py", ".filter(IS_IDLE)", "", "store/test_places.py"),
    change("service.py", "Queue(context, self._list_browsers)", "Queue(context)", "rest/test_operations.py"),
    change("rest/operations.py", "await self.queue.find_places(*page.items)", "{}", "rest/test_operations.py"),
    change("extension_commands.py", '{archive}.")\n    say("")', '{archive}.\\n")', "test_extension_commands.py"),
    change("commands_wording.py", "{PAST_STATES[entry", "{STATES[entry", "test_commands_wording.py"),
    change("commands_wording.py", '"uncertain": "uncertain"', '"uncertain": "to check"', "test_commands_wording.py"),
    change(
        "rest/routes.py", "Annotated[ReplayOrder, Body(default_factory=ReplayOrder)]", "ReplayOrder", "rest/test_operations.py"
    ),
    change("rest/operations.py", 'Lane.api: ", at your cost"', 'Lane.api: ""', "rest/test_operations.py"),
    change("models.py", "Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=", "Field(lt=", "rest/test_models.py"),
    change("models.py", ", lt=datetime(9999, 1, 1, tzinfo=UTC)", "", "rest/test_models.py"),
    change("store/rows.py", "(ValueError, OverflowError, OSError)", "KeyError", "store/test_rows.py"),
    change("rest/routes.py", "Query(max_length=18,", "Query(max_length=40,", "rest/test_routes.py"),
    change("rest/views.py", "len(view.model_dump_json())", 'measure(getattr(view, "response", ""))', "rest/test_views.py"),
    change("rest/views.py", "        if taken and left < 0:", "        if False:", "rest/test_views.py"),
    change("rest/views.py", "    while measure(part) > most:", "    while False:", "rest/test_views.py"),
    change("rest/views.py", "LARGEST_TEXTS - measure(response)", "LARGEST_TEXTS", "rest/test_views.py"),
    change(
        "rest/operations.py",
        "str(page.items[len(shown) - 1].number) if len(shown) < len(page.items) else page.next",
        "page.next",
        "rest/test_operations.py",
    ),
    change("rest/operations.py", "PromptFilter(client_id=read_client().id, status", "PromptFilter(status", "rest/test_routes.py"),
    change(
        "rest/operations.py",
        "await self.queue.read(prompt_id, client_id), text_offset",
        "await self.queue.read(prompt_id), text_offset",
        "rest/test_routes.py",
    ),
    change(
        "rest/operations.py",
        "self.queue.cancel(prompt_id, read_client().id)",
        "self.queue.cancel(prompt_id)",
        "rest/test_routes.py",
    ),
    change(
        "rest/operations.py",
        "self.queue.retry(prompt_id, read_client().id)",
        "self.queue.retry(prompt_id)",
        "rest/test_routes.py",
    ),
    change(
        "rest/operations.py",
        "        prompt = await self.queue.read(prompt_id, client_id)\n        progress",
        "        prompt = await self.queue.read(prompt_id)\n        progress",
        "rest/test_routes.py",
    ),
    change("rest/held_requests.py", "of_client >= MOST_OF_CLIENT or ", "", "rest/test_held_requests.py"),
    change("rest/held_requests.py", " or len(self._all) >= MOST:", ":", "rest/test_held_requests.py"),
    change("rest/held_requests.py", "        self._all.discard(self)\n", "        pass\n", "rest/test_held_requests.py"),
    change(
        "rest/operations.py",
        "self.held.hold(client.id) if wait else nullcontext()",
        "nullcontext()",
        "rest/test_held_requests.py",
    ),
    change(
        "rest/operations.py",
        "            with self.held.hold(client_id):\n",
        "            if True:\n",
        "rest/test_held_requests.py",
    ),
    change("rest/operations.py", "with DisconnectWatch(receive):", "if True:", "rest/test_held_requests.py"),
    change("rest/models.py", 'str, replace_null("application/octet-stream")', "str, None", "rest/test_operations.py"),
    change("commands_wording.py", 'for name in prompt["attachments"]', "for name in ()", "test_commands_wording.py"),
    change("rest/progress.py", "            self._text = text\n", "", "rest/test_progress.py"),
    change("rest/progress.py", "len(known) if text.startswith(known) else 0", "len(known)", "rest/test_progress.py"),
    change("rest/operations.py", "if len(shown) < len(chats) else None", "if False else None", "rest/test_routes.py"),
    change("store/chats.py", ".where(chat.c.id > after)", "", "rest/test_routes.py"),
    change("store/places.py", ".where(LATEST, answer", ".where(answer", "store/test_tables.py"),
    change(
        "store/prompts.py", "(OPEN_CLIENT if states <= set(OPEN) else prompt.c.client)", "prompt.c.client", "store/test_tables.py"
    ),
    change("store/prompts.py", "OPEN_NUMBER if list_states(selection) <= set(OPEN) else ", "", "store/test_tables.py"),
    change("store/clients.py", ".group_by(OPEN_CLIENT)", ".group_by(prompt.c.client)", "store/test_tables.py"),
    change("store/clients.py", "prompt.c.webhook_url.is_not(None), ", "", "store/test_clients.py"),
    change(
        "fallback.py",
        "self._context.tasks.repeat(partial(self.run, worker), lambda: RESTART_SECONDS, ",
        "self._context.tasks.start(self.run(worker), ",
        "test_fallback.py",
    ),
    change("extension/session.py", "getattr(message or error, field", "getattr(message, field", "extension/test_session.py"),
]
