"""Wrong changes in the tunnel: its secrets, its agent, what is downloaded, and what it publishes."""

from tests.mutants.mutant import Mutant

T = "tests/server/tunnel"

MUTANTS: list[Mutant] = [
    # Addresses and settings
    Mutant(
        "server/tunnel/provider.py",
        "bool(HOST.fullmatch(host)) and not NUMBERS.fullmatch(host)",
        "bool(HOST.fullmatch(host))",
        (f"{T}/test_provider.py",),
    ),
    Mutant(
        "server/tunnel/provider.py", "if not valid or address.lower() != normal:", "if not valid:", (f"{T}/test_provider.py",)
    ),
    Mutant("server/tunnel/provider.py", "bool(port)", "True", (f"{T}/test_provider.py",)),
    Mutant("server/tunnel/settings.py", "if not TOKEN.fullmatch(token):", "if not token:", (f"{T}/test_settings.py",)),
    Mutant("server/tunnel/settings.py", "if not HOST.fullmatch(host):", "if not host:", (f"{T}/test_settings.py",)),
    Mutant(
        "server/tunnel/settings.py",
        'REOPENING = {"authtoken", "domain", "agent_path"}',
        'REOPENING = {"domain", "agent_path"}',
        (f"{T}/test_service.py::test_changed_authtoken_reopens_the_tunnel",),
    ),
    Mutant(
        "server/tunnel/settings.py",
        "await asyncio.to_thread(check_own, order.agent_path) if order.agent_path else None",
        "order.agent_path",
        ("tests/server/local/test_tunnel.py",),
    ),
    # Service and status
    Mutant(
        "server/tunnel/service.py",
        "        if self._command:\n            raise Conflict(IN_DEMO)\n",
        "",
        (f"{T}/test_download.py::test_demo_downloads_nothing",),
    ),
    Mutant(
        "server/tunnel/service.py",
        "if self.state is TunnelState.fixed:\n            raise Conflict(FIXED)",
        "if False:\n            raise Conflict(FIXED)",
        (f"{T}/test_service.py::test_tunnel_is_refused_with_a_public_url",),
    ),
    Mutant(
        "server/tunnel/service.py",
        "and not await preferences.has_authtoken():",
        "and False:",
        (f"{T}/test_service.py::test_missing_agent_or_authtoken_is_explained",),
    ),
    Mutant(
        "server/tunnel/service.py",
        "if self._supervisor is None or not self.status.is_on:",
        "if True:",
        (f"{T}/test_service.py::test_open_twice_starts_one_agent",),
    ),
    Mutant(
        "server/tunnel/service.py",
        "                if self.status.is_on:  # which",
        "                if True:  # which",
        (f"{T}/test_reopening.py::test_tunnel_that_is_off_stays_off_after_a_change",),
    ),
    Mutant(
        "server/tunnel/service.py",
        "await asyncio.to_thread(self._provider.end_stale, self._folder)",
        "pass",
        (f"{T}/test_service.py::test_agent_of_a_killed_deskhand_is_ended_at_the_next_start",),
    ),
    Mutant(
        "server/tunnel/service.py",
        "and self.status.error and self.status.error.transient:",
        "and self.status.error:",
        (f"{T}/test_reopening.py::test_permanent_failure_is_not_reopened_when_the_computer_wakes",),
    ),
    Mutant(
        "server/tunnel/status.py",
        "address = check_address(address, demo=self._demo)",
        "address = address.lower()",
        (f"{T}/test_service.py::test_invalid_address_is_neither_stored_nor_published",),
    ),
    Mutant(
        "server/tunnel/status.py",
        "            self.opened_at = None\n            self._set_address(None)\n",
        "            self.opened_at = None\n",
        (f"{T}/test_service.py::test_closed_tunnel_leaves_no_process_and_no_configuration_and_opens_again",),
    ),
    Mutant("server/tunnel/status.py", "if last and last != address:", "if last:", (f"{T}/test_status.py",)),
    Mutant(
        "server/tunnel/status.py",
        "wanted = self.is_on and self.preferences.settings.keep_awake",
        "wanted = self.is_on",
        (f"{T}/test_service.py::test_sleep_is_inhibited_while_the_tunnel_is_on_if_set",),
    ),
    # Supervisor
    Mutant(
        "server/tunnel/supervisor.py",
        "if not error.transient or not self._retry:",
        "if not self._retry:",
        (f"{T}/test_supervisor.py",),
    ),
    Mutant(
        "server/tunnel/supervisor.py",
        "if not error.transient or not self._retry:",
        "if not error.transient:",
        (f"{T}/test_supervisor.py",),
    ),
    Mutant("server/tunnel/supervisor.py", "opened = self._retry = True", "opened = True", (f"{T}/test_supervisor.py",)),
    Mutant(
        "server/tunnel/supervisor.py",
        "            await run_to_end(session.close)\n            await self._status.save_count()",
        "            await self._status.save_count()",
        (f"{T}/test_supervisor.py",),
    ),
    Mutant(
        "server/tunnel/supervisor.py",
        "if error := await asyncio.to_thread(session.check):",
        "if error := None:",
        (f"{T}/test_supervisor.py",),
    ),
    Mutant("server/core/backoff.py", "if now - restart < self._limits.window", "if True", ("tests/server/core/test_backoff.py",)),
    Mutant(
        "server/core/backoff.py",
        "if len(self._restarts) >= self._limits.max_restarts:",
        "if len(self._restarts) > self._limits.max_restarts:",
        ("tests/server/core/test_backoff.py",),
    ),
    # Requests through the tunnel
    Mutant(
        "server/tunnel/request_counter.py",
        'if name == b"host" and value.lower() in counter.hosts:',
        "if value.lower() in counter.hosts:",
        (f"{T}/test_request_counter.py",),
    ),
    Mutant(
        "server/tunnel/request_counter.py",
        "self._month, self._requests, self._stored = now, 0, 0",
        "self._month = now",
        (f"{T}/test_request_counter.py",),
    ),
    Mutant(
        "server/tunnel/store.py",
        'connection.execute(LOSE_OTHERS, {"current": address, "now": now})',
        "pass",
        (f"{T}/test_store.py",),
    ),
    # The agent and the authtoken
    Mutant(
        "server/tunnel/ngrok.py",
        "config.auth_token = config.api_key = None",
        "config.api_key = None",
        (f"{T}/test_ngrok.py::test_authtoken_of_the_environment_is_not_on_the_command_line",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        "keep_token=not request.authtoken)",
        "keep_token=True)",
        (f"{T}/test_ngrok.py::test_authtoken_of_the_environment_is_not_on_the_command_line",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        "inspect=False, **options",
        "inspect=True, **options",
        (f"{T}/test_ngrok.py::test_reserved_address_is_requested_without_inspection",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        "            return connect()\n\n",
        "            raise\n\n",
        (f"{T}/test_ngrok.py::test_agent_whose_reason_was_not_read_is_started_once_more",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        '"inspect_db_size": -1',
        '"inspect_db_size": 0',
        (f"{T}/test_ngrok.py::test_configuration_is_valid_for_pyngrok",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        "[[*command, *ARGUMENTS, str(file)] for command in read_commands(file)]",
        "[[str(file)]]",
        (f"{T}/test_ngrok.py::test_other_processes_with_the_configuration_path_are_not_ended",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        "        with suppress(OSError):\n            remove_files(self._file)\n",
        "",
        (
            f"{T}/test_service.py::test_refused_authtoken_is_explained_and_not_disclosed",
            f"{T}/test_ngrok.py::test_close_while_opening_leaves_no_process_and_no_file",
        ),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        "if self._down or self._address in addresses:",
        "if True:",
        (f"{T}/test_ngrok.py::test_endpoint_closed_by_ngrok_fails_the_check",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        'SECRET.sub(r"\\1•••", entry.line)',
        "entry.line",
        (f"{T}/test_ngrok.py::test_log_has_the_errors_of_the_agent_without_authtokens",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        'line.replace(self._request.authtoken, "•••") if self._request.authtoken else line)',
        "line)",
        (f"{T}/test_ngrok.py::test_log_has_the_errors_of_the_agent_without_authtokens",),
    ),
    Mutant(
        "server/tunnel/ngrok.py",
        'logging.getLogger("pyngrok").setLevel(logging.CRITICAL + 1)',
        "pass",
        (f"{T}/test_ngrok.py::test_log_has_the_errors_of_the_agent_without_authtokens",),
    ),
    Mutant(
        "server/tunnel/ngrok_errors.py",
        "    107: REVOKED,\n",
        "",
        (f"{T}/test_service.py::test_refused_authtoken_is_explained_and_not_disclosed",),
    ),
    Mutant("server/tunnel/ngrok_errors.py", "codes[-1]", "codes[0]", (f"{T}/test_ngrok_errors.py",)),
    Mutant("server/tunnel/agent.py", "may_be_agent(Path(path)) else None", "True else None", (f"{T}/test_agent.py",)),
    Mutant("server/tunnel/agent.py", "if path and not is_pyngrok(Path(path))]", "if path]", (f"{T}/test_agent.py",)),
    Mutant("server/tunnel/agent.py", 'if int(agent.version.partition(".")[0]) < 3:', "if False:", (f"{T}/test_agent.py",)),
    Mutant(
        "server/tunnel/agent.py",
        "reader.is_alive() or len(output) > MAX_OUTPUT",
        "reader.is_alive()",
        (f"{T}/test_agent.py::test_endless_and_missing_output_are_cut_off",),
    ),
    Mutant(
        "server/tunnel/launcher.py",
        'names += [] if keep_token else ["NGROK_AUTHTOKEN"]',
        "names += []",
        (f"{T}/test_launcher.py",),
    ),
    Mutant("server/tunnel/launcher.py", "    path.chmod(0o700)\n", "    path.chmod(0o755)\n", (f"{T}/test_launcher.py",)),
    Mutant("server/tunnel/launcher.py", "--pdeathsig KILL -- {command}", "-- {command}", (f"{T}/test_launcher.py",)),
    # The download
    Mutant(
        "server/tunnel/download.py",
        'if url.scheme != "https" and (url.scheme,',
        "if False and (url.scheme,",
        (f"{T}/test_download.py::test_redirect_without_https_is_not_requested",),
    ),
    Mutant(
        "server/tunnel/download.py",
        "            if size > MAX_SIZE:\n",
        "            if False:\n",
        (f"{T}/test_download.py::test_too_large_download_is_stopped",),
    ),
    Mutant(
        "server/tunnel/download.py",
        "if response.status_code == 206 and requested and content_range.startswith(requested):",
        "if response.status_code == 206:",
        (f"{T}/test_download.py::test_other_content_is_refused_with_a_sentence",),
    ),
    Mutant(
        "server/tunnel/download.py",
        '{"Range": f"bytes={size}-", "If-Range": etag}',
        '{"Range": f"bytes={size}-"}',
        (f"{T}/test_download.py",),
    ),
    Mutant(
        "server/tunnel/download.py",
        "if not (agent := make_agent(new, own=False)) or not agent.version:",
        "if not make_agent(new, own=False):",
        (f"{T}/test_download.py::test_other_content_is_refused_with_a_sentence",),
    ),
    Mutant(
        "server/tunnel/archive.py",
        "if size > CHUNK or self.file.tell() > MAX_SIZE:",
        "if self.file.tell() > MAX_SIZE:",
        (f"{T}/test_archive.py::test_read_and_seek_that_an_archive_claims_are_refused_before_they_are_done",),
    ),
    Mutant(
        "server/tunnel/archive.py",
        "        if offset > MAX_SIZE:\n",
        "        if False:\n",
        (f"{T}/test_archive.py::test_read_and_seek_that_an_archive_claims_are_refused_before_they_are_done",),
    ),
    Mutant(
        "server/tunnel/archive.py",
        "if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:",
        "if False:",
        (f"{T}/test_archive.py",),
    ),
    Mutant(
        "server/tunnel/archive.py",
        "if info.isfile() and PurePosixPath(info.name).name == name",
        "if PurePosixPath(info.name).name == name",
        (f"{T}/test_archive.py",),
    ),
    Mutant("server/tunnel/archive.py", "    if len(members) != 1:\n", "    if not members:\n", (f"{T}/test_archive.py",)),
    Mutant(
        "server/tunnel/archive.py",
        "        if left < 0:\n",
        "        if False:\n",
        (f"{T}/test_archive.py::test_too_large_program_is_refused",),
    ),
    Mutant(
        "server/tunnel/archive.py",
        "        if count == MAX_FILES:\n",
        "        if False:\n",
        (f"{T}/test_archive.py::test_number_of_members_is_limited",),
    ),
    # The fake agent of the demo
    Mutant(
        "server/tunnel/fake/api.py",
        'if head.get(b"host") != self._host.encode() or head.get(b"origin"):',
        'if head.get(b"origin"):',
        (f"{T}/fake/test_api.py",),
    ),
    Mutant(
        "server/tunnel/fake/api.py",
        'if upstream.scheme != "http" or upstream.hostname not in LOOPBACK:',
        'if upstream.scheme != "http":',
        (f"{T}/fake/test_api.py",),
    ),
    Mutant(
        "server/tunnel/supervisor.py",
        "await run_to_end(session.close)",
        "await asyncio.to_thread(session.close)",
        (f"{T}/test_supervisor.py::test_end_waits_for_an_agent_that_is_being_closed_already",),
    ),
]
