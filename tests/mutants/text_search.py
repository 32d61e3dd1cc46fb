"""Wrong changes in full-text indexes, queries and matches that the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"
STORAGE = "tests/server/storage"
QUERIES = f"tests/{CONVERSATIONS}/search/test_search.py"

MUTANTS = [
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
]
