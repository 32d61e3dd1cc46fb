"""Wrong changes in the sockets of extensions: handshake, dialects, reports, dispatch, pairing, hostile peers."""

from tests.mutants.mutant import Mutant

SOURCE = "server/integrations/queue/extension"
FOLDER = "tests/server/integrations/queue/extension"
CONNECTION, CHANNEL = (f"{FOLDER}/test_connection.py",), (f"{FOLDER}/test_channel.py",)
SESSION, REPORTS = (f"{FOLDER}/test_session.py",), (f"{FOLDER}/test_reports.py",)
DISPATCH, HUB = (f"{FOLDER}/test_dispatch.py",), (f"{FOLDER}/test_hub.py",)
PAIRING, ROUTES = (f"{FOLDER}/test_pairing.py",), (f"{FOLDER}/test_routes.py",)
ORIGIN, ANSWERS = (f"{FOLDER}/test_origin.py",), (f"{FOLDER}/test_answers.py",)
MESSAGES, WORKER = (f"{FOLDER}/test_messages.py",), (f"{FOLDER}/test_worker.py",)
SERVICE, REGISTRY = (f"{FOLDER}/test_service.py",), (f"{FOLDER}/test_registry.py",)
SOCKET = ("tests/server/http/test_websocket.py",)
PAIRED = ("tests/server/access/clients/test_paired.py",)
HISTORY = ("tests/server/integrations/conversations/imports/test_browser_history.py",)
IMPORTS = (f"{FOLDER}/test_history.py",)
REQUESTS = (f"{FOLDER}/test_requests.py",)

