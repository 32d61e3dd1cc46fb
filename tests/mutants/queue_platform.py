"""Wrong changes in WebSockets among deliveries and in connections of clients that the tests must notice."""

from tests.mutants.mutant import Mutant

SOCKETS = ("tests/server/public/test_sockets.py",)
ADMISSIONS = ("tests/server/access/guard/test_admissions.py",)
RATES = ("tests/server/access/guard/test_rate_limits.py",)
DUPLICATES = ("tests/server/access/guard/test_duplicates.py",)
PRESETS = ("tests/server/access/clients/test_presets.py",)

MUTANTS = [
    Mutant("server/http/deferred_routes.py", " or len(self._router.routes) > known", "", SOCKETS),
    Mutant(
        "server/http/exception_handlers.py",
        "if isinstance(connection, WebSocket) and connection.application_state is not WebSocketState.CONNECTING:",
        "if False:",
        SOCKETS,
    ),
    Mutant("server/http/exception_handlers.py", "[:LONGEST_CLOSE_REASON]", "", SOCKETS),
    Mutant("server/http/exception_handlers.py", "    app.add_exception_handler(WebSocketDisconnect, end)", "    ()", SOCKETS),
    Mutant("server/public/app.py", "        *(WebSocketRoute(path, explain_to_socket) for path in paths),\n", "", SOCKETS),
    Mutant("server/access/guard/admissions.py", "        if quota and not quota.passed:", "        if False:", ADMISSIONS),
    Mutant("server/access/guard/admissions.py", "            if quota.first_refusal:", "            if True:", ADMISSIONS),
    Mutant("server/access/guard/admissions.py", "        if scope not in client.scopes:", "        if False:", ADMISSIONS),
    Mutant("server/access/guard/admissions.py", " or admission.scope not in client.scopes", "", ADMISSIONS),
    Mutant("server/access/guard/admissions.py", "        self._clients.on_change.append(self._report_change)\n", "", ADMISSIONS),
    Mutant(
        "server/access/guard/admissions.py",
        "        self._end_invalid()  # the key may have ended since it was found\n",
        "",
        ADMISSIONS,
    ),
    Mutant(
        "server/access/guard/admissions.py", "self._open: WeakSet[ClientAdmission] = WeakSet()", "self._open = set()", ADMISSIONS
    ),
    Mutant("server/access/guard/rate_limits.py", "if operation and operation.rate and client.rate is None:", "if False:", RATES),
    Mutant("server/access/guard/rate_limits.py", "operation.rate and client.rate is None", "operation.rate", RATES),
    Mutant("server/access/guard/rate_limits.py", "operation.rate, operation.name)", "operation.rate, READING)", RATES),
    Mutant(
        "server/access/guard/call.py",
        "self._operation.ingests and read_idempotency_key",
        "False and read_idempotency_key",
        DUPLICATES,
    ),
    Mutant(
        "server/access/clients/presets.py",
        "if operation.is_reading]",
        "if not (operation.changes or operation.destructive)]",
        PRESETS,
    ),
    Mutant("server/sdk/operation.py", "self.asks and (self.tool or not self.ingests)", "self.asks and not self.ingests", PRESETS),
]
