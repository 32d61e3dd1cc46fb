"""Wrong changes in the browser extension: what is sent once, what is read as a state, what is written as Markdown, its files."""

from tests.mutants.mutant import Mutant

FUNCTIONS = ("tests/extension/test_page_functions.py",)
FILES = ("tests/server/integrations/queue/test_extension_files.py",)
REQUESTS = "tests/extension/test_requests.py"
RESTARTS = "tests/extension/test_worker_restarts.py"
OTHER_TEXT = f"{RESTARTS}::test_record_of_another_text_says_nothing_of_a_prompt"
FITS = "test_outcome_fits_what_deskhand_takes"
LOADING = "tests/extension/test_loading.py"
ATTACHMENTS = "tests/extension/test_attachments.py"
HISTORY = "tests/extension/test_history.py"
FILE = "server/integrations/queue/extension_files.py"
PAGE = "ui/extension/page/page.js"
JOBS = "ui/extension/worker/jobs.js"
WORKER = "ui/extension/worker.js"

MUTANTS: list[Mutant] = [
    Mutant(FILE, "if is_linked or not is_copy(folder):", "if not is_copy(folder):", FILES),
    Mutant(
        "server/integrations/queue/extension_commands.py",
        "    archive.unlink(missing_ok=True)",
        "    pass",
        ("tests/server/integrations/queue/test_extension_commands.py::test_zip_replaces_a_link_and_not_where_it_leads",),
    ),
    # files
    Mutant(FILE, "    if target.site != SITE:\n", "    if target.site:\n", FILES),
    Mutant(FILE, "    if is_linked or not is_copy(folder):\n", "    if is_linked:\n", FILES),
    Mutant(FILE, 'return bool(manifest["key"] == read_manifest().key)', 'return bool(manifest["key"])', FILES),
    Mutant(
        "ui/extension/manifest.json", '"https://chatgpt.com/*"\n      ],\n      "js"', '"<all_urls>"\n      ],\n      "js"', FILES
    ),
    # states of the page
    Mutant(
        PAGE, "isVisible(each) && !this.isInMessage(each))\n    const patterns", "isVisible(each))\n    const patterns", FUNCTIONS
    ),
    Mutant(PAGE, ".filter((button) => !this.isInMessage(button))", "", FUNCTIONS),
    Mutant(PAGE, "isVisible(each) && !this.#isQuoted(each))", "isVisible(each))", FUNCTIONS),
    Mutant(PAGE, "return /^[\\w-]+$/.test(id) ? id : ''", "return id", FUNCTIONS),
    Mutant(PAGE, "...(page.all('user').length === 1 ? [] : NEEDED.answered)", "", FUNCTIONS),
    # pages that are not known, and slow ones
    Mutant(
        "ui/extension/page/run.js",
        "loading.isOver && test",
        "null",
        (f"{LOADING}::test_unknown_layout_is_reported_as_soon_as_the_page_has_settled",),
    ),
    Mutant(
        "ui/extension/worker.js",
        "result.ok || !loading || second",
        "result.ok || second",
        (f"{LOADING}::test_self_test_of_an_unknown_page_ends_when_it_has_settled",),
    ),
    Mutant(
        "ui/extension/page/loading.js",
        "document.readyState !== 'complete' || ",
        "",
        (f"{LOADING}::test_slow_page_is_waited_for",),
    ),
    Mutant(
        "ui/extension/page/loading.js",
        "return this.#hasMessages || !chatIdOf(document)",
        "return true",
        (f"{LOADING}::test_slow_page_is_waited_for",),
    ),
    # text
    Mutant(
        "ui/extension/page/markdown.js",
        "['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : ''",
        "url.href",
        FUNCTIONS,
    ),
    Mutant(
        "ui/extension/page/editor.js",
        "squeeze(left) === squeeze(right) ? 'blank_lines' : 'different'",
        "'blank_lines'",
        FUNCTIONS,
    ),
    Mutant("ui/extension/page/resets.js", "if (moment <= now)", "if (moment < 0)", FUNCTIONS),
    Mutant(
        "ui/extension/worker/messages.js",
        "if (end < text.length && /[\\ud800-\\udbff]/.test(text[end - 1])) end--",
        "",
        FUNCTIONS,
    ),
    Mutant(
        "ui/extension/worker/history.js",
        "      if (error.refusal === 'forbidden') return this.#remove()",
        "      if (false) return false",
        (f"{HISTORY}::test_import_ends_when_deskhand_does_not_take_it_any_more",),
    ),
    # sent once
    Mutant(
        JOBS,
        "      const found = await this.#look(record).catch(() => null)\n",
        "      const found = {state: 'not_sent'}\n",
        (f"{REQUESTS}::test_message_that_was_sent_although_the_page_says_it_failed_is_found",),
    ),
    Mutant(
        WORKER,
        "now() - held > LIMIT",
        "false",
        (f"{REQUESTS}::test_limit_without_a_time_is_looked_at_again_after_an_hour",),
    ),
    Mutant(
        WORKER,
        "const now = () => performance.now() / 1000",
        "const now = () => Date.now() / 1000",
        (f"{REQUESTS}::test_page_is_looked_at_although_the_clock_was_set_back",),
    ),
    Mutant(
        JOBS,
        "    if (record?.message === message && record.phase !== 'ended') await this.records.write(id, {token})\n",
        "",
        (f"{REQUESTS}::test_answer_of_what_still_runs_counts_although_the_person_had_it_sent_again",),
    ),
    Mutant(
        JOBS,
        "      if (sent && error.name === 'paused') return null",
        "      if (!sent) return null",
        (f"{REQUESTS}::test_person_gets_the_tab_back_at_once_and_the_answer_is_found_later",),
    ),
    Mutant(
        "ui/extension/worker/work_tab.js",
        "if (tab && ((await isInFront(tab)) ||",
        "if (tab && (false ||",
        (f"{REQUESTS}::test_work_tab_is_never_the_active_one",),
    ),
    Mutant(
        "ui/extension/worker/work_tab.js",
        "(await this.#wasTaken(tab))",
        "false",
        (f"{REQUESTS}::test_tab_in_which_the_person_went_elsewhere_is_theirs",),
    ),
    Mutant(
        "ui/extension/page/answer.js",
        "const SETTLED = 1.5 ",
        "const SETTLED = 0.2 ",
        (f"{REQUESTS}::test_answer_is_read_to_its_end",),
    ),
    # files
    Mutant(
        "ui/extension/page/run.js",
        "  requireFiles(page, 0)\n",
        "",
        (f"{ATTACHMENTS}::test_files_of_the_person_in_the_editor_are_not_sent",),
    ),
    Mutant(
        "ui/extension/page/run.js",
        "  requireFiles(page, count)\n",
        "",
        (f"{ATTACHMENTS}::test_message_is_not_sent_without_a_file_that_was_removed_meanwhile",),
    ),
    Mutant(
        "ui/extension/page/attachments.js",
        "=== count && !page.find('uploading')",
        "=== count",
        (f"{ATTACHMENTS}::test_files_are_attached_whole_before_the_message_is_sent",),
    ),
    Mutant(
        "ui/extension/page/attachments.js",
        "  if (refusal) throw",
        "  if (false) throw",
        (f"{ATTACHMENTS}::test_file_that_the_page_refuses_is_named_and_nothing_is_sent",),
    ),
    Mutant(
        JOBS,
        "hasFiles || wasLeft\n",
        "hasFiles\n",
        (f"{ATTACHMENTS}::test_files_that_were_attached_and_not_sent_do_not_go_with_the_next_message",),
    ),
    # history
    Mutant(
        "ui/extension/worker/history.js",
        "    if (state.count < QUICK) return true\n",
        "    return true\n",
        (f"{HISTORY}::test_import_becomes_slow_after_the_first_two_hundred",),
    ),
    Mutant(
        "ui/extension/worker/history.js",
        "(await local.read(PAUSED)) || ",
        "",
        (f"{HISTORY}::test_import_shows_its_progress_and_is_paused_resumed_and_stopped",),
    ),
    Mutant(
        "server/integrations/queue/extension/history.py",
        "None if progress.stopped else progress",
        "progress",
        ("tests/server/integrations/queue/extension/test_service.py::test_import_is_controlled_and_its_progress_is_known",),
    ),
    # a worker that was started anew, and what it knows of an earlier text
    Mutant(
        "ui/extension/worker/work_tab.js",
        "(await accepted, this.#require(link) && method(params))",
        "this.#require(link) && method(params)",
        (f"{FUNCTIONS[0]}::test_page_that_is_back_tells_an_outcome_before_it_was_looked_at",),
    ),
    Mutant(
        JOBS,
        "    this.tab.job = null  // nobody is to wait for it\n",
        "",
        (f"{RESTARTS}::test_job_that_ended_badly_while_the_next_worker_was_paused_is_looked_for",),
    ),
    Mutant(
        JOBS,
        "record?.message === message && record.phase",
        "record && record.phase",
        (f"{RESTARTS}::test_answer_to_the_text_before_an_edit_is_not_that_to_the_new_one",),
    ),
    Mutant(JOBS, "[undefined, question.message].includes(stored.message) ? stored : {}", "stored", (f"{OTHER_TEXT}[True]",)),
    Mutant(JOBS, "stored?.message === request.message ? stored : null", "stored", (f"{OTHER_TEXT}[False]",)),
    Mutant(
        JOBS,
        "'challenge', 'two_answers', 'continue_generating', 'limit', 'unknown_layout', 'paused']",
        "'challenge', 'limit', 'unknown_layout', 'paused']",
        (f"{RESTARTS}::test_chat_that_asks_for_a_choice_is_looked_into_later",),
    ),
    # what Deskhand takes, and what a page says of itself
    Mutant(
        "ui/extension/worker/messages.js", "title?.slice(0, LONGEST.title), notes", "title, notes", (f"{FUNCTIONS[0]}::{FITS}",)
    ),
    Mutant("ui/extension/worker/messages.js", "note.slice(0, LONGEST.note)", "note", (f"{FUNCTIONS[0]}::{FITS}",)),
    Mutant("ui/extension/worker/messages.js", "error.text?.slice(0, LONGEST.error)", "error.text", (f"{FUNCTIONS[0]}::{FITS}",)),
    Mutant(
        PAGE,
        "page.chatId && !page.failure",
        "page.chatId",
        (f"{FUNCTIONS[0]}::test_chat_that_the_page_cannot_load_is_no_unknown_layout",),
    ),
    Mutant(
        "ui/extension/page/run.js",
        "(test.page.chatId !== chatId || !test.page.find('user'))",
        "test.page.chatId !== chatId",
        (f"{REQUESTS}::test_chat_that_does_not_load_fails_alone",),
    ),
    Mutant(
        "ui/extension/page/history.js",
        "(since + (await readClockError())) / 1000",
        "since / 1000",
        (f"{FUNCTIONS[0]}::test_message_that_was_sent_is_found_although_the_clock_is_wrong",),
    ),
]