MUTANTS = [
    # imports of the history
    Mutant(f"{SOURCE}/history.py", 'if not extension or not extension["imports"]:', "if not extension:", IMPORTS),
    Mutant(f"{SOURCE}/history.py", "        if history.done:\n            await self.end(worker_id)\n", "", IMPORTS),
    Mutant(
        f"{SOURCE}/history.py", "store.find_extension, worker_id)", 'store.find_extension, worker_id.partition("/")[0])', IMPORTS
    ),
    Mutant(
        f"{SOURCE}/service.py",
        '        if action == "stop":\n            await self.history.end(extension_id)\n',
        "",
        IMPORTS,
    ),
    Mutant(f"{SOURCE}/service.py", "        self._require(extension_id)\n", "", IMPORTS),
    Mutant(f"{SOURCE}/history.py", "        if progress.stopped:\n", "        if False:\n", IMPORTS),
    Mutant(
        f"{SOURCE}/session.py",
        'for field in ("type", "request_id"))',
        'for field in ("type", "token"))',
        IMPORTS,
    ),
    # handshake
    Mutant(f"{SOURCE}/connection.py", "if origin and not is_extension(origin, extensions.origins()):", "if False:", CONNECTION),
    Mutant(f"{SOURCE}/origin.py", "return names_extension(origin) and origin in paired", "return origin in paired", ORIGIN),
    Mutant(
        f"{SOURCE}/origin.py", "return names_extension(origin) and origin in paired", "return names_extension(origin)", ORIGIN
    ),
    Mutant(f"{SOURCE}/origin.py", " and not any(name in headers for name in PROXY_HEADERS)", "", ORIGIN),
    Mutant(f"{SOURCE}/origin.py", " and peer is not None and is_loopback(peer.host)", "", ORIGIN),
    Mutant(f"{SOURCE}/origin.py", "len(hosts) == 1 and is_loopback_host(hosts[0])", "bool(hosts)", ORIGIN),
    Mutant(
        f"{SOURCE}/connection.py",
        "if origin or len(query) > 1 or not is_from_here(self.socket):",
        "if origin or len(query) > 1:",
        CONNECTION,
    ),
    Mutant(
        f"{SOURCE}/connection.py",
        "if origin or len(query) > 1 or not is_from_here(self.socket):",
        "if len(query) > 1 or not is_from_here(self.socket):",
        CONNECTION,
    ),
    Mutant(f"{SOURCE}/connection.py", "if hello.protocol != PROTOCOL:", "if False:", CONNECTION),
    Mutant(
        f"{SOURCE}/connection.py",
        "if self.admission is None:\n            raise Closed",
        "if False:\n            raise Closed",
        CONNECTION,
    ),
    Mutant(f"{SOURCE}/connection.py", "len(extensions.hub) >= extensions.limits.connections or ", "", CONNECTION),
    Mutant(f"{SOURCE}/connection.py", " or extensions.hub.unknown[is_here] >= extensions.limits.unknown", "", CONNECTION),
    Mutant(f"{SOURCE}/connection.py", "        await admission.ended.wait()\n", "        await asyncio.sleep(60)\n", CONNECTION),
    Mutant(f"{SOURCE}/connection.py", "self._count_unknown(is_here, unknown=not self._has_key())", "pass", CONNECTION),
    Mutant(
        f"{SOURCE}/connection.py",
        "if len(self.extensions.hub) >= self.extensions.limits.connections:",
        "if False:",
        CONNECTION,
    ),
    Mutant(f"{SOURCE}/connection.py", "hub.unknown[is_here] >= ", "hub.unknown.total() >= ", CONNECTION),
    Mutant(f"{SOURCE}/connection.py", "limits.seed_seconds if known else limits.hello_seconds", "None", CONNECTION),
    Mutant("server/http/server.py", 'value.partition("?")[0] if isinstance(value, str) else value', "value", CONNECTION),
    # peers
    Mutant("server/http/websocket.py", "if len(self.frames) >= MOST_FRAGMENTS:", "if False:", SOCKET),
    Mutant("server/http/websocket.py", "if self.transport.get_write_buffer_size() > MOST_UNREAD:", "if False:", SOCKET),
    Mutant("server/http/limits.py", "ws_max_size=limits.largest_message,", "ws_max_size=1 << 31,", CHANNEL),
    Mutant(f"{SOURCE}/channel.py", "if self._allowance < 0:", "if False:", CHANNEL),
    Mutant(f"{SOURCE}/channel.py", "if text is None:", "if False:", CHANNEL),
    Mutant(f"{SOURCE}/channel.py", "asyncio.Queue(limits.outgoing)", "asyncio.Queue()", CHANNEL),
    # messages
    Mutant(f"{SOURCE}/messages.py", "Field(ge=0, le=LARGEST_TOKEN, strict=True)", "Field(ge=0, le=LARGEST_TOKEN)", MESSAGES),
    Mutant(f"{SOURCE}/messages.py", "(ValueError, RecursionError)", "ValueError", MESSAGES),
    Mutant(f"{SOURCE}/messages.py", "Field(max_length=500, repr=False)", "Field(max_length=500)", MESSAGES),
    Mutant(f"{SOURCE}/messages.py", "return f\"{shorten(place)}: {first['msg']}.\"", 'return f"{error.errors()[0]}."', MESSAGES),
    Mutant(f"{SOURCE}/answers.py", "if offset > len(self.progress):", "if False:", ANSWERS),
    Mutant(f"{SOURCE}/answers.py", "if offset + len(text) > LONGEST_ANSWER:", "if False:", ANSWERS),
    Mutant(f"{SOURCE}/answers.py", "if self.size + len(text) > LONGEST_ANSWER or", "if", ANSWERS),
    Mutant(f"{SOURCE}/answers.py", " or index >= MOST_PARTS", "", ANSWERS),
    Mutant(f"{SOURCE}/answers.py", "if not self.complete:", "if False:", ANSWERS),
    Mutant(f"{SOURCE}/answers.py", " or self.complete:", ":", ANSWERS),
    # reports
    Mutant(f"{SOURCE}/reports.py", " and prompt.worker == self._worker.id", "", REPORTS),
    Mutant(
        f"{SOURCE}/reports.py", "        if leased.token != message.token:\n            raise Conflict(NOT_YOURS)\n", "", REPORTS
    ),
    Mutant(f"{SOURCE}/reports.py", "if message.token is None:", "if False:", REPORTS),
    Mutant(f"{SOURCE}/reports.py", "if self._worker.seed:  #", "if False:  #", CONNECTION),
    Mutant(f"{SOURCE}/reports.py", "return min(ends, now + LONGEST_LIMIT)", "return ends", REPORTS),
    Mutant(f"{SOURCE}/reports.py", "if message.name in HOLDING and not sent:", "if False:", SESSION),
    Mutant(f"{SOURCE}/reports.py", "await self._queue.limit_until(self._read_reset(page.resets_at))", "pass", SESSION),
    Mutant(
        f"{SOURCE}/reports.py",
        'if message.state == "not_sent":\n            return True',
        "if True:\n            return True",
        SESSION,
    ),
    # conversation
    Mutant(f"{SOURCE}/session.py", 'if prompt.find_first and "find" in self.worker.capabilities:', "if False:", SESSION),
    Mutant(f"{SOURCE}/session.py", " and not self.worker.seed and cancelled:", " and cancelled:", CONNECTION),
    Mutant(f"{SOURCE}/session.py", " and not self.worker.seed and cancelled:", " and False:", SESSION),
    Mutant(f"{SOURCE}/session.py", "            await self.beat()\n", "", SESSION),
    Mutant(f"{SOURCE}/session.py", "(self.worker.seed or about.token == leased.token)", "True", REPORTS),
    Mutant(
        f"{SOURCE}/requests.py", "(prompt.started_at or prompt.queued_at)", "prompt.queued_at", (f"{FOLDER}/test_requests.py",)
    ),
    Mutant(
        f"{SOURCE}/session.py", "None if self.worker.seed else SILENT_BEATS * self._limits.heartbeat_seconds", "None", SESSION
    ),
    Mutant(f"{SOURCE}/worker.py", "return not self.leases and now >= self.held_until", "return now >= self.held_until", WORKER),
    Mutant(f"{SOURCE}/worker.py", "return not self.leases and now >= self.held_until", "return not self.leases", WORKER),
    Mutant(f"{SOURCE}/worker.py", "self.held_until = max(self.held_until, until)", "self.held_until = until", WORKER),
    # dispatch
    Mutant(f"{SOURCE}/dispatch.py", "            self.hub.use(session)\n", "            pass\n", DISPATCH),
    Mutant(
        f"{SOURCE}/dispatch.py",
        "            await self.queue.release(lease.prompt.id, lease.token)\n",
        "            pass\n",
        DISPATCH,
    ),
    Mutant(f"{SOURCE}/dispatch.py", " and session not in self._claiming", "", DISPATCH),
    Mutant("server/integrations/queue/queue.py", "        if claim:\n", "        if False:\n", DISPATCH),
    Mutant(
        f"{SOURCE}/dispatch.py",
        "            self.queue.context.tasks.start(self._release(lease), name=RELEASE)\n",
        "            pass\n",
        DISPATCH,
    ),
    Mutant(f"{SOURCE}/dispatch.py", "        await self.queue.expire_leases()\n", "", DISPATCH),
    Mutant(f"{SOURCE}/dispatch.py", "                    await session.beat()\n", "                    pass\n", DISPATCH),
    Mutant(f"{SOURCE}/dispatch.py", "await self.queue.next_claim_at(capabilities=kind)", "None", DISPATCH),
    Mutant(f"{SOURCE}/dispatch.py", "next_claim_at(capabilities=kind)", "next_claim_at()", DISPATCH),
    Mutant(f"{SOURCE}/reports.py", "if leased is None or leased.token != message.token:", "if leased is None:", REPORTS),
    Mutant(
        f"{SOURCE}/reports.py",
        "leased = self._worker.leases.get(message.request_id)\n        if leased is None",
        "leased = await self._find(message)\n        if leased is None",
        REPORTS,
    ),
    Mutant(
        f"{SOURCE}/hub.py",
        "            await self._ended[worker_id].wait()\n",
        "            await asyncio.sleep(0)\n            break\n",
        HUB,
    ),
    Mutant(f"{SOURCE}/hub.py", "            if change.prompt_id in session.worker.leases:", "            if False:", HUB),
    Mutant(f"{SOURCE}/service.py", "        await self.queue.lose(worker.id)\n", "", SESSION),
    Mutant(f"{SOURCE}/service.py", '            await self.queue.lose(worker_id or "")\n', "            pass\n", SERVICE),
    Mutant(f"{SOURCE}/service.py", '"" if shared else extension.origin', "extension.origin", SERVICE),
    Mutant(f"{SOURCE}/service.py", "        await self.registry.save(worker)\n", "", REGISTRY),
    # pairing
    Mutant(f"{SOURCE}/pairing.py", "if origin and not names_extension(origin):", "if False:", PAIRING),
    Mutant(f"{SOURCE}/pairing.py", "valid is None or valid.expires_at <= now", "valid is None", PAIRING),
    Mutant(f"{SOURCE}/pairing.py", "valid if valid.attempts < ATTEMPTS else None", "valid", PAIRING),
    Mutant(f"{SOURCE}/pairing.py", "        self._code = None\n        self._request", "        self._request", PAIRING),
    Mutant(
        f"{SOURCE}/pairing.py",
        "if request is None or not secrets.compare_digest(request.secret.encode(), secret.encode()):",
        "if request is None:",
        PAIRING,
    ),
    Mutant(f"{SOURCE}/pairing.py", "            if request.approved is None:\n                return None\n", "", PAIRING),
    Mutant(
        f"{SOURCE}/pairing.py", "            if not request.approved:\n                raise Forbidden(DENIED)\n", "", PAIRING
    ),
    Mutant(f"{SOURCE}/pairing.py", "self._request.asked_at + CONFIRM_TIME <= self._context.clock.now()", "False", PAIRING),
    Mutant(f"{SOURCE}/pairing.py", "            self._request = None\n            if not", "            if not", PAIRING),
    Mutant(f"{SOURCE}/routes.py", "if not is_from_here(request):", "if False:", ROUTES),
    Mutant(
        "server/access/clients/paired.py",
        "return OriginSettings(allowed=[*others, origin] if listed else others)",
        "return OriginSettings(allowed=[*others, origin])",
        PAIRED,
    ),
    Mutant("server/access/clients/paired.py", "        await self._clients.end(client_id)\n", "", PAIRED),
    Mutant("server/integrations/conversations/imports/browser_history.py", " or (last and count)", "", HISTORY),
    Mutant(
        "server/integrations/conversations/imports/browser_history.py",
        "                    await asyncio.to_thread((self._folder / FILE).unlink)\n",
        "",
        HISTORY,
    ),
]
