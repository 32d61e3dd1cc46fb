"""Wrong changes in server/http, server/projections and redaction that the tests must notice."""

from tests.mutants.mutant import Mutant

HTTP = "server/http/"
MCP = "server/projections/mcp/"
TESTS = "tests/server/http/test_"
CORE_JSON = ("tests/server/core/test_strict_json.py",)
MIDDLEWARE, PROTOCOL, JSON = (f"{TESTS}middleware.py",), (f"{TESTS}protocol.py",), (f"{TESTS}request_body.py",)
IN_PROCESS, REQUEST_HEAD = (f"{TESTS}in_process.py",), (f"{TESTS}request_head.py", f"{TESTS}protocol.py")
FRAMING = (f"{TESTS}request_head.py::test_ambiguous_framing_is_refused_even_if_the_parser_takes_it",)
INVISIBLE = ("tests/server/core/test_invisible.py",)
REDACTION = ("tests/server/core/test_redaction.py",)
MCP_TESTS = "tests/server/projections/mcp/test_"
TRANSPORT, DISPATCHER, CALLS = (f"{MCP_TESTS}transport.py",), (f"{MCP_TESTS}dispatcher.py",), (f"{MCP_TESTS}calls.py",)
ENDPOINT, SESSIONS, EVENTS = (f"{MCP_TESTS}endpoint.py",), (f"{MCP_TESTS}sessions.py",), (f"{MCP_TESTS}event_stream.py",)
DOCUMENTS = ("tests/server/projections/test_documents.py", "tests/server/projections/test_openapi.py")

ERRORS = (f"{TESTS}exception_handlers.py",)
LISTS = ("tests/server/sdk/test_operation.py",)

