"""Wrong changes in importing conversations, and in undoing and exporting that, which the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"
TESTS = f"tests/{CONVERSATIONS}"


def change(name: str, before: str, after: str, test: str) -> Mutant:
    """Change a module of conversations."""
    return Mutant(f"{CONVERSATIONS}/{name}", before, after, (f"{TESTS}/{test}",))


MUTANTS = [
    change(
        "store/import_runs.py",
        "for each in records[:room]]",
        "for each in records]",
        "store/test_import_runs.py::test_failures_are_reported_up_to_a_limit",
    ),
    change(
        "store/imported.py",
        "        return new > old\n",
        "        return True\n",
        "store/test_imported.py::test_older_export_changes_nothing",
    ),
    change(
        "store/imported.py",
        "return record.nodes > nodes or (record.nodes == nodes and outcome is None)",
        "return True",
        "store/test_imported.py::test_second_of_the_same_export_does_not_win_if_it_differs_in_form_only",
    ),
    change(
        "store/imported.py",
        "    if outcome in {None, Outcome.unchanged}:\n",
        "    if False:\n",
        "store/test_imported.py::test_undo_restores_what_an_import_updated",
    ),
    change(
        "store/imported.py",
        "        if not record.temporary:\n",
        "        if True:\n",
        "store/test_imported.py::test_temporary_chat_is_stored_but_not_indexed",
    ),
    change(
        "store/imported.py",
        " WHERE excluded.sha256 <> '' AND",
        " WHERE",
        "store/test_imported.py::test_update_without_files_keeps_them",
    ),
    change(
        "store/imported.py",
        "(connection.execute(LAST_KEY).scalar() or 0) + 1",
        "1",
        "store/test_imported.py::test_conversations_of_a_later_batch_come_after_those_that_are_there",
    ),
    change(
        "store/imported.py",
        "sorted(entries, key=KEY)",
        "entries",
        "store/test_imported.py::test_messages_are_indexed_in_the_order_of_their_keys",
    ),
    change(
        "imports/job.py",
        "defer_merging, deferred=False)",
        "defer_merging, deferred=True)",
        "imports/test_job.py::test_archive_takes_many_batches_during_an_import_and_single_changes_after_it",
    ),
    change(
        "imports/job.py",
        "            gc.enable()\n",
        "            pass\n",
        "imports/test_job.py::test_mistake_of_ours_fails_the_import",
    ),
    change(
        "deletion/tidying.py",
        "while not await archive.read(import_runs.list_unfinished) and await",
        "while await",
        "deletion/test_tidying.py::test_index_of_an_import_is_merged_once_it_has_ended",
    ),
    change(
        "imports/job.py",
        '        if fingerprint != self._row["fingerprint"]:\n',
        "        if False:\n",
        "imports/test_imports.py::test_changed_export_is_read_from_its_beginning",
    ),
    change(
        "imports/job.py",
        "        error = describe_nothing(report, await self._archive.read(import_runs.count_deleted, self._id))\n",
        '        error = ""\n',
        "imports/test_imports.py::test_import_of_nothing_fails",
    ),
    change(
        "imports/imports.py",
        "        if name := await self.context.archive.read(import_runs.find_later, run_id):\n",
        '        if name := "":\n',
        "imports/test_imports.py::test_earlier_import_is_undone_after_a_later_one",
    ),
    change(
        "imports/reading_process.py",
        "        await asyncio.to_thread(end, process)\n",
        "        pass\n",
        "imports/test_reading_process.py::test_process_ends_with_its_reader",
    ),
    change(
        "store/imported.py",
        'record.indexed.get(place) or (row[6], "")',
        '(row[6], "")',
        "store/test_imported.py::test_words_without_spaces_are_found",
    ),
    change(
        "imports/commands.py",
        '    if current["state"] != "undone":\n        raise',
        '    if current["state"] == "undone":\n        raise',
        "imports/test_commands.py::test_import_is_listed_and_undone",
    ),
    change(
        "imports/commands.py",
        'updated is as before.", yes=yes)',
        'updated is as before.", yes=True)',
        "imports/test_commands.py::test_import_is_listed_and_undone",
    ),
    Mutant(
        "pyproject.toml",
        '    "msgspec>=0.21,<1",\n',
        '    "msgspec>=0.21,<1",\n    "ijson>=3.6,<4",\n',
        ("tests/rules/test_dependencies.py::test_declared_packages_are_imported",),
    ),
    change(
        "store/import_runs.py",
        "    return [record for record in records if record.id not in own]",
        "    return list(records)",
        "export/test_chat_tree.py::test_own_export_is_no_second_copy_of_a_live_conversation",
    ),
    change(
        "store/import_runs.py",
        "    return [record for record in records if record.id not in ids]",
        "    return list(records)",
        "imports/test_imports.py::test_deleted_conversation_stays_deleted_and_is_reported",
    ),
    change(
        "store/import_runs.py",
        " + counts.get(Outcome.deleted, 0)",
        "",
        "imports/test_imports.py::test_deleted_conversation_stays_deleted_and_is_reported",
    ),
    change(
        "store/import_runs.py",
        " or connection.execute(INCLUDES_DELETED",
        " and connection.execute(INCLUDES_DELETED",
        "imports/test_imports.py::test_deleted_conversation_comes_back_if_the_person_wants_it",
    ),
    change(
        "store/tombstones.py",
        '        connection.execute(REMOVE, {"which": chat_id})\n',
        "        pass\n",
        "imports/test_imports.py::test_undone_deletion_and_undone_import_leave_nothing_deleted",
    ),
    change(
        "imports/job.py",
        "    return NOTHING_BACK.format(how=BRING_BACK) if deleted else NOTHING_SELECTED",
        "    return NOTHING_SELECTED",
        "imports/test_imports.py::test_import_of_deleted_conversations_alone_fails_with_the_reason",
    ),
    change(
        "imports/job.py",
        "            deleted=tuple(deleted),\n",
        "",
        "imports/test_imports.py::test_deleted_conversation_comes_back_if_the_person_wants_it",
    ),
    # a failure that cannot be stored is shown at once, and stored later
    change(
        "imports/failures.py",
        "            self._context.tasks.start(self._retry(run_id, job, error), name=RECORD)\n",
        "",
        "imports/test_failures.py::test_failure_is_shown_at_once_and_recorded_as_soon_as_it_can_be",
    ),
    change(
        "imports/failures.py",
        "            self._errors[run_id] = error\n",
        "            self._errors[run_id] = ''\n",
        "imports/test_failures.py::test_failure_is_shown_at_once_and_recorded_as_soon_as_it_can_be",
    ),
    change(
        "imports/job.py",
        "        await self._set(values, *ACTIVE)\n",
        "        await self._set(values)\n",
        "imports/test_failures.py::test_cancelled_import_does_not_become_a_failed_one",
    ),
    change(
        "imports/job.py",
        '            log.exception("The report of an import cannot be made.")\n',
        "            raise\n",
        "imports/test_failures.py::test_failure_whose_report_cannot_be_made_is_recorded",
    ),
    change(
        "store/imported.py",
        "    own = {name: row[name] for name, value in before.items() if row[name] != value}\n",
        "    own = {}\n",
        "imports/test_imports.py::test_newer_export_leaves_what_the_person_set",
    ),
    change(
        "deletion/tidying.py",
        "database.write(tombstones.remove, chat_id",
        "database.write(deletion.remove, chat_id",
        "deletion/test_tidying.py::test_conversation_that_its_project_no_longer_keeps_is_not_imported_again",
    ),
]
