"""Wrong changes in the queue's fake ChatGPT, its simulated extension and the socket of fakes that the tests must notice."""

from tests.mutants.mutant import Mutant

FAKE = "server/integrations/queue/fake"
TESTS = "tests/server/integrations/queue/fake"
FAKE_SERVER, SOCKET = "server/sdk/fake_server.py", ("tests/server/sdk/test_fake_server.py",)

MUTANTS = [
    Mutant(
        f"{FAKE}/simulated_extension.py",
        '        if (await self._send_and_wait(type="status_update", status="executing", **about))["type"] != "ack":\n'
        "            return\n",
        '        await self._send(type="status_update", status="executing", **about)\n',
        (f"{TESTS}/test_simulated_extension.py::test_nothing_is_sent_to_the_page_when_the_beginning_is_refused",),
    ),
    Mutant(
        f"{FAKE}/account.py",
        "for sent in self.sent if sent.accepted)",
        "for sent in self.sent)",
        (f"{TESTS}/test_account.py::test_refused_message_is_not_counted",),
    ),
    Mutant(
        f"{FAKE}/answers.py",
        '        await self._add(type="complete")\n',
        "",
        (f"{TESTS}/test_methods.py::test_answer_is_complete_before_its_last_text_and_names_chat_and_title",),
    ),
    Mutant(
        f"{FAKE}/assets/editor.js",
        '      if (!this.#isInput && this.#read().join("\\n") !== this.text) this.#draw();\n',
        "",
        (f"{TESTS}/test_pages.py::test_editor_takes_back_what_was_written_without_an_event_and_takes_a_paste",),
    ),
    Mutant("server/http/server.py", 'def bind(host: str = "127.0.0.1"', 'def bind(host: str = "0.0.0.0"', SOCKET),
    Mutant("server/http/server.py", "socket.socket(family, kind, protocol)", "socket.socket(family, kind)", SOCKET),
    Mutant(FAKE_SERVER, "            task.cancel()\n", "            ()\n", SOCKET),
    Mutant("server/http/server.py", "return contextlib.nullcontext()", "return super().capture_signals()", SOCKET),
]
