"""Wrong changes in text indexes, search and the library that the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"
STORAGE = "tests/server/storage"
QUERIES = f"tests/{CONVERSATIONS}/search/test_search.py"


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
    Mutant(
        "server/storage/text_index.py",
        "\\xae-\\xb1\\xb4",
        "\\xae-\\xb4",
        (
            f"{STORAGE}/test_text_index.py::test_characters_that_are_left_as_they_are_fold_to_themselves",
            f"tests/{CONVERSATIONS}/store/test_search.py::test_word_is_found_whatever_else_is_in_its_text",
        ),
    ),
    Mutant(
        "server/storage/text_index.py",
        "if LONG_SAMPLE.search(text[::STEP]) else text",
        "if False else text",
        (f"{STORAGE}/test_text_index.py::test_marks_are_in_order_before_a_text_is_normalized",),
    ),
    Mutant(
        "server/storage/text_index.py",
        ".scalar_one()) - int(before) > 1",
        ".scalar_one()) - int(before) > 0",
        (f"{STORAGE}/test_text_index.py::test_deferred_parts_lie_apart_until_they_are_merged",),
    ),
    Mutant(
        "server/storage/text_index.py",
        "    return (UNSPACED_RUN.sub(write_pairs, text), ",
        "    return (text, ",
        (f"{STORAGE}/test_text_index.py::test_words_and_single_characters_of_a_text",),
    ),
    Mutant(
        "server/storage/text_index.py",
        "    return folded.translate(GREEK_BASES) if GREEK.search(folded) else folded",
        "    return folded",
        (f"{STORAGE}/test_text_index.py::test_spellings_of_the_same_are_equal",),
    ),
    Mutant(
        "server/storage/text_index.py",
        "\\u0400\\u0402-\\u0450",
        "\\u0400-\\u0450",
        (f"{STORAGE}/test_text_index.py::test_letters_for_which_others_are_written_are_replaced",),
    ),
    Mutant(
        "server/storage/text_index.py",
        'replace_letters(unicodedata.normalize("NFKC", text).casefold())',
        'unicodedata.normalize("NFKC", text).casefold()',
        (f"{STORAGE}/test_text_index.py::test_spellings_of_the_same_are_equal",),
    ),
    Mutant(
        "server/storage/text_query.py",
        '    for part in split_scripts(term.folded.replace(\'"\', " ")):',
        "    for part in split_scripts(term.folded):",
        (f"{STORAGE}/test_text_query.py::test_every_term_can_be_run",),
    ),
    Mutant(
        "server/storage/text_query.py",
        '    text = text.encode("utf-8", "replace").decode()  # half a character, as of a broken argument, cannot be stored\n',
        "",
        (f"{QUERIES}::test_no_text_is_a_syntax_error",),
    ),
    Mutant(
        "server/storage/text_query.py",
        "        elif is_searchable(term.text):",
        "        else:",
        (f"{STORAGE}/test_text_query.py::test_words_phrases_beginnings_and_exclusions",),
    ),
    Mutant(
        "server/storage/text_match.py",
        "            if self.starts and start and is_of_word(flat[start - 1]):\n                continue\n",
        "",
        (f"{STORAGE}/test_text_match.py",),
    ),
    Mutant(
        "server/storage/text_match.py",
        "        if any(any(pattern.find(flat)) for pattern in self.excluded):\n            return False\n",
        "",
        (f"{STORAGE}/test_text_match.py::test_text_fits_if_it_has_all_terms_and_no_excluded_one",),
    ),
    Mutant(
        "server/storage/flat_text.py",
        "    if MICRO not in text:",
        "    if True:",
        (f"{STORAGE}/test_flat_text.py::test_flat_letters_have_no_case_and_marks",),
    ),
    Mutant(
        "server/storage/flat_text.py",
        '    flat, place = text.replace("İ", "i").lower(), 0',
        "    flat, place = text.lower(), 0",
        (f"{STORAGE}/test_flat_text.py::test_flat_text_has_the_same_length",),
    ),
    Mutant(
        "server/storage/flat_text.py",
        "    return SINGLE_LETTERS.get(base, base) or FILLER",
        "    return base or FILLER",
        (f"{STORAGE}/test_text_match.py::test_matches_are_found_in_the_text_as_it_is",),
    ),
    Mutant(
        "server/storage/flat_text.py",
        "        flat = flat.replace(letter, DOUBLE_LETTERS[letter])",
        "        flat = flat.replace(letter, letter)",
        (f"{STORAGE}/test_text_match.py::test_matches_are_found_in_the_text_as_it_is",),
    ),
    Mutant(
        "server/storage/flat_text.py",
        "(match[0] != FILLER) * 2",
        "(match[0] != FILLER)",
        (f"{STORAGE}/test_flat_text.py::test_places_are_those_of_the_characters_in_the_text",),
    ),
    Mutant(
        "server/storage/flat_text.py",
        "\\u0450\\u0452-\\u045f",
        "\\u045f",
        (f"{STORAGE}/test_text_match.py::test_matches_are_found_in_the_text_as_it_is",),
    ),
    Mutant(
        "server/storage/text_search.py",
        "len(words or query.terms)",
        "len(words)",
        (f"{STORAGE}/test_text_search.py::test_one_beginning_needs_no_window",),
    ),
    Mutant(
        "server/storage/text_search.py",
        " and not query.newest_first",
        "",
        (f"{STORAGE}/test_text_search.py::test_usual_word_finds_the_newest_if_that_is_asked_for",),
    ),
    Mutant(
        "server/storage/text_search.py",
        "    if is_single or is_narrow(counts):",
        "    if True:",
        (f"{STORAGE}/test_text_search.py::test_window_begins_at_the_newest_match",),
    ),
    Mutant(
        "server/storage/text_search.py",
        "    query = replace(query, end=newest[0] + 1)\n",
        "",
        (f"{STORAGE}/test_text_search.py::test_window_begins_at_the_newest_match",),
    ),
    Mutant(
        "server/storage/text_search.py",
        "max(of_words) < COMMON and sum(of_words) <= MOST_RANKED",
        "True",
        (f"{STORAGE}/test_text_search.py::test_common_word_finds_the_newest",),
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
