"""Wrong changes in WebSockets among deliveries and in connections of clients that the tests must notice."""

from tests.mutants.mutant import Mutant

SOCKETS = ("tests/server/public/test_sockets.py",)
ADMISSIONS = ("tests/server/access/guard/test_admissions.py",)

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
    Mutant("server/access/guard/admissions.py", "        self._clients.on_change.append(self._end_invalid)\n", "", ADMISSIONS),
    Mutant(
        "server/access/guard/admissions.py",
        "        self._end_invalid()  # the key may have ended since it was found\n",
        "",
        ADMISSIONS,
    ),
    Mutant(
        "server/access/guard/admissions.py", "self._open: WeakSet[ClientAdmission] = WeakSet()", "self._open = set()", ADMISSIONS
    ),
]
