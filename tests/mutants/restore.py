"""Wrong changes in what a restored backup may do, in what decides which programs run, and in what they are given."""

from tests.mutants.mutant import Mutant

STORAGE, LOCAL, APPS, OMI = "server/storage", "server/local", "server/integrations/apps", "server/integrations/omi"
RESTORE = (f"tests/{LOCAL}/test_restore.py",)
RESTORED = (f"tests/{STORAGE}/test_restored.py",)
ARCHIVE = (f"tests/{STORAGE}/test_backup_archive.py",)
OWN_CONTENT = (f"tests/{STORAGE}/test_restored_database.py",)
BACKUP = (f"tests/{STORAGE}/test_backup.py",)
LIST = (f"tests/{APPS}/allow_list/test_file.py",)
PERMISSIONS = ("tests/server/system/test_permissions.py",)
AGENT = ("tests/server/tunnel/test_agent.py",)
CHILDREN = ("tests/rules/test_child_processes.py",)
RECORDINGS = (f"tests/{OMI}/test_recordings.py",)
INGEST = (f"tests/{OMI}/test_ingest.py",)

MUTANTS: list[Mutant] = [
    # What is in force at once
    Mutant(
        f"{STORAGE}/restored.py",
        "tables if name in harmless.get(section, ()) else restored.settings",
        "tables",
        RESTORED,
    ),
    Mutant(f"{STORAGE}/restored.py", "if section == SECTION or (name", "if (name", RESTORED),
    Mutant(f"{STORAGE}/restored.py", "if count > MOST_WAITING or len", "if len", RESTORED),
    Mutant(f"{STORAGE}/restored.py", "to_jsonable_python(written)", "written", RESTORED),
    Mutant(f"{STORAGE}/restored.py", "    if path.stat().st_size > LARGEST_FILE:", "    if False:", RESTORED),
    Mutant(
        f"{STORAGE}/restore_journal.py",
        "(DATABASE_FILE, SETTINGS_FILE)",
        "(DATABASE_FILE,)",
        (f"tests/{STORAGE}/test_backup.py",),
    ),
    Mutant(
        f"{LOCAL}/restored_sections.py",
        'theme.SECTION: frozenset({"theme"}),',
        'theme.SECTION: frozenset({"theme"}),\n    "origins": frozenset({"allowed"}),',
        (f"tests/{LOCAL}/test_restored_sections.py", *RESTORE),
    ),
    # What is confirmed
    Mutant(f"{LOCAL}/restored_settings.py", "list(dict.fromkeys(map(check_origin, value)))", "value", RESTORE),
    Mutant(
        f"{LOCAL}/restored_settings.py",
        "if section == tunnel.SECTION and name in tunnel.TunnelSettings.model_fields:",
        "if False:",
        RESTORE,
    ),
    Mutant(f"{LOCAL}/restored_settings.py", "find_field(known.model, name) if known else name, value)", "name, value)", RESTORE),
    Mutant(
        f"{LOCAL}/restored_settings.py",
        "return len(section) + len(name) <= LONGEST_NAME and len(",
        "return len(section) + len(name) > 0 or len(",
        (f"tests/{LOCAL}/test_restored_settings.py",),
    ),
    Mutant(
        f"{LOCAL}/restored_settings.py",
        "        await self._forget(section, name)\n        if known",
        "        if known",
        RESTORE,
    ),
    Mutant(
        f"{LOCAL}/restored_clients.py",
        "json.dumps(policies), client.rate",
        "client.rate",
        (f"tests/{LOCAL}/test_restored_clients.py",),
    ),
    Mutant(
        "server/access/clients/registry.py",
        "        self.prepare(client.name, client.scopes, client.policies, client.rate)\n",
        "",
        ("tests/server/access/clients/test_registry.py",),
    ),
    Mutant(f"{APPS}/restored.py", "        check_installed(entry, self._machine)\n", "", (f"tests/{APPS}/test_restored.py",)),
    Mutant(f"{STORAGE}/restored.py", "json.dumps(parts, sort_keys=True)", "json.dumps(parts[:2], sort_keys=True)", RESTORED),
    # The database of a backup
    Mutant(f"{STORAGE}/backup.py", "        make(path)\n", "", ARCHIVE),
    Mutant(f"{STORAGE}/backup.py", "        require_own_content(path, make)\n", "", ARCHIVE),
    Mutant(f"{STORAGE}/restored_database.py", "if theirs.get(table) != ours[table]:", "if table not in theirs:", OWN_CONTENT),
    Mutant(f"{STORAGE}/restored_database.py", "if any(name.lower() in expected", "if any(name in expected", OWN_CONTENT),
    Mutant(f"{STORAGE}/restored_database.py", '    ("webhook_endpoint", "state"): ENDPOINTS.__contains__,\n', "", OWN_CONTENT),
    Mutant(f"{STORAGE}/backup_archive.py", "if any(info.compress_type not in METHODS for", "if any(False for", ARCHIVE),
    Mutant(f"{STORAGE}/backup_archive.py", "packed.read(LARGEST_MANIFEST)", "packed.read()", ARCHIVE),
    Mutant(f"{STORAGE}/restored_database.py", "not isinstance(value, kind) or ", "", OWN_CONTENT),
    Mutant(f"{STORAGE}/restored_database.py", " or (fits and not fits(value))", "", OWN_CONTENT),
    Mutant(f"{STORAGE}/restored_database.py", "is_moment if is_time else None", "None", OWN_CONTENT),
    Mutant(
        f"{STORAGE}/restored_database.py", "isinstance(json.loads(value), dict)", "bool(json.loads(value)) or True", OWN_CONTENT
    ),
    Mutant(
        f"{STORAGE}/revocation.py",
        "                if connection.execute(to_query(revocation, moment.isoformat())).first():\n",
        "                if False:\n",
        (*ARCHIVE, f"tests/{STORAGE}/test_revocation.py"),
    ),
    Mutant(
        f"{OMI}/recordings.py",
        "            if NAME.fullmatch(name):\n",
        "            if name:\n",
        (f"tests/{OMI}/test_recordings.py",),
    ),
    # An empty database
    Mutant(f"{STORAGE}/sqlite.py", "        if path.stat().st_size == 0:", "        if False:", BACKUP),
    Mutant(f"{STORAGE}/sqlite.py", "    if log.exists():", "    if False:", (f"tests/{STORAGE}/test_sqlite.py",)),
    Mutant(f"{STORAGE}/sqlite.py", "    if not has_tables:", "    if False:", (f"tests/{STORAGE}/test_sqlite.py",)),
    Mutant(
        f"{STORAGE}/migrations.py",
        "    if not path.exists():\n        create(path, folders, page_size)\n    elif find_pending",
        "    if find_pending",
        (f"tests/{STORAGE}/test_migrations.py",),
    ),
    # The list of programs
    Mutant(f"{APPS}/allow_list/file.py", "if fault := find_fault(self.places.own, status):", "if fault := None:", LIST),
    Mutant(f"{APPS}/allow_list/file.py", "parse(read_trusted(self.places.good))", "parse(self.places.good.read_bytes())", LIST),
    Mutant("server/system/permissions.py", "    if stat.S_ISLNK(status.st_mode):", "    if False:", PERMISSIONS),
    Mutant("server/system/permissions.py", "status.st_uid != os.getuid()", "False", LIST),
    Mutant(
        "server/system/permissions.py",
        "    if grants_access(status, stat.S_IWGRP, stat.S_IWOTH):",
        "    if False:",
        PERMISSIONS,
    ),
    Mutant(
        "server/system/permissions.py",
        "    if grants_access(path.parent.stat(), stat.S_IWGRP, stat.S_IWOTH):",
        "    if False:",
        PERMISSIONS,
    ),
    # The ngrok program and the environment of child processes
    Mutant("server/tunnel/agent.py", "make_agent(Path(check_own(own_path))", "make_agent(Path(own_path)", AGENT),
    Mutant("server/tunnel/agent.py", "        env=clean_environment(),\n", "", (*AGENT, *CHILDREN)),
    Mutant("desktop/screen.py", "timeout=20, env=clean_environment()", "timeout=20", CHILDREN),
    Mutant(
        "server/tunnel/launcher.py",
        "*(name for name in foreign if name.upper() not in LEFT.split())",
        "*()",
        ("tests/server/tunnel/test_launcher.py",),
    ),
    # What OMI sends without content
    Mutant(f"{OMI}/parsers.py", "return parsed if content.has_content or is_change else", "return parsed if True else", INGEST),
    Mutant(f"{OMI}/parsers.py", "return parsed if summaries.has_content(data) else", "return parsed if True else", INGEST),
    Mutant(f"{OMI}/store/aside.py", '    connection.execute(REMOVE_OLDEST, {"of": row["uid"], "most": MOST_KEPT})\n', "", INGEST),
    Mutant(f"{OMI}/store/sources.py", "(action_item, arrival, aside, button,", "(action_item, arrival, button,", INGEST),
    Mutant(
        "server/local/restore_job.py",
        "            if stopped.is_set():",
        "            if False:",
        ("tests/server/local/test_restore_job.py::test_restore_ends_with_the_program_and_changes_nothing",),
    ),
    Mutant(
        "server/lifecycle/program.py",
        "if self._ended or state.quitting.is_set() or",
        "if self._ended or",
        ("tests/server/local/test_restore_job.py::test_deskhand_that_was_quit_during_a_restore_does_not_start_again",),
    ),
    Mutant(
        "server/lifecycle/program.py",
        "self.options = replace(self.options, tunnel=False)",
        "pass",
        ("tests/server/local/test_restore.py::test_tunnel_that_was_closed_stays_closed_after_a_restore",),
    ),
]
