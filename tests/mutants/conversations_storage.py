"""Wrong changes in the archive, its backups, and in exporting and deleting conversations that the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"


def change(name: str, before: str, after: str, test: str) -> Mutant:
    """Change a module of conversations."""
    return Mutant(f"{CONVERSATIONS}/{name}", before, after, (f"tests/{CONVERSATIONS}/{test}",))


BACKUP = "tests/server/storage/test_backup.py"
MUTANTS = [
    Mutant(
        "server/storage/archive.py",
        "        has_content(path)\n",
        "",
        ("tests/server/storage/test_archive.py::test_archive_that_cannot_be_used_is_a_sentence_at_each_use",),
    ),
    Mutant(
        "server/storage/archive.py",
        "    if isinstance(error, Unavailable) and not is_damage(error):",
        "    if isinstance(error, Unavailable):",
        ("tests/server/storage/test_archive.py::test_archive_that_is_damaged_while_it_is_open_is_a_sentence",),
    ),
    Mutant(
        "server/storage/migrations.py",
        "    bring_up_to_date(path, folders, copies=0, page_size=LARGE_PAGE)",
        "    bring_up_to_date(path, folders, KEPT_COPIES, page_size=LARGE_PAGE)",
        ("tests/server/storage/test_archive.py::test_migration_of_an_archive_copies_nothing",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "        if size > largest:\n",
        "        if False:\n",
        ("tests/server/sdk/test_uploads.py::test_upload_ends_at_its_limit_on_a_surface_without_one",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "    if expected and needed > shutil.disk_usage(path.parent).free:",
        "    if False:",
        ("tests/server/sdk/test_uploads.py::test_upload_that_the_disk_has_no_room_for_is_refused_before_it_is_read",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "    except BaseException:\n        path.unlink(missing_ok=True)\n        raise",
        "    except BaseException:\n        raise",
        ("tests/server/sdk/test_uploads.py::test_upload_whose_browser_goes_away_leaves_nothing",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "        if path.name not in needed:\n",
        "        if True:\n",
        ("tests/server/sdk/test_uploads.py::test_start_removes_uploads_except_those_that_are_needed",),
    ),
    Mutant(
        "desktop/window/window.py",
        "    tell(None)  # a dialog has ended with it\n",
        "",
        ("tests/desktop/window/test_window.py::test_second_dialog_is_refused_and_the_end_of_the_window_ends_the_first",),
    ),
    Mutant(
        "server/storage/restored_database.py",
        "        if read_indexes(connection) != indexes:",
        "        if False:",
        (BACKUP,),
    ),
    Mutant(
        "server/storage/backup.py", "for name in DATABASES & manifest.files.keys():", "for name in [DATABASE_FILE]:", (BACKUP,)
    ),
    Mutant("server/storage/backup.py", "    if ARCHIVE_FILE in manifest.files:", "    if False:", (BACKUP,)),
    Mutant(
        "server/storage/backup_files.py",
        "    if left or actual.digest() != digest:",
        "    if left:",
        ("tests/server/storage/test_backup_files.py",),
    ),
    Mutant(
        "server/storage/backup_archive.py",
        "        if reader.sha256 != content.sha256:",
        "        if False:",
        ("tests/server/storage/test_backup_archive.py",),
    ),
    Mutant(
        "server/storage/revocation.py",
        "if revocation.is_pending or not with_access",
        "if not with_access",
        ("tests/server/storage/test_revocation.py",),
    ),
    Mutant(
        "server/storage/revocation.py",
        "*([or_(*others)] if others else [])",
        "*[]",
        (BACKUP,),
    ),
    change(
        "files/assets.py",
        "            if path.exists() and path.stat().st_size == size:",
        "            if path.exists():",
        "files/test_assets.py::test_file_that_lost_content_is_absent_until_it_is_stored_again",
    ),
    change(
        "files/assets.py",
        "        if not DIGEST.fullmatch(sha256):\n            return None\n",
        "",
        "files/test_assets.py::test_name_that_is_no_digest_leads_nowhere",
    ),
    change(
        "files/assets.py",
        "                if path.stat().st_mtime < before:\n                    path.unlink()",
        "                path.unlink()",
        "files/test_assets.py::test_only_old_files_are_listed_and_unfinished_ones_removed",
    ),
    change(
        "store/deletion.py",
        "    unindex_conversation(connection, key)\n",
        "",
        "deletion/test_deletion.py::test_deleted_conversation_is_gone_with_its_index_and_comes_back_whole",
    ),
    change(
        "store/deletion.py",
        '    index_conversation(connection, connection.execute(KEY, {"which": chat_id}).scalar_one())\n',
        "",
        "deletion/test_deletion.py::test_deleted_conversation_is_gone_with_its_index_and_comes_back_whole",
    ),
    change(
        "store/deletion.py",
        "    if exists(connection, chat_id):\n",
        "    if False:\n",
        "deletion/test_deletion.py::test_conversation_that_was_imported_again_is_not_replaced",
    ),
    change(
        "store/deletion.py",
        ', deleted.c.deleted_at >= bindparam("since")',
        "",
        "deletion/test_deletion.py::test_unknown_conversation_and_late_undo_are_sentences",
    ),
    change(
        "store/assets.py",
        ' | exists().where(deleted_asset.c.sha256 == bindparam("digest"))',
        "",
        "deletion/test_tidying.py::test_files_go_with_the_last_conversation_that_refers_to_them",
    ),
    change(
        "store/row_trees.py",
        "            if key and is_taken(connection, table, key, former):",
        "            if False:",
        "store/test_row_trees.py",
    ),
    change(
        "store/openai_deletions.py",
        '        connection.execute(REMOVE, {"which": thread_id})\n\n\ndef list_due',
        "        pass\n\n\ndef list_due",
        "deletion/test_tidying.py::test_restored_conversation_stays_at_openai",
    ),
    change(
        "deletion/deletion.py",
        "    if openai_deletions.is_answered(connection, chat_id):",
        "    if False:",
        "deletion/test_deletion.py::test_conversation_is_not_deleted_while_it_is_answered",
    ),
    change(
        "deletion/deletion.py",
        "openai_deletions.add(connection, thread_ids, now, now + openai_after)",
        "openai_deletions.add(connection, thread_ids, now, now)",
        "deletion/test_tidying.py::test_conversation_is_deleted_at_openai_once_it_cannot_be_restored",
    ),
    change(
        "deletion/tidying.py",
        "            return  # what the archive refers to is not known\n",
        "            used = set()\n",
        "deletion/test_tidying.py::test_files_stay_while_the_archive_cannot_be_read",
    ),
    change(
        "deletion/tidying.py",
        "                continue\n",
        "",
        "deletion/test_tidying.py::test_deletion_at_openai_survives_its_outage",
    ),
    change(
        "export/contents.py",
        "        if name not in self._taken:\n",
        "        if True:\n",
        "export/test_json_form.py::test_json_has_messages_with_their_files",
    ),
    change(
        "export/markdown.py",
        "        others = [message_id for message_id in nodes if message_id not in shown]",
        "        others: list[str] = []",
        "export/test_markdown.py::test_markdown_has_footnotes_files_and_every_branch",
    ),
    change(
        "export/message_markdown.py",
        'return f"[^{number}-{match[1]}]" if match[1] in known else match[0]',
        "return match[0]",
        "export/test_markdown.py::test_markdown_has_footnotes_files_and_every_branch",
    ),
    change(
        "export/file_names.py",
        "        while fold(candidate) in self._taken:",
        "        while False:",
        "export/test_file_names.py",
    ),
    change("export/file_names.py", "clean_name(title.translate(SEPARATORS))", "title", "export/test_file_names.py"),
    change(
        "export/original_form.py",
        "if await asyncio.to_thread(is_sound, data):",
        "if data:",
        "export/test_original_form.py::test_damaged_original_spoils_no_other",
    ),
    change(
        "export/exports.py",
        "            if len(self._zip.pipe) >= CHUNK:",
        "            if False:",
        "export/test_exports.py::test_memory_stays_flat",
    ),
    change(
        "export/exports.py",
        "(overwrite and is_zipfile(path))",
        "overwrite",
        "export/test_exports.py::test_file_appears_whole_and_replaces_only_a_zip_file",
    ),
    change(
        "export/selection.py",
        "if order.ids is not None or fits(chat.row, chats):",
        "if True:",
        "export/test_selection.py::test_selection_is_by_ids_or_by_search_project_year_source_and_star",
    ),
    change("files/routes.py", "    shown = content_type in SHOWN\n", "    shown = True\n", "files/test_routes.py"),
    Mutant(
        "server/sdk/uploads.py",
        "    if path.parent == folders.data / FOLDER:\n",
        "    if True:\n",
        (f"tests/{CONVERSATIONS}/test_restored.py",),
    ),
    Mutant(
        f"{CONVERSATIONS}/__init__.py",
        '        Revocation("chat_openai_deletion", is_pending=True),\n',
        "",
        (f"tests/{CONVERSATIONS}/test_restored.py",),
    ),
    change(
        "export/contents.py",
        "    if chat.lacking:\n        yield list(chat.lacking)\n",
        "",
        "export/test_contents.py::test_conversation_that_was_delivered_and_imported_is_exported_with_the_messages_of_both",
    ),
    change(
        "export/contents.py",
        'nodes | {row["id"]: row["parent"] for row in chat.lacking}',
        "nodes",
        "export/test_contents.py::test_conversation_that_was_delivered_and_imported_is_exported_with_the_messages_of_both",
    ),
    change(
        "export/selection.py",
        'await library.merge(chat) if row["id"] in delivered else chat',
        "chat",
        "export/test_contents.py::test_conversation_that_was_delivered_and_imported_is_exported_with_the_messages_of_both",
    ),
    change(
        "export/json_form.py",
        '{**chat.row, "current_message": chat.current_message}',
        "chat.row",
        "export/test_contents.py::test_conversation_that_was_delivered_and_imported_is_exported_with_the_messages_of_both",
    ),
]
