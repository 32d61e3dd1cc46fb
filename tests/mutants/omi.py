"""Wrong changes in the receiving of webhooks: who may deliver, what is stored of it, and what the activity says."""

from tests.mutants.mutant import Mutant

AUTH, AUTH_TESTS = "server/sdk/webhook_auth.py", ("tests/server/sdk/test_webhook_auth.py",)
WEBHOOK, WEBHOOK_TESTS = "server/sdk/webhook.py", ("tests/server/sdk/test_webhook.py",)
LOG, LOG_TESTS = "server/access/activity/deliveries.py", ("tests/server/access/activity/test_deliveries.py",)
OMI, OMI_TESTS = "server/integrations/omi", "tests/server/integrations/omi"
SIGNATURE, SIGNATURE_TESTS = f"{OMI}/signature.py", (f"{OMI_TESTS}/test_signature.py",)
STORE = f"{OMI}/store/deliveries.py"
INGEST_TESTS = (f"{OMI_TESTS}/test_ingest.py",)

MUTANTS = [
    Mutant(
        f"{OMI}/store/conversations.py",
        "    transcripts.remove(connection, uid, segments)\n",
        "",
        (f"{OMI_TESTS}/test_memories.py::test_deleted_conversation_is_not_left_in_the_live_transcript",),
    ),
    Mutant(
        "server/sdk/cli.py",
        'convert_item(at, lambda at: f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}", str)',
        '"?"',
        ("tests/server/sdk/test_cli.py::test_invalid_time_stays_as_it_is",),
    ),
    Mutant(
        f"{OMI}/sources.py",
        'KINDS.get(row["first_kind"], "something unknown")',
        'KINDS[Kind(row["first_kind"])]',
        (f"{OMI_TESTS}/test_sources.py::test_row_of_a_restored_backup_hides_no_other",),
    ),
    Mutant(
        SIGNATURE, "compare_digest(signature, right)", "compare_digest(signature[:7], right[:7])", SIGNATURE_TESTS
    ),  # the first 4 digits
    Mutant(SIGNATURE, "compare_digest(signature, right)", "compare_digest(signature[:35], right[:35])", SIGNATURE_TESTS),
    Mutant(SIGNATURE, "compare_digest(signature, right)", "compare_digest(signature[:-1], right[:-1])", SIGNATURE_TESTS),
    Mutant(SIGNATURE, "compare_digest(signature, right)", "compare_digest(signature[3:], right[3:])", SIGNATURE_TESTS),
    Mutant(SIGNATURE, "if len(header) <= LONGEST_HEADER else", "if header else", SIGNATURE_TESTS),
    Mutant(SIGNATURE, "HEADER.fullmatch(header)", "HEADER.match(header)", SIGNATURE_TESTS),
    Mutant(SIGNATURE, 'f"{time}.{uid}.".encode() + body', 'f"{time}.".encode() + body', SIGNATURE_TESTS),
    Mutant(SIGNATURE, 'f"{time}.{uid}.".encode() + body', 'f"{uid}.".encode() + body', SIGNATURE_TESTS),
    Mutant(SIGNATURE, "for line in lines).encode() + request.body", "for line in lines).encode()", SIGNATURE_TESTS),
    Mutant(SIGNATURE, '("v2", str(time), *names, request.method,', '("v2", str(time), *names, "GET",', SIGNATURE_TESTS),
    Mutant(SIGNATURE, "canonical_query(request.query))\n", '"")\n', SIGNATURE_TESTS),
    Mutant(
        AUTH,
        'compare_digest(path.encode("utf-8", "replace"), expected',
        "compare_digest(path[:8].encode(), expected[:8]",
        AUTH_TESTS,
    ),
    Mutant(AUTH, "if expected is None or not hmac", "if expected is not None and not hmac", AUTH_TESTS),
    Mutant(AUTH, "SECRET_PATH_BYTES = 24", "SECRET_PATH_BYTES = 6", AUTH_TESTS),
    Mutant(AUTH, "        self._require_recent(signed_at)\n", "", AUTH_TESTS),
    Mutant(AUTH, "if not self._scheme.is_signed(request, valid)", "if False", AUTH_TESTS),
    Mutant(
        AUTH,
        "if abs(self._context.clock.now().timestamp() - signed_at)",
        "if (self._context.clock.now().timestamp() - signed_at)",
        AUTH_TESTS,
    ),
    Mutant(AUTH, "if await self.is_signing():\n", "if True:\n", AUTH_TESTS),
    Mutant(AUTH, "if await self.is_signing():\n", "if False:\n", WEBHOOK_TESTS),
    Mutant(AUTH, "if not await self.is_signing():\n            raise", "if False:\n            raise", AUTH_TESTS),
    Mutant(AUTH, "if self.previous_until() and (previous", "if (previous", AUTH_TESTS),
    Mutant(AUTH, "if secret and secret == previous:", "if False:", AUTH_TESTS),
    Mutant(AUTH, "previous if previous_until else None", "previous", AUTH_TESTS),
    Mutant(AUTH, "datetime.fromisoformat(until) > self", "datetime.fromisoformat(until) < self", AUTH_TESTS),
    Mutant(
        AUTH,
        "unverified.pop(0).reschedule",
        "unverified.pop().reschedule",
        ("tests/server/sdk/test_webhook_auth.py::test_oldest_unverified_body_is_ended_at_the_limit",),
    ),
    Mutant(
        AUTH,
        "if len(unverified) >= settings.unproven_bodies",
        "if len(unverified) > settings.unproven_bodies",
        ("tests/server/sdk/test_webhook_auth.py::test_oldest_unverified_body_is_ended_at_the_limit",),
    ),
    Mutant(
        AUTH,
        "asyncio.timeout(settings.unproven_seconds)",
        "asyncio.timeout(None)",
        ("tests/server/sdk/test_webhook_auth.py::test_unverified_body_is_ended_after_its_time",),
    ),
    Mutant(AUTH, "self._cache.setdefault(name, ", "self._cache.__setitem__(name, ", AUTH_TESTS),
    Mutant(AUTH, "await self._context.secrets.delete(name)", "pass", AUTH_TESTS),
    Mutant(
        WEBHOOK,
        "LARGEST_UNVERIFIED if secret_path is None else kind",
        "kind.largest_body if secret_path is None else kind",
        WEBHOOK_TESTS,
    ),
    Mutant(
        WEBHOOK,
        "authenticator.limit_unverified() if secret_path is None else nullcontext()",
        "nullcontext()",
        ("tests/server/sdk/test_webhook.py::test_slow_unverified_body_is_ended",),
    ),
    Mutant(WEBHOOK, "    await authenticator.check_headers(request.headers)\n", "", WEBHOOK_TESTS),
    Mutant(WEBHOOK, "        await authenticator.check_secret_path(secret_path)\n", "        pass\n", WEBHOOK_TESTS),
    Mutant(WEBHOOK, "await authenticator.require_secret()  # which", "pass  # which", WEBHOOK_TESTS),
    Mutant(WEBHOOK, "    is_verified = not signs\n", "    is_verified = True\n", WEBHOOK_TESTS),
    Mutant(WEBHOOK, "        is_verified = True\n", "", WEBHOOK_TESTS),
    Mutant(WEBHOOK, "if is_verified and not delivery.is_recorded:", "if is_verified:", WEBHOOK_TESTS),
    Mutant(WEBHOOK, "size=len(delivery.body))", "size=0)", WEBHOOK_TESTS),
    Mutant(
        LOG,
        "result = write(connection)\n            return result, put",
        "result = write(connection)\n            connection.commit()\n            return result, put",
        LOG_TESTS,
    ),
    Mutant(LOG, "if gap is None or now - latest <= gap else", "if True else", LOG_TESTS),
    Mutant(LOG, '        activity.c.at >= bindparam("since"),\n', "", LOG_TESTS),
    Mutant(LOG, '        activity.c.client_id == bindparam("sender"),\n', "", LOG_TESTS),
    Mutant(LOG, "return DeskhandError.status, DeskhandError().detail", "return 500, str(error)", LOG_TESTS),
    Mutant(LOG, "stream.key.encode(", "entry.operation.encode(", LOG_TESTS),
    Mutant(
        STORE,
        "if state == SourceState.denied:",
        "if False:",
        ("tests/server/integrations/omi/test_ingest.py::test_denial_removes_what_waits_and_drops_the_rest",),
    ),
    Mutant(STORE, "if waits and is_full(", "if False and is_full(", INGEST_TESTS),
    Mutant(STORE, "if repeated := find_duplicate(connection, delivery):", "if repeated := None:", INGEST_TESTS),
    Mutant(STORE, "row.signed_at >= signed_at for row", "row.signed_at > signed_at for row", INGEST_TESTS),
    Mutant(
        STORE,
        "if row.digest == delivery.digest else DeliveryOutcome.key_reused",
        "if row else DeliveryOutcome.key_reused",
        INGEST_TESTS,
    ),
    Mutant(
        STORE,
        "settings.waiting_uids_of_clients if delivery.client else settings",
        "settings.waiting_uids if delivery.client else settings",
        INGEST_TESTS,
    ),
    Mutant(STORE, "size + delivery.size > settings.waiting_bytes", "size > settings.waiting_bytes", INGEST_TESTS),
    Mutant(
        f"{OMI}/store/sources.py",
        "ACCEPTED = select(source.c.uid).where(source.c.state == SourceState.accepted)",
        "ACCEPTED = select(source.c.uid)",
        INGEST_TESTS,
    ),
    Mutant(
        f"{OMI}/store/conversations.py",
        'if known and known["added_by"] != client:',
        "if False:",
        (f"{OMI_TESTS}/store/test_conversations.py",),
    ),
    Mutant(
        f"{OMI}/store/conversations.py", 'known["deleted_at"] or (known', "(known", (f"{OMI_TESTS}/store/test_conversations.py",)
    ),
    Mutant(f"{OMI}/recordings.py", "file.truncate(HEADER_BYTES + size)", "file.seek(0)", (f"{OMI_TESTS}/test_recordings.py",)),
    Mutant(
        f"{OMI}/ingest.py",
        'if not latest or not self._recordings.can_grow(latest["name"], latest["size"], len(delivery.body)):',
        "if not latest:",
        (f"{OMI_TESTS}/test_ingest.py",),
    ),
    Mutant(
        f"{OMI}/sources.py",
        "sources.forget, uid, self._recordings.remove)",
        "sources.forget, uid, list)",
        (f"{OMI_TESTS}/test_sources.py",),
    ),
    Mutant(f"{OMI}/parsers.py", "if not re.fullmatch(UID_PATTERN, uid):", "if False:", (f"{OMI_TESTS}/test_parsers.py",)),
    Mutant(f"{OMI}/webhook.py", "rate.isascii() and rate.isdecimal()", "rate.isdecimal()", (f"{OMI_TESTS}/test_webhook.py",)),
    Mutant(
        f"{OMI}/webhook.py",
        "await omi.ingest.take(delivery, received.store)",
        "await omi.ingest.take(delivery)",
        ("tests/server/integrations/omi/test_webhook.py::test_each_delivery_is_in_the_activity_and_a_session_is_one_record",),
    ),
    Mutant(
        f"{OMI}/store/deliveries.py",
        "if delivery.client_id and conversations.measure(connection, delivery.client_id) > room:",
        "if False:",
        (f"{OMI_TESTS}/test_ingest.py",),
    ),
    Mutant(f"{OMI}/store/conversations.py", " + ROW_SIZE", "", (f"{OMI_TESTS}/test_ingest.py",)),
]
