"""Wrong changes in server/access that the tests must notice, apart from its guard, approvals and OAuth."""

from tests.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "server/access/pause.py", "if moment.tzinfo else moment.replace(tzinfo=UTC)", "", ("tests/server/access/test_pause.py",)
    ),
    Mutant(
        "server/access/activity/entry.py",
        "[[name, redact_field(name, value)]",
        "[[name, redact(value)]",
        ("tests/server/access/activity/test_entry.py",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "return granted and granted.granted(client.grant, client.scopes)",
        "return granted",
        ("tests/server/integrations/tools/test_routes.py::test_token_with_fewer_scopes_than_its_grant_calls_no_tool_by_name",),
    ),
    Mutant(
        "server/access/activity/entry.py",
        "any(secret in name.lower() for secret in SECRET_NAMES)",
        "False",
        ("tests/server/access/activity/test_entry.py", "tests/server/access/guard/test_record.py"),
    ),
    Mutant(
        "server/access/activity/log.py",
        "replace(describe(), id=number, at=at)",
        "replace(describe(), id=number)",
        ("tests/server/access/activity/test_log.py",),
    ),
    Mutant(
        "server/access/activity/log.py",
        ".where(activity.c.outcome == Outcome.running)",
        ".where(activity.c.outcome == Outcome.waiting)",
        ("tests/server/access/guard/test_duplicates.py",),
    ),
    Mutant(
        "server/access/activity/log.py",
        "(entry.outcome is Outcome.refused or entry.status == 429)",
        "entry.status == 429",
        ("tests/server/access/guard/test_permissions.py::test_pause_while_a_call_waits_for_the_disk_stops_it",),
    ),
    Mutant(
        "server/access/activity/log.py",
        "(entry.outcome is Outcome.refused or entry.status == 429)",
        "entry.outcome is Outcome.refused",
        ("tests/server/access/guard/test_duplicates.py",),
    ),
    Mutant(
        "server/access/activity/log.py",
        "    if require:\n        require(connection)\n",
        "",
        (
            "tests/server/access/guard/test_permissions.py::test_everything_off_stops_every_call_in_progress",
            "tests/server/access/approvals/test_service.py::test_same_call_twice_concurrently_is_one_approval_request",
        ),
    ),
    Mutant(
        "server/access/activity/log.py",
        'activity.c.at < bindparam("until"),',
        'activity.c.at >= bindparam("until"),',
        ("tests/server/access/activity/test_log.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "return bool(reached) and reached <= normalize",
        "return bool(reached & normalize(self.recipients)) or reached == normalize",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "return bool(reached) and",
        "return",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        '(allowance.c.until > bindparam("now")) & ',
        "",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        ' & (allowance.c.created_at <= bindparam("now"))',
        "",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/allowances.py",
        "        allowance.c.ended_at.is_(None),\n        or_",
        "        or_",
        ("tests/server/access/clients/test_allowances.py",),
    ),
    Mutant(
        "server/access/clients/client.py",
        "scopes=self.scopes & scopes",
        "scopes=scopes",
        ("tests/server/access/oauth/test_store.py",),
    ),
    Mutant(
        "server/access/clients/client.py",
        "Policy.ask if operation.changes",
        "Policy.allow if operation.changes",
        ("tests/server/access/guard/test_guard.py::test_changing_call_waits_for_approval",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        'if token.resource not in {"", resource} or',
        "if",
        ("tests/server/access/oauth/test_authorization_server.py::test_token_for_the_mcp_resource_is_valid_for_no_other",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "token.expires_at <= self._clock.now().isoformat()",
        "False",
        ("tests/server/access/oauth/test_store.py",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "client.granted(token.grant, token.scopes)",
        "client",
        ("tests/server/access/oauth/test_grants.py::test_narrower_scope_narrows_this_token_and_not_the_next",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "            finally:\n                await self.load()",
        "            finally:\n                pass",
        ("tests/server/access/clients/test_registry.py",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "if key is not None and len(key) < SHORTEST_KEY:",
        "if False:",
        ("tests/server/access/clients/test_registry.py::test_short_custom_key_is_refused_and_a_long_one_is_masked",),
    ),
    Mutant(
        "server/access/clients/store.py",
        ".where(api_key.c.revoked_at.is_(None), client.c.revoked_at.is_(None))\n)\nVALID_KEY",
        ".where(client.c.revoked_at.is_(None))\n)\nVALID_KEY",
        ("tests/server/access/clients/test_registry.py::test_rotated_key_is_valid_and_the_old_key_is_not_also_after_a_restart",),
    ),
    Mutant(
        "server/access/clients/store.py",
        'bindparam("grant"), oauth_grant.c.ended_at.is_(None), oauth',
        'bindparam("grant"), oauth',
        ("tests/server/access/clients/test_store.py", "tests/server/access/oauth/test_store.py"),
    ),
    Mutant(
        "server/access/clients/store.py",
        "        end_allowances(connection, now, [client_id])\n    values",
        "        pass\n    values",
        ("tests/server/access/clients/test_store.py",),
    ),
    Mutant(
        "server/access/clients/store.py",
        "    end_allowances(connection, now, [fresh.id])\n",
        "",
        ("tests/server/access/clients/test_store.py",),
    ),
    Mutant(
        "server/access/clients/grants.py", 'oauth_token.c.kind == "access", ', "", ("tests/server/access/clients/test_grants.py",)
    ),
    Mutant(
        "server/access/clients/grants.py",
        "    .where(oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))\n",
        "    .where(oauth_client.c.revoked_at.is_(None))\n",
        (
            "tests/server/access/oauth/test_store.py::test_grant_permits_the_scopes_of_client_and_grant_until_it_ends_also_after_a_restart",
        ),
    ),
    Mutant("server/access/pause.py", "if self._unknown:", "if False:", ("tests/server/access/test_pause.py",)),
    Mutant(
        "server/access/pause.py",
        "        await self._settings.write(SECTION, PauseSettings(until=until))\n        self._unknown = False\n",
        "        self._unknown = False\n        await self._settings.write(SECTION, PauseSettings(until=until))\n",
        ("tests/server/access/test_pause.py",),
    ),
    Mutant(
        "server/sdk/approval_requests.py",
        "request.source:\n            raise Conflict",
        "False:\n            raise Conflict",
        ("tests/server/sdk/test_approval_requests.py",),
    ),
    Mutant(
        "server/integrations/gmail/scenarios.py",
        "        Task(Persona.gpt, NEIGHBOUR),  # the first thing that a person sees is a request for approval\n",
        "",
        ("tests/server/demo/test_traffic.py::test_first_call_of_the_demo_asks_to_send_a_mail_and_sends_it_when_approved",),
    ),
]
