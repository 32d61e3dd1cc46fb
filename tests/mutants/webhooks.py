"""Wrong changes in outgoing webhooks: outbox, delivery, schedule, addresses, limits of an attempt, and restored receivers."""

from tests.mutants.mutant import Mutant

FOLDER = "tests/server/outbound/webhooks"
RECEIVERS = (f"{FOLDER}/test_receivers.py",)
SENDER = (f"{FOLDER}/test_sender.py",)
NETWORK = (f"{FOLDER}/test_network.py",)
SCHEDULE = (f"{FOLDER}/test_schedule.py",)
DELIVERY = (f"{FOLDER}/test_delivery.py",)
OUTBOX = (f"{FOLDER}/test_outbox.py",)
ENDPOINTS = (f"{FOLDER}/test_endpoints.py",)
LOG = (f"{FOLDER}/test_delivery_log.py",)
SERVICE = (f"{FOLDER}/test_service.py",)

MUTANTS: list[Mutant] = [
    # addresses
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "        self._refuse_own(host, port)\n        if not is_listed:",
        "        if not is_listed:",
        RECEIVERS,
    ),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "        if self.only_listed:\n            raise InvalidInput(DEMO_ONLY)\n",
        "",
        RECEIVERS,
    ),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "if is_here(host) or (is_address(host) and not is_public(host)):",
        "if is_here(host):",
        RECEIVERS,
    ),
    Mutant("server/outbound/webhooks/receivers.py", "if is_here(host) or (is_address(host)", "if (is_address(host)", RECEIVERS),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "        if port not in PUBLIC_PORTS:\n            raise InvalidInput(WRONG_PORT)\n",
        "",
        RECEIVERS,
    ),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        '        if scheme != "https":\n            raise InvalidInput(NOT_HTTPS)\n',
        "",
        RECEIVERS,
    ),
    Mutant("server/outbound/webhooks/receivers.py", 'or "@" in authority', "", RECEIVERS),
    Mutant("server/outbound/webhooks/receivers.py", "or NOT_PRINTABLE.search(url)", "", RECEIVERS),
    Mutant("server/outbound/webhooks/receivers.py", "or NUMBER_AT_END.fullmatch(host)", "", RECEIVERS),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "(is_local(address) if target.is_listed else is_public(address))",
        "is_public(address)",
        RECEIVERS,
    ),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "(is_local(address) if target.is_listed else",
        "(True if target.is_listed else",
        RECEIVERS,
    ),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "        for address in usable:\n            self._check_address(target, address)",
        "        for address in usable[:1]:\n            self._check_address(target, address)",
        RECEIVERS,
    ),
    Mutant("server/outbound/webhooks/receivers.py", "if addresses and not usable:", "if False:", RECEIVERS),
    Mutant("server/outbound/webhooks/outbox.py", "allow_nan=False, ", "", OUTBOX),
    Mutant(
        "server/core/redaction.py",
        '    "whsec_": r"\\bwhsec_[A-Za-z0-9+/=]{16,}",  # Standard Webhooks: signing secret\n',
        "",
        ("tests/server/core/test_redaction.py",),
    ),
    Mutant(
        "server/outbound/webhooks/receivers.py",
        "        if target.port in self.own_ports() and is_own(address):",
        "        if False:",
        RECEIVERS,
    ),
    Mutant("server/outbound/webhooks/receivers.py", "if is_address(host) and not is_local(host):", "if False:", RECEIVERS),
    Mutant(
        "server/outbound/webhooks/network.py",
        "self.receivers.check_addresses(self.target, await self.resolve(self.target))",
        "await self.resolve(self.target)",
        NETWORK,
    ),
    Mutant(
        "server/outbound/webhooks/network.py",
        "self.dialer.connect_tcp(address, port,",
        "self.dialer.connect_tcp(host, port,",
        NETWORK,
    ),
    Mutant(
        "server/outbound/webhooks/sender.py",
        "        self.receivers.check_addresses(target, await self.resolve_target(target))\n",
        "",
        SENDER,
    ),
    # an attempt
    Mutant(
        "server/outbound/webhooks/sender.py",
        "                if len(exchange.content) > limits.answer_bytes:",
        "                if False:",
        SENDER,
    ),
    Mutant(
        "server/outbound/webhooks/sender.py",
        "async with asyncio.timeout(limits.seconds):",
        "async with asyncio.timeout(limits.seconds * 20):",
        SENDER,
    ),
    Mutant("server/outbound/webhooks/sender.py", "    if not 200 <= status < 300:", "    if status >= 400:", SENDER),
    Mutant("server/outbound/webhooks/sender.py", "    error = attempt.error\n", '    error = ""\n', SENDER),
    Mutant("server/outbound/webhooks/sender.py", "text = redact(content", "text = str(content", SENDER),
    Mutant(
        "server/outbound/webhooks/sender.py",
        "return make_visible(text[:SHOWN_ANSWER], lines=True)",
        "return text[:SHOWN_ANSWER]",
        SENDER,
    ),
    # delivery
    Mutant("server/outbound/webhooks/sender.py", "except (ValueError, OverflowError):", "except ValueError:", SENDER),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "        except Exception:  # counted,",
        "        except ZeroDivisionError:  # counted,",
        DELIVERY,
    ),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        '        except Exception:\n            log.exception("The webhooks',
        '        except ZeroDivisionError:\n            log.exception("The webhooks',
        DELIVERY,
    ),
    Mutant("server/outbound/webhooks/delivery.py", "            await asyncio.sleep(LONGEST_WAIT)\n", "", DELIVERY),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "                        if endpoint_id not in self._active:",
        "                        if True:",
        DELIVERY,
    ),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "sign(secrets, delivery.message_id, now,",
        "sign(secrets, str(now), now,",
        DELIVERY,
    ),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "if endpoint.previous_until and now < datetime.fromisoformat(endpoint.previous_until):",
        "if endpoint.previous_until:",
        DELIVERY,
    ),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "            names.append(endpoint.secret_name + PREVIOUS)\n",
        "            pass\n",
        DELIVERY,
    ),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "            raise ValueError(endpoint.secret_name)\n",
        "            pass\n",
        DELIVERY,
    ),
    Mutant(
        "server/outbound/webhooks/delivery.py",
        "DEPTH_HEADER: str(delivery.depth + 1)",
        "DEPTH_HEADER: str(delivery.depth)",
        OUTBOX,
    ),
    Mutant("server/outbound/webhooks/store.py", "    .order_by(delivery.id)\n", "    .order_by(delivery.id.desc())\n", DELIVERY),
    Mutant("server/outbound/webhooks/store.py", "        connection.execute(DISABLE,", "        (DISABLE,", DELIVERY),
    Mutant(
        "server/outbound/webhooks/store.py",
        '    if connection.execute(DELIVERY, {"number": made.id}).first() is None:\n        return outcome\n',
        "",
        ENDPOINTS,
    ),
    Mutant(
        "server/outbound/webhooks/store.py",
        'enabled = select(endpoint.id).where(endpoint.state == "enabled")',
        "enabled = select(endpoint.id)",
        SERVICE,
    ),
    Mutant("server/outbound/webhooks/store.py", " and has_changed(connection, attempted):", " and False:", ENDPOINTS),
    Mutant("server/outbound/webhooks/endpoints.py", '"failures": 0, ', "", ENDPOINTS),
    Mutant("server/outbound/webhooks/delivery.py", " and number == self._forgotten:", ":", DELIVERY),
    Mutant("server/outbound/webhooks/store.py", "    connection.execute(UNUSED)\n", "", LOG),
    Mutant(
        "server/outbound/webhooks/store.py",
        ', "types": read_types(row.types), **own}',
        ', "types": read_types(row.types)}',
        ENDPOINTS,
    ),
    # schedule
    Mutant("server/outbound/webhooks/schedule.py", "JITTER = 0.2", "JITTER = 0", SCHEDULE),
    Mutant("server/outbound/webhooks/schedule.py", "(is_old and number >= LEAST_ATTEMPTS)", "is_old", SCHEDULE),
    Mutant(
        "server/outbound/webhooks/schedule.py",
        "max(delay, min(attempt.retry_after, settings.longest_retry_after_hours * 3600))",
        "attempt.retry_after",
        SCHEDULE,
    ),
    Mutant("server/outbound/webhooks/schedule.py", "None if is_refusal(attempt) else following", "None", SCHEDULE),
    Mutant("server/outbound/webhooks/schedule.py", 'and endpoint.kind == "person"', "", SCHEDULE),
    Mutant("server/outbound/webhooks/schedule.py", "    if attempt.is_ours:", "    if False:", SCHEDULE),
    # outbox
    Mutant("server/outbound/webhooks/outbox.py", '"state": "dead", "ended_at": now', '"state": "waiting"', OUTBOX),
    Mutant(
        "server/outbound/webhooks/outbox.py",
        'webhook_endpoint.c.kind == "person", webhook_endpoint.c.state == "enabled"',
        'webhook_endpoint.c.kind == "person"',
        OUTBOX,
    ),
    Mutant("server/outbound/webhooks/outbox.py", "        if known is not None:\n            return known\n", "", OUTBOX),
    Mutant(
        "server/storage/database.py",
        "context.run(function, connection, *args, **kwargs)",
        "function(connection, *args, **kwargs)",
        OUTBOX,
    ),
    # receivers and restored backups
    Mutant("server/outbound/webhooks/endpoints.py", "        await self.sender.check(endpoint.url)\n", "", ENDPOINTS),
    Mutant("server/outbound/webhooks/endpoints.py", "            await self.secrets.delete(secret_name)\n", "", ENDPOINTS),
    Mutant(
        "server/storage/revocation.py",
        '    Revocation("webhook_endpoint", {"state": "enabled"}, {"state": "unconfirmed"}),\n',
        "",
        SERVICE,
    ),
    Mutant(
        "server/storage/revocation.py",
        '    Revocation("webhook_delivery", {"state": "waiting"}, {"state": "dead", "ended_at": NOW}),\n',
        "",
        SERVICE,
    ),
    Mutant(
        "server/public/webhook_depth.py",
        "int(value) if value.isdigit() and len(value) < 4 else MOST_DEPTH",
        "0",
        ("tests/server/public/test_webhook_depth.py",),
    ),
    Mutant(
        "server/commandline/webhooks.py",
        " if known else []:",
        " and []:",
        ("tests/server/commandline/test_webhooks.py::test_test_and_log_and_replay",),
    ),
    Mutant(
        "server/integrations/conversations/imports/imports.py",
        "        context.webhooks.offer(EVENT_TYPES)\n",
        "",
        ("tests/server/integrations/conversations/imports/test_job.py::test_webhook_is_stored_for_the_end",),
    ),
]
