"""Wrong changes in reading ChatGPT exports that the tests must notice."""

from tests.mutants.mutant import Mutant

CONVERSATIONS = "server/integrations/conversations"
TESTS = f"tests/{CONVERSATIONS}"


def change(name: str, before: str, after: str, test: str) -> Mutant:
    """Change a module of conversations."""
    return Mutant(f"{CONVERSATIONS}/{name}", before, after, (f"{TESTS}/{test}",))


MUTANTS = [
    change(
        "history/archives.py",
        "    check_directory(file, name)\n",
        "",
        "history/test_archives.py::test_million_entries_are_refused_before_they_are_read",
    ),
    change(
        "history/archives.py",
        "    if not locator.startswith(LOCATOR) or end",
        "    if True or end",
        "history/test_archives.py::test_million_entries_of_a_zip64_are_refused_before_they_are_read",
    ),
    change(
        "history/archives.py",
        "max(sizes.values(), default=size)",
        "min(LARGEST_DIRECTORY + 1, end)",
        "history/test_archives.py::test_large_zip64_whose_last_record_gives_no_size_is_opened",
    ),
    change(
        "history/archives.py",
        "    if start < 0:\n        raise InvalidInput(NO_ZIP",
        "    if False:\n        raise InvalidInput(NO_ZIP",
        "history/test_archives.py::test_damaged_zip_is_refused",
    ),
    change(
        "history/sources.py",
        "decode_name(path.relative_to(folder).as_posix())",
        "path.relative_to(folder).as_posix()",
        "imports/test_imports.py::test_name_that_is_no_text_costs_nothing",
    ),
    change(
        "imports/job.py",
        'os.fsencode(each) + f"\\0{stat.st_size}\\0{stat.st_mtime_ns}\\n".encode()',
        'f"{each}".encode()',
        "imports/test_imports.py::test_name_that_is_no_text_costs_nothing",
    ),
    change(
        "history/decode.py",
        "        if NULL not in data:",
        "        if True:",
        "imports/test_imports.py::test_null_characters_cost_nothing",
    ),
    change("history/archives.py", '".." in path.parts', "False", "history/test_archives.py::test_path_that_leads_out_is_refused"),
    change(
        "history/archives.py",
        "stat.S_ISLNK(entry.external_attr >> 16)",
        "False",
        "history/test_archives.py::test_link_is_refused",
    ),
    change(
        "history/archives.py", "entry.flag_bits & ENCRYPTED", "False", "history/test_archives.py::test_encrypted_zip_is_refused"
    ),
    change(
        "history/archives.py",
        "entry.file_size > ALWAYS_FINE and entry.file_size > entry.compress_size * HIGHEST_RATIO",
        "False",
        "history/test_archives.py::test_bomb_is_refused",
    ),
    change(
        "history/archives.py",
        "if packed > file.seek(0, 2):",
        "if False:",
        "history/test_archives.py::test_entries_that_share_their_bytes_are_refused",
    ),
    change(
        "history/archives.py",
        "self._left < 0 or ",
        "",
        "history/test_sources.py::test_bomb_in_zips_in_a_zip_is_refused",
    ),
    change(
        "history/archives.py",
        " or self._texts > LARGEST_TEXT",
        "",
        "history/test_sources.py::test_texts_of_all_zips_together_are_limited",
    ),
    change(
        "history/archives.py",
        "if self.inner > MOST_INNER:",
        "if False:",
        "history/test_sources.py::test_many_zips_in_a_zip_are_refused",
    ),
    change(
        "history/archives.py",
        "if self._files > MOST_FILES:",
        "if False:",
        "history/test_sources.py::test_many_zips_in_a_zip_are_refused",
    ),
    change(
        "history/archives.py",
        "{zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}",
        "{*range(15)}",
        "history/test_archives.py::test_compression_without_a_limit_is_refused",
    ),
    change(
        "history/sources.py",
        "        if left < 0:\n",
        "        if False:\n",
        "history/test_sources.py::test_more_than_a_zip_says_is_not_unpacked",
    ),
    change(
        "history/sources.py",
        'f"part-{number}.zip"',
        'f"part-{entry.header_offset}.zip"',
        "history/test_sources.py::test_zips_in_several_zips_of_a_folder_are_kept_apart",
    ),
    change(
        "history/sources.py", "if path.is_symlink():", "if False:", "history/test_sources.py::test_link_in_a_folder_is_refused"
    ),
    change(
        "history/sources.py",
        "shutil.disk_usage(opened.scratch).free < entry.file_size + SPARE",
        "False",
        "history/test_sources.py::test_full_disk_is_refused_before_it_is_full",
    ),
    change("history/splitter.py", "len(BOM) if self._data.startswith(BOM) else 0", "0", "history/test_splitter.py"),
    change(
        "history/splitter.py",
        "if self._rescanned <= CHUNK + MOST_RESCANNED * place:",
        "if True:",
        "history/test_splitter.py::test_conversations_in_damaged_ones_are_decoded_a_few_times",
    ),
    change(
        "history/splitter.py",
        "            head = head[: following.start() - self._at]\n",
        "",
        "history/test_splitter.py::test_damaged_conversation_is_described_by_its_own_bytes_only",
    ),
    change(
        "history/splitter.py",
        "if following is None or self._is_readable(self._data[self._at : end]):",
        "if True:",
        "history/test_splitter.py::test_damaged_conversation_costs_no_other",
    ),
    change(
        "history/splitter.py",
        "        self._skip_large()\n",
        "        self._at = len(self._data)\n",
        "history/test_splitter.py::test_conversation_over_the_limit_is_skipped",
    ),
    change("history/decode.py", "        return repair_strings(value)\n", "        return value\n", "history/test_decode.py"),
    change(
        "history/decode.py", "parse_constant=lambda _: None, ", "", "history/test_decode.py::test_nan_and_infinity_become_nothing"
    ),
    change("history/tree.py", "    cut_circles(parents)\n", "", "history/test_tree.py::test_circle_is_cut_at_its_first_node"),
    change(
        "history/tree.py",
        'parent = listed.get(key, "")',
        'parent = ""',
        "history/test_tree.py::test_children_count_where_parents_are_missing",
    ),
    change(
        "history/content.py",
        "if message.weight == 0 or (metadata and metadata.is_visually_hidden_from_conversation is True):",
        "if False:",
        "history/test_content.py::test_message_is_hidden",
    ),
    change(
        "history/content.py",
        'return role in {"system", "developer"}',
        "return False",
        "history/test_content.py::test_message_is_hidden",
    ),
    change(
        "history/content.py",
        "shown = read_thoughts(content) or find_report_of(message, content, references)",
        "shown = find_report_of(message, content, references)",
        "history/test_content.py::test_thoughts_are_shown_even_if_they_are_marked_as_hidden",
    ),
    change(
        "history/content.py",
        '        "user_editable_context",\n',
        "",
        "history/test_content.py::test_message_is_hidden",
    ),
    change(
        "history/citations.py",
        "isinstance(url, str) and url.lower().startswith(SCHEMES)",
        "isinstance(url, str)",
        "history/test_citations.py::test_address_of_another_scheme_is_no_link",
    ),
    change(
        "history/citations.py",
        "        if mark not in self._resolved:\n",
        "        if True:\n",
        "history/test_citations.py::test_each_mark_is_resolved_once",
    ),
    change(
        "history/citations.py",
        "        if self.left < 0:\n",
        "        if False:\n",
        "history/test_citations.py::test_marks_that_would_add_too_much_stay",
    ),
    change(
        "history/citations.py",
        "self.references.spend(SOURCE_SIZE + len(title) + len(url))",
        "pass",
        "history/test_citations.py::test_long_address_in_many_messages_counts_each_time",
    ),
    change(
        "history/citations.py",
        "self.footnotes.references.spend(len(self._resolved[mark]) - len(mark))",
        "pass",
        "history/test_citations.py::test_marks_that_would_add_too_much_stay",
    ),
    change(
        "history/citations.py",
        "(mark := marks.get((start, min(end, len(text))))):",
        "(mark := text[start:end]):",
        "history/test_citations.py::test_citations_of_places_that_are_no_marks_copy_nothing",
    ),
    change(
        "history/build.py",
        "MOST_ADDED * len(data)",
        "1 << 60",
        "history/test_build.py::test_citations_add_no_more_than_twice_the_conversation",
    ),
    change(
        "history/attachments.py",
        "if member.name not in self._stored and",
        "if",
        "history/test_attachments.py::test_file_of_several_messages_is_stored_once",
    ),
    change(
        "history/decode.py",
        "    if not 0 < value < LATEST * 1_000:",
        "    if not 0 < value:",
        "history/test_decode.py::test_time_is_read_in_every_form",
    ),
    change(
        "history/job.py",
        "    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError) as error:",
        "    except ZeroDivisionError as error:",
        "history/test_job.py::test_unforeseen_error_costs_one_conversation",
    ),
    change(
        "history/job.py",
        "        require_ours(entries)\n        return None\n",
        "        return None\n",
        "imports/test_commands.py::test_export_of_another_program_fails",
    ),
    change(
        "history/reader.py",
        "            except UNREADABLE:",
        "            except ZeroDivisionError:",
        "history/test_reader.py::test_damaged_file_costs_no_other",
    ),
    change(
        "history/build.py",
        'files = [AssetRecord(asset.id, "") for asset in record.assets]',
        "files = record.assets",
        "history/test_build.py::test_digest_is_the_same_without_the_files",
    ),
    change(
        "history/output.py",
        "            self._changed.wait_for(lambda: self._size < AHEAD)\n",
        "",
        "history/test_output.py::test_writing_waits_while_much_is_unread",
    ),
    change(
        "history/output.py",
        "            self._changed.wait_for(lambda: not self._size)\n",
        "            pass\n",
        "history/test_output.py::test_end_waits_until_everything_is_written",
    ),
    change(
        "history/build.py",
        "if name not in LATER_FIELDS}",
        "if name}",
        "history/test_build.py::test_digest_is_that_of_earlier_versions",
    ),
    change(
        "history/build.py",
        '"/" in conversation.key or',
        "",
        "history/test_build.py::test_conversation_whose_id_fits_no_address_is_refused",
    ),
    change(
        "history/job.py",
        "self.deleted[year, project] += head.key in self.tombstones",
        "self.deleted[year, project] += 1",
        "history/test_job.py::test_preview_counts_what_was_deleted_by_year_and_project",
    ),
    change(
        "history/job.py",
        "counted = sorted(summary.projects.items()) if",
        "counted = [pair for pair in sorted(summary.projects.items()) if pair[0]] if",
        "history/test_job.py::test_preview_counts_what_was_deleted_by_year_and_project",
    ),
]
