"""Wrong changes in search and the library that the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"


def change(name: str, before: str, after: str, test: str) -> Mutant:
    """Change a module of conversations."""
    return Mutant(f"{CONVERSATIONS}/{name}", before, after, (f"tests/{CONVERSATIONS}/{test}",))


MUTANTS = [
    Mutant(
        "server/integrations/omi/store/text_search.py",
        "HITS if terms == wanted else WHOLE_HITS",
        "HITS",
        ("tests/server/integrations/omi/store/test_text_search.py::test_beginning_of_too_many_words_may_stand_far_behind",),
    ),
    change(
        "store/search.py",
        "checks.text.fits(whole or read_text(connection, key))",
        "checks.text.fits(text)",
        "store/test_search.py::test_other_words_of_a_broad_query_may_stand_far_behind",
    ),
    change(
        "store/search.py",
        "func.substr(message.c.text, 1, LONGEST_READ)",
        "message.c.text",
        "store/test_search.py::test_snippet_is_looked_for_in_a_part_of_a_very_long_text",
    ),
    change(
        "store/search_index.py",
        "    MESSAGES.clear(connection)\n",
        "",
        "store/test_search_index.py::test_texts_indexed_before_letters_were_replaced_are_indexed_anew",
    ),
    *(
        change(
            f"{name}.py",
            "    rebuild(op.get_bind())",
            "    pass",
            "store/test_search_index.py::test_texts_indexed_before_letters_were_replaced_are_indexed_anew",
        )
        for name in (
            "migrations/conversations_0006_search_letters",
            "archive_migrations/conversations_archive_0003_search_letters",
        )
    ),
    Mutant(
        "server/integrations/omi/migrations/omi_0004_search_letters.py",
        '    op.execute("DELETE FROM omi_text_index")\n',
        "",
        ("tests/server/integrations/omi/store/test_texts.py::test_texts_indexed_before_letters_were_replaced_leave_the_index",),
    ),
    change(
        "store/search_index.py",
        "    .where(conversation.c.temporary.is_(False))\n    .order_by(message.c.key)",
        "    .order_by(message.c.key)",
        "store/test_search_index.py::test_temporary_conversation_is_not_indexed",
    ),
    change(
        "store/search.py",
        "        if checks is None or (checks.title.fits(title) and checks.text.fits(whole or read_text(connection, key))):",
        "        if True:",
        "store/test_search.py::test_beginning_of_too_many_words_is_looked_for_in_texts",
    ),
    change(
        "store/search.py",
        "(checks.title.fits(title) and checks.text.fits(whole or read_text(connection, key)))",
        "checks.text.fits(whole or read_text(connection, key))",
        "search/test_search.py::test_title_narrows_a_search_however_many_conversations_have_it",
    ),
    change(
        "store/search.py",
        "    return None if max(len(keys), len(messages)) > MOST_TITLED else messages",
        "    return messages",
        "search/test_search.py::test_title_narrows_a_search_however_many_conversations_have_it",
    ),
    change(
        "store/search.py",
        "key=lambda hit: -hit.score), batch.following, batch.newest_only)",
        "key=lambda hit: -hit.score))",
        "search/test_search.py::test_all_titles_with_a_word_are_found_page_by_page",
    ),
    change(
        "search/query.py",
        "in_chats=bool(parsed.chats.sources), ",
        "in_chats=False, ",
        "search/test_query.py",
    ),
    change("search/query.py", " and TRANSCRIPTS in parsed.sources", "", "search/test_query.py"),
    change(
        "store/tombstones.py",
        "        connection.execute(FORGET_EARLIER)",
        "        pass",
        "deletion/test_tidying.py::test_earlier_version_of_a_conversation_goes_with_it",
    ),
    change(
        "store/search.py",
        "not all(term.excluded for term in (*left_out, *title_terms))",
        "bool(left_out)",
        "store/test_search.py::test_beginning_of_too_many_words_narrows_also_the_newest",
    ),
    change(
        "store/search.py",
        "Checks(Matcher(left_out), ",
        "Checks(Matcher(terms), ",
        "store/test_search.py::test_other_words_of_a_broad_query_may_stand_far_behind",
    ),
    change(
        "store/search.py",
        "        if is_within(time, request) and (terms",
        "        if (terms",
        "store/test_search.py::test_times_narrow_titles_too",
    ),
    change(
        "store/message_keys.py",
        "        if key in taken or key >= (second + 1) * PER_SECOND:\n",
        "        if False:\n",
        "store/test_message_keys.py::test_thousands_of_messages_in_one_second",
    ),
    change(
        "store/message_times.py",
        "    if time is None or not isfinite(time) or not 0 <= time < LATEST_SECOND:",
        "    if time is None:",
        "store/test_message_times.py::test_impossible_times_take_those_beside_them",
    ),
    change(
        "store/reading.py",
        "    if is_searched:\n        unindex_conversation(connection, key)\n",
        "",
        "library/test_library.py::test_change_is_found_and_listed",
    ),
    change(
        "search/search.py",
        "    start = bisect_right(ranked, place.last, key=lambda item: item.order) if place.last else 0",
        "    start = 0",
        "search/test_search.py::test_pages_have_each_result_once",
    ),
    change(
        "search/search.py",
        "bisect_right(ranked, place.last, key=lambda item: item.order)",
        "next((number for number, item in enumerate(ranked, 1) if item.id == place.last[2]), 0)",
        "search/test_search.py::test_result_that_is_deleted_between_pages_repeats_none",
    ),
    change(
        "search/search.py",
        "                notes[str(error)] = None\n                return SearchBatch()",
        "                raise",
        "search/test_search.py::test_search_goes_on_while_the_archive_is_damaged",
    ),
    change(
        "store/positions.py",
        "    if ahead and locate(ahead - 1) == position:",
        "    if ahead and locate(ahead - 1) > position:",
        "library/test_positions.py::test_every_offset_begins_where_the_list_has_it",
    ),
    change(
        "store/positions.py",
        "    statement = COUNT.where(*filter_chats(chats))\n    counts",
        "    statement = COUNT\n    counts",
        "library/test_positions.py::test_conversations_of_an_import_are_listed",
    ),
    change(
        "store/positions.py",
        "LISTED = conversation.c.temporary.is_(False)",
        "LISTED = conversation.c.key > 0",
        "library/test_positions.py::test_every_offset_begins_where_the_list_has_it",
    ),
    change(
        "library/reading.py",
        "        if messages and left < 0:\n            break\n",
        "",
        "library/test_reading.py::test_answer_stays_below_the_limit_and_misses_nothing",
    ),
    change(
        "library/reading.py",
        '    text, end = cut(remove_hidden(row["text"]), text_offset)',
        '    text, end = cut(row["text"], text_offset)',
        "library/test_reading.py::test_hidden_characters_are_removed",
    ),
    Mutant(
        "server/integrations/omi/store/text_search.py",
        ".where(text.c.key.in_(keys), conversation.c.uid.in_(ACCEPTED))",
        ".where(text.c.key.in_(keys))",
        ("tests/server/integrations/omi/store/test_text_search.py::test_waiting_account_is_not_found_until_it_is_accepted",),
    ),
    Mutant(
        "server/integrations/omi/store/text_search.py",
        " if not (term.title and term.excluded))",
        ")",
        ("tests/server/integrations/omi/store/test_text_search.py::test_title_overview_and_transcript_are_found",),
    ),
    Mutant(
        "server/integrations/omi/store/conversations.py",
        "    texts.unindex_gone(connection)\n",
        "",
        ("tests/server/integrations/omi/store/test_texts.py::test_deleted_conversation_leaves_the_index",),
    ),
    Mutant(
        "server/integrations/omi/store/sources.py",
        "    texts.unindex_gone(connection)\n",
        "",
        ("tests/server/integrations/omi/store/test_texts.py::test_forgotten_account_leaves_the_index",),
    ),
    # conversations that were both delivered and imported, in one view
    change(
        "library/library.py",
        "imported=False, without=hidden)",
        "imported=False)",
        "library/test_delivered.py::test_conversation_is_listed_once",
    ),
    change(
        "library/library.py",
        " - len(hidden)",
        "",
        "library/test_delivered.py::test_conversation_is_listed_once",
    ),
    change(
        "library/library.py",
        "            if imported := await find_imported(self.archive, row):",
        "            if imported := None:",
        "library/test_delivered.py::test_imported_messages_are_read_with_those_delivered_later",
    ),
    change(
        "library/library.py",
        "            messages += await self.view_messages(chat, chat.lacking)\n",
        "            pass\n",
        "library/test_delivered.py::test_imported_messages_are_read_with_those_delivered_later",
    ),
    change(
        "library/delivered.py",
        "last and is_newer",
        "last",
        "library/test_delivered.py::test_older_delivered_branch_is_not_shown_first",
    ),
    change(
        "library/reading.py",
        'nodes = await chat.database.read(reading.read_nodes, chat.key) | {name: row["parent"] for name, row in more.items()}',
        "nodes = await chat.database.read(reading.read_nodes, chat.key)",
        "library/test_delivered.py::test_client_reads_and_fetches_the_same",
    ),
    change(
        "library/delivered.py",
        '    if row["source"] != Source.webhook:',
        "    if False:",
        "library/test_delivered.py::test_conversation_of_another_source_is_not_merged",
    ),
    change(
        "store/reading.py",
        'else None if row["id"] in own else by_text.get((row["role"], row["text"]))',
        "else None",
        "library/test_delivered.py::test_message_is_found_once",
    ),
    change(
        "search/search.py",
        "or hit.message_id in shown[hit.chat_id]",
        "or True",
        "library/test_delivered.py::test_message_is_found_once",
    ),
    change(
        "live/copies.py",
        "if own and (merged := await find_merged(live_ones, archive, own)):",
        "if own and (merged := None):",
        "library/test_delivered.py::test_copy_has_the_path_that_is_shown",
    ),
    change(
        "deletion/deletion.py",
        "                await self._context.archive.write(tombstones.remove, chat_id, now)\n",
        "                pass\n",
        "library/test_delivered.py::test_both_are_deleted_and_restored_together",
    ),
]
