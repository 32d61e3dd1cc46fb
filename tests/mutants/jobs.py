"""Wrong changes in long calls and answers in parts that the tests must notice."""

from tests.mutants.mutant import Mutant

JOBS = ("tests/server/access/jobs/test_service.py",)
CONTENT = ("tests/server/sdk/test_content.py",)
ASSETS = ("tests/server/sdk/test_assets.py",)

CALLS = ("tests/server/projections/mcp/test_calls.py",)

MUTANTS = [
    Mutant(
        "server/access/clients/presets.py",
        "other.long if operation.for_jobs else other.changes",
        "True",
        ("tests/server/access/clients/test_presets.py::test_polling_of_jobs_counts_only_if_an_operation_may_take_long",),
    ),
    Mutant(
        "server/access/clients/client.py",
        "operation.changes and not operation.trusted",
        "operation.changes",
        ("tests/server/access/clients/test_client.py::test_trusted_operation_is_allowed_by_default",),
    ),
    Mutant("server/projections/mcp/calls.py", "        return succeed(body, RUNS)\n", "        pass\n", CALLS),
    Mutant("server/projections/mcp/calls.py", "    if asset and part", "    if False and part", CALLS),
    Mutant(
        "server/public/app.py",
        "if asset.media_type == DOWNLOAD else {}",
        "if False else {}",
        ("tests/server/public/test_app.py::test_file_of_an_answer_that_a_browser_could_run_is_a_download",),
    ),
    Mutant("server/access/jobs/service.py", "            if not done and call.record.runs:", "            if False:", JOBS),
    Mutant("server/access/jobs/service.py", ">= settings.most_running:", ">= 1000:", JOBS),
    Mutant("server/access/jobs/service.py", "timeout=None if waits else settings", "timeout=settings", JOBS),
    Mutant("server/access/jobs/service.py", "asyncio.timeout(limit_seconds)", "asyncio.timeout(None)", JOBS),
    Mutant("server/access/jobs/service.py", "                run.cancelled = True\n", "", JOBS),
    Mutant("server/access/jobs/service.py", "            if not run.has_ended:", "            if True:", JOBS),
    Mutant("server/access/jobs/service.py", " if run else replace(job, state=State.uncertain)", " if run else job", JOBS),
    Mutant(
        "server/access/jobs/service.py",
        "        if run.job is None:\n            return await asyncio",
        "        if False:\n            return await asyncio",
        JOBS,
    ),
    Mutant("server/access/jobs/store.py", ', table.c.client_id == bindparam("client_id")', "", JOBS),
    Mutant("server/access/jobs/store.py", "    connection.execute(PRUNE_MANY,", "    dict(PRUNE_MANY=", JOBS),
    Mutant(
        "server/access/jobs/store.py",
        '    connection.execute(PRUNE, {"until": until})\n    connection.execute(PRUNE_MANY',
        "    connection.execute(PRUNE_MANY",
        JOBS,
    ),
    Mutant(
        "server/access/jobs/store.py",
        '    connection.execute(PRUNE, {"until": until})\n    connection.execute(CUT',
        "    connection.execute(CUT",
        ("tests/server/access/jobs/test_store.py",),
    ),
    Mutant("server/access/guard/guard.py", "if not call.detached and (quota", "if (quota", JOBS),
    Mutant("server/runtime/state.py", "        await state.jobs.recover()\n", "", JOBS),
    Mutant("server/sdk/content.py", "    return body if len(body) <= limit else", "    return body if body else", CONTENT),
    Mutant(
        "server/sdk/content.py",
        "view = BlockView(type=block.kind, text=well_formed(block.text)",
        "view = BlockView(type=block.kind, text=block.text",
        CONTENT,
    ),
    Mutant(
        "server/sdk/content.py",
        "left, times = well_formed(content.structured),",
        "left, times = content.structured,",
        CONTENT,
    ),
    Mutant("server/sdk/assets.py", "if len(data) > LARGEST:", "if False:", ASSETS),
    Mutant("server/sdk/assets.py", "self._bytes + len(data) > MOST_BYTES or ", "", ASSETS),
    Mutant("server/sdk/assets.py", "asset.until > self._clock.monotonic()", "True", ASSETS),
    Mutant("server/sdk/assets.py", "declared if declared in SHOWN else DOWNLOAD", "declared", ASSETS),
]
