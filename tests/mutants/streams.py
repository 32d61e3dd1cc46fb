"""Wrong changes in streams, error formats, offers and calls that are never asked about, which the tests must notice."""

from tests.mutants.mutant import Mutant

STREAMS = ("tests/server/access/guard/test_streams.py",)
FORMATS = ("tests/server/http/test_error_format.py",)
OFFERS = ("tests/server/sdk/test_offers.py",)
PRESETS = ("tests/server/access/clients/test_presets.py",)

MUTANTS = [
    Mutant("server/access/guard/streams.py", "Event(clean(event.data), event.name)", "event", STREAMS),
    Mutant("server/access/guard/streams.py", "                    await self._room.acquire()\n", "", STREAMS),
    Mutant(
        "server/access/guard/streams.py",
        "if self._services.clients.refresh(self._call.record.client) is None:",
        "if False:",
        STREAMS,
    ),
    Mutant("server/access/guard/streams.py", "        self.end(respond(CLIENT_CLOSED_REQUEST, LEFT))\n", "", STREAMS),
    Mutant("server/access/guard/streams.py", ", self._refuse_replay())", ")", STREAMS),
    Mutant(
        "server/access/guard/streams.py",
        "            self._made.put_nowait(write_event(failure, self._errors))\n",
        "            pass\n",
        STREAMS,
    ),
    Mutant(
        "server/access/guard/streams.py",
        "        if self._closed:\n            stream.end(",
        "        if False:\n            stream.end(",
        STREAMS,
    ),
    Mutant(
        "server/access/guard/streams.py",
        "            self.task.cancel()  # at its first await, so that its `finally` runs\n",
        "            raise asyncio.CancelledError\n",
        STREAMS,
    ),
    Mutant(
        "server/access/guard/guard.py", "OPERATION not in request.scope and not operation.long", "not operation.long", STREAMS
    ),
    Mutant(
        "server/access/guard/guard.py",
        "OPERATION not in request.scope and not operation.long",
        "OPERATION not in request.scope",
        STREAMS,
    ),
    Mutant("server/access/clients/client.py", "policy is Policy.ask and not operation.asks", "False", STREAMS),
    Mutant("server/sdk/operation.py", "        if errors and not prefix:", "        if False:", STREAMS),
    Mutant("server/http/error_format.py", "self.statuses.get(failure.status, failure.status)", "failure.status", FORMATS),
    Mutant("server/http/error_format.py", "if header[0].lower() not in REPLACED]", "if header is None]", FORMATS),
    Mutant("server/http/error_format.py", "        if failure or not body:", "        if failure:", FORMATS),
    Mutant("server/sdk/offers.py", "            del self._objects[protocol]\n", "            pass\n", OFFERS),
    Mutant("server/sdk/offers.py", "        if protocol in self._objects:", "        if False:", OFFERS),
    Mutant(
        "server/access/clients/presets.py",
        "for operation in operations if operation.asks]\n    for_all",
        "for operation in operations]\n    for_all",
        PRESETS,
    ),
    Mutant(
        "server/access/clients/presets.py",
        "if operation.asks and operation.name not in names]",
        "if operation.name not in names]",
        PRESETS,
    ),
    Mutant(
        "server/integrations/conversations/adapter/client.py",
        "        with reading_own_account():  # previews name the model\n",
        "        if True:\n",
        ("tests/server/integrations/conversations/adapter/test_client.py::test_preview_may_list_the_models_and_nothing_else",),
    ),
]