MUTANTS = [
    Mutant("server/http/exception_handlers.py", 'if item["type"] == "model_attributes_type":', "if False:", ERRORS),
    Mutant("server/http/exception_handlers.py", '"string_pattern_mismatch" and', '"" and', ERRORS),
    Mutant("server/sdk/pages.py", "<p>{escape(sentence)}</p>", "<p>{sentence}</p>", ("tests/server/sdk/test_pages.py",)),
    Mutant(
        "server/http/in_process.py",
        "        while route is None and self.prepare and await self.prepare",
        "        if route is None and self.prepare and await self.prepare",
        ("tests/server/http/test_in_process.py::test_deferred_route_is_made_at_the_first_call",),
    ),
    Mutant(f"{HTTP}middleware.py", "if len(host) != 1 or host[0] not in", "if host[0] not in", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", "not in {name.lower() for name in self._hosts()}", "in {'evil.example'}", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", "elif len(origin) > 1 or (", "elif (", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", "and not listed and not is_own_origin(origin[0], host[0])", "and False", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", 'scope["type"] == "http" and any(', "any(", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", 'path.startswith(f"{open_path}/")', "path.startswith(open_path)", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", 'origin in {f"http://{host}", f"https://{host}"}', "host in origin", MIDDLEWARE),
    Mutant(f"{HTTP}middleware.py", "if header[0] not in names]", "]", MIDDLEWARE),
    Mutant(
        f"{HTTP}middleware.py",
        'self._paths.get(scope["path"], self._app) if scope["type"] == "http"',
        'self._paths.get(scope["path"], self._app) if True',
        MIDDLEWARE,
    ),
    Mutant(f"{HTTP}middleware.py", 'raw.endswith(b"/")', 'path.endswith("/")', MIDDLEWARE),
    Mutant(f"{HTTP}request_body.py", "if length.isdecimal() and int(length) > self._largest:", "if False:", JSON),
    Mutant(f"{HTTP}request_body.py", "if read > self._largest:", "if False:", JSON),
    Mutant("server/core/text.py", "show_line(value[:LONGEST_READ])", "show_line(value)", ("tests/server/core/test_text.py",)),
    Mutant("server/core/strict_json.py", "allow_inf_nan=False", "allow_inf_nan=True", CORE_JSON),
    Mutant("server/core/strict_json.py", "json.dumps(value, allow_nan=False)", "pass", CORE_JSON),
    Mutant("server/core/strict_json.py", "|(?<!\\d)", "|", (f"{CORE_JSON[0]}::test_digits_are_searched_once",)),
    Mutant("server/core/strict_json.py", "    check_values(body)\n", "", CORE_JSON),
    Mutant("server/core/strict_json.py", '.replace(rb"\\\\", b"")', "", CORE_JSON),
    Mutant("server/core/strict_json.py", '.replace(rb"\\"", b"")', "", CORE_JSON),
    Mutant("server/core/strict_json.py", 'b"".join(plain.split(b\'"\')[::2])', "plain", CORE_JSON),
    Mutant(f"{HTTP}request_body.py", "        except TooManyValues:\n            raise HTTPException(413) from None\n", "", JSON),
    Mutant(
        "server/projections/mcp/transport.py",
        "            await asyncio.to_thread(check_values, body) if len(body) > LARGE else check_values(body)\n",
        "",
        (f"{TRANSPORT[0]}::test_body_of_too_many_values_is_refused",),
    ),
    Mutant(
        f"{HTTP}in_process.py",
        "if route is None or match is not Match.FULL:",
        "if route is None or match is Match.NONE:",
        IN_PROCESS,
    ),
    Mutant(f"{HTTP}in_process.py", "self._app, self._routes = app, {}", "self._app = app", IN_PROCESS),
    Mutant(f"{HTTP}protocol.py", "if len(url) + sum(", "if 0 * sum(", REQUEST_HEAD),
    Mutant(f"{HTTP}protocol.py", 'names.count(b"host") != 1 or not framed_once', "not framed_once", REQUEST_HEAD),
    Mutant(f"{HTTP}protocol.py", 'names.count(b"host") != 1 or not framed_once or', 'names.count(b"host") != 1 or', FRAMING),
    Mutant(f"{HTTP}protocol.py", "if self._in_head:  # trailers", "if True:  # trailers", PROTOCOL),
    Mutant(
        f"{HTTP}protocol.py",
        "if len(self.connections) > self._limits.connections:",
        "if False:",
        ("tests/server/http/test_protocol.py::test_connection_above_the_limit_is_refused",),
    ),
    Mutant(f"{HTTP}protocol.py", "self._reading.extend(len(body) / self._limits.slow_body)", "pass", PROTOCOL),
    Mutant(
        f"{HTTP}protocol.py",
        "                self._reading.allow(self._limits.linger_seconds)",
        "                pass",
        ("tests/server/http/test_protocol.py::test_endless_body_is_cut_off_after_its_refusal",),
    ),
    Mutant(f"{HTTP}protocol.py", "ResponseTransport(self.transport, self._close_gracefully)", "self.transport", PROTOCOL),
    Mutant(
        f"{HTTP}protocol.py",
        "            self._close_gracefully()\n        else:",
        "            self._close()\n        else:",
        PROTOCOL,
    ),
    Mutant(
        f"{HTTP}protocol.py",
        "        self._draining = True\n        self._reading.allow(self._limits.linger_seconds)",
        "        self._draining = True",
        PROTOCOL,
    ),
    Mutant(f"{HTTP}protocol.py", "if self._unread > self._limits.linger_bytes", "if False", PROTOCOL),
    Mutant(
        f"{HTTP}websocket.py",
        "        self._writing.allow(self.config.limits.write_seconds)",
        "        pass",
        (f"{TESTS}websocket.py",),
    ),
    Mutant("server/core/redaction.py", "most + LONGEST_SECRET", "most", REDACTION),
    Mutant(
        "server/core/redaction.py",
        "if secret.start() >= most:",
        "if secret.end() >= most:",
        ("tests/server/core/test_redaction.py::test_secret_cut_off_at_the_start_of_a_text_is_redacted",),
    ),
    Mutant(
        "server/core/redaction.py",
        '.replace("i\\u0307", "i")',
        "",
        ("tests/server/core/test_redaction.py::test_authorization_scheme_is_case_insensitive",),
    ),
    Mutant("server/core/redaction.py", '{15}")  # many', '{16}")  # many', REDACTION),
    Mutant("server/core/redaction.py", '"eyJ": r"(?<![\\w-])(?=[\\w-]++', '"eyJ": r"(?=[\\w-]+', REDACTION),
    Mutant(f"{MCP}transport.py", "client_id=client, scopes", 'client_id="", scopes', TRANSPORT),
    Mutant(
        f"{MCP}transport.py",
        "            with DisconnectWatch(receive):",
        "            if True:",
        ("tests/server/projections/mcp/test_transport.py::test_disconnect_cancels_a_stateless_call",),
    ),
    Mutant(f"{MCP}transport.py", "(evicted := self._sessions.make_room(client))", "(evicted := None)", TRANSPORT),
    Mutant(f"{MCP}transport.py", 'if "accept" not in request.headers:', "if False:", TRANSPORT),
    Mutant(f"{MCP}transport.py", "PROGRESS in body and ", "", TRANSPORT),
    Mutant(f"{MCP}transport.py", "and check_accept_headers(Request(scope)) == (True, True)", "", TRANSPORT),
    Mutant(f"{MCP}sessions.py", "for session in own if not session.busy", "for session in own", SESSIONS + TRANSPORT),
    Mutant(f"{MCP}sessions.py", "if (session.over or not session.id) and session in own:", "if False:", SESSIONS + TRANSPORT),
    Mutant(f"{MCP}event_stream.py", "if self._streaming or status == 200:", "if True:", EVENTS),
    Mutant(f"{MCP}event_stream.py", "header[0].lower() not in REPLACED", "True", EVENTS),
    Mutant(f"{MCP}endpoint.py", "        await self._state.guard.count(client)\n", "", ENDPOINT),
    Mutant(f"{MCP}endpoint.py", "            if read_keys(headers):\n", "            if False:\n", ENDPOINT),
    Mutant(
        f"{MCP}endpoint.py",
        'value.strip(b" \\t")',
        "value",
        ("tests/server/projections/mcp/test_endpoint.py::test_white_space_around_a_header_is_ignored",),
    ),
    Mutant(
        f"{MCP}endpoint.py",
        "authenticate_request(headers, PATH)",
        "authenticate_request(headers)",
        (
            "tests/server/access/oauth/test_service.py",
            "tests/server/projections/mcp/test_endpoint.py",
            "tests/server/access/oauth/test_routes.py",
        ),
    ),
    Mutant(
        f"{MCP}dispatcher.py",
        "        return await self._state.context.tasks.complete(call, name=TOOL_CALL)",
        "        return await call",
        ("tests/server/projections/mcp/test_dispatcher.py::test_changing_call_goes_on_when_its_client_disconnects",),
    ),
    Mutant(
        f"{MCP}dispatcher.py",
        "        if not binding.operation.changes:\n            return await call\n",
        "",
        ("tests/server/projections/mcp/test_dispatcher.py::test_reading_call_ends_when_its_client_disconnects",),
    ),
    Mutant(
        f"{MCP}dispatcher.py",
        "scope = {CLIENT: client, OPERATION",
        "scope = {OPERATION",
        DISPATCHER,
    ),
    Mutant(f"{MCP}calls.py", 'quote(to_text(value), safe=""', 'quote(to_text(value), safe="/"', CALLS),
    Mutant(f"{MCP}calls.py", "if response.status >= 400:", "if response.status >= 500:", CALLS),
    Mutant(f"{MCP}search_tools.py", "<= set(offered)]", "& set(offered)]", (f"{MCP_TESTS}search_tools.py", *DISPATCHER)),
    Mutant(f"{MCP}search_tools.py", "not isinstance(problem, Exception):", "True:", (f"{MCP_TESTS}search_tools.py",)),
    Mutant("server/projections/documents.py", "if client.policies.get(operation.name) is not Policy.deny", "", DOCUMENTS),
    Mutant(
        "server/projections/documents.py",
        "permitted(client, operations) if operation.is_documented]",
        "permitted(client, operations)]",
        ("tests/server/projections/test_documents.py::test_document_has_no_ingesting_operation",),
    ),
    Mutant(
        "server/projections/documents.py",
        "None if names is None else frozenset(names), signs_in)",
        "None, signs_in)",
        (
            "tests/server/projections/test_documents.py::test_client_with_too_many_operations_for_chatgpt_is_created_with_a_warning",
        ),
    ),
    Mutant(
        f"{HTTP}request_body.py",
        "within[path[-1]] = make_list(value)",
        "within[path[-1]] = [value]",
        LISTS,
    ),
    Mutant(f"{HTTP}request_body.py", "            if not request.read_lists(error):\n", "            if True:\n", LISTS),
    Mutant(f"{HTTP}request_body.py", "(make_list(value) if name in alone else [value])", "[value]", LISTS),
    Mutant(f"{HTTP}request_body.py", "(make_list(value) if name in alone else [value])", "make_list(value)", LISTS),
    Mutant(f"{HTTP}request_body.py", 'if value is None or value == "" or', "if", LISTS),
    Mutant(
        "server/public/pages.py",
        "await documents.find_client(client) or await state.guard.authenticate_request(request.headers)",
        "await documents.find_client(client) or await state.clients.show(client)",
        DOCUMENTS,
    ),
    Mutant("server/public/pages.py", "if client not in {owner.document_id, owner.name}:", "if False:", DOCUMENTS),
    Mutant(
        "server/access/clients/client.py",
        'f"document of {self.id}".encode()',
        'f"document of {self.name}".encode()[:0]',
        DOCUMENTS,
    ),
    Mutant(f"{HTTP}request_body.py", "        await self._budget.reserve(self._reservation, ", "        print(", JSON),
    Mutant(
        "server/core/memory_budget.py",
        "self.reserved + size > self._total",
        "False",
        ("tests/server/core/test_memory_budget.py",),
    ),
    Mutant(
        "server/core/memory_budget.py",
        "self.waiting + size > self._spooled",
        "False",
        ("tests/server/core/test_memory_budget.py",),
    ),
    Mutant(
        "server/system/memory.py",
        "            mallopt(M_MMAP",
        "            print(M_MMAP",
        ("tests/server/system/test_memory.py",),
    ),
    Mutant(f"{MCP}dispatcher.py", ", COUNTED: True}", "}", ENDPOINT),
    Mutant("server/core/invisible.py", r"\p{Default_Ignorable_Code_Point}", "", INVISIBLE),
    Mutant("server/core/invisible.py", r"\p{Bidi_Control}", "", INVISIBLE),
    Mutant("server/core/invisible.py", r"\u2800\ufff9-\ufffc", "", INVISIBLE),
    Mutant("server/core/invisible.py", "(?!{SPELLED})", "", INVISIBLE),
    Mutant("server/core/domains.py", "unquote(piece)", "piece", ("tests/server/core/test_domains.py",)),
    Mutant("server/core/domains.py", "(link or ENDING", "(ENDING", ("tests/server/core/test_domains.py",)),
    Mutant(
        "server/core/domains.py", 'remarks.append("one word mixes alphabets")', "pass", ("tests/server/core/test_domains.py",)
    ),
    Mutant("desktop/tray/menu.py", "    line = show_line(text)", "    line = text", ("tests/desktop/tray/test_menu.py",)),
]
