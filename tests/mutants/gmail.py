"""Wrong changes in Gmail: who gets a mail, what a header or file may hold, and that what was approved is what goes out."""

from tests.mutants.mutant import Mutant

HERE = "server/integrations/gmail"
TESTS = "tests/server/integrations/gmail"


def change(name: str, before: str, after: str, *tests: str) -> Mutant:
    """Change a module that is tested by the test file of its name, unless others are named."""
    folder, _, stem = name.rpartition("/")
    files = tests or (f"{folder}/test_{stem}".lstrip("/"),)
    return Mutant(f"{HERE}/{name}.py", before, after, tuple(f"{TESTS}/{file}.py" for file in files))


MUTANTS = [
    # headers and recipients of what is written
    change("mime/compose", "    check_head(content, outgoing)\n", ""),
    change("mime/compose", "    if len(content) > LARGEST_MAIL:", "    if False:"),
    change("mime/compose", 'self.name.replace("=?", "= ?")', "self.name"),
    change("mime/compose", "        if _CONTROLS.search(self.name):", "        if False:"),
    change("mime/compose", "    if _CONTROLS.search(subject):", "    if False:"),
    change("mime/compose", "        if _CONTROLS.search(value):", "        if False:"),
    change("mime/compose", "    if not _MEDIA_TYPE.fullmatch(media_type):", "    if False:"),
    change("mime/compose", "if not entry.well_formed or len(entry.name) > LONGEST_NAME:", "if len(entry.name) > LONGEST_NAME:"),
    change("mime/compose", "    if len(people) > MOST_RECIPIENTS:", "    if False:"),
    change("mime/compose", '    if kind in {"multipart", "message"}:', "    if False:"),
    change("mime/compose", 'value.isascii() and "=?" not in value and all', "value.isascii() and all"),
    change("mime/compose", "return (*self.to, *self.cc, *self.bcc)", "return (*self.to, *self.cc)"),
    change("mime/compose", "self.body, files, self.in", "self.body, self.in", "mailbox/test_outbox", "mime/test_compose"),
    change(
        "mailbox/outbox",
        "outgoing.seal(), outgoing.rendered)\n\n\ndef foresee_answer",
        "outgoing.seal())\n\n\ndef foresee_answer",
    ),
    change("mime/addresses", "not any(_is_odd(token) for token in tokens) and not any", "not any"),
    change("mime/addresses", 'if "@" in text and _HIDING.search(text):', "if False:"),
    change("mime/addresses", " and clean_line(decode_words(text)) == text", ""),
    # what the person is shown of a draft
    change("mime/raw_message", '_RECIPIENTS = ("To", "Cc", "Bcc")', '_RECIPIENTS = ("To", "Cc")', "mailbox/test_drafts"),
    change("mime/raw_message", "        if self.broken_headers:", "        if False:", "mailbox/test_drafts"),
    change("mime/raw_message", "            if not entry.well_formed:", "            if False:", "mailbox/test_drafts"),
    change("mime/raw_message", "(entry.address or entry.name, *entry.alternatives)", "(entry.address or entry.name,)"),
    change(
        "mime/raw_message",
        '            *(("Attachment", str(part.file)) for part in self.parts if part.file),\n',
        "",
        "mailbox/test_drafts",
    ),
    change(
        "mime/raw_message",
        '            *(("HTML part", part.text) for part in self.parts if part.kind == "text/html"),\n',
        "",
        "mime/test_raw_message",
    ),
    change("mime/raw_message", "        if len(self.source) > LONGEST_SOURCE:", "        if False:", "mailbox/test_drafts"),
    change("mime/raw_message", 'part.defects for part in message.walk() if part.get_content_maintype() == "multipart"', "()"),
    change("mime/raw_message", "rebuilt and not rebuilt.removed", "rebuilt", "mailbox/test_drafts"),
    change(
        "mime/raw_message",
        'one_line(self.headers.get("Subject"), LONGEST_SUBJECT)',
        'self.headers.line("Subject")',
        "mailbox/test_drafts",
    ),
    change("mime/raw_part", "(*reading.unshown, *unclear)", "unclear"),
    change("mime/raw_part", "(*reading.unshown, *unclear)", "reading.unshown"),
    change("mime/raw_part", "    if part.defects or ", "    if "),
    change("mime/raw_part", "unshown = (_SHOWN_OTHERWISE,) if is_shown_inline(part) else ()", "unshown = ()"),
    change("mime/raw_part", '{"text", "message", "multipart"}', '{"message", "multipart"}'),
    change("mime/raw_part", 'codec == "utf-7" or ', ""),
    change("mime/raw_part", "len(part.get_all(name, [])) > 1", "False"),
    change("mailbox/drafts", "stored.seal(), html, mail.source)", "stored.seal(), html)"),
    change("mailbox/drafts", "        mail.require_showable()\n", ""),
    # HTML: every word that is shown, nothing but what was shown, in bounded time
    change("mime/html", '_NOT_SHOWN = frozenset({"script"', '_NOT_SHOWN = frozenset({"textarea", "script"'),
    change("mime/html", '_NOT_SHOWN = frozenset({"script"', '_NOT_SHOWN = frozenset({"svg", "script"'),
    change("mime/html", '        return attributes.get("alt", "")', '        return ""'),
    change("mime/html", '        if name == "template":', "        if False:"),
    change("mime/html", 'elif name == "iframe" and "srcdoc" in attributes:', "elif False:"),
    change("mime/html", "        if self.depth == DEEPEST:", "        if False:"),
    change("mime/html", '        if name in {"style", "link"}:', "        if False:"),
    change("mime/html", '        if _STYLES.search(attributes.get("style", "")):', "        if False:"),
    change("mime/html", '        if attributes.get(_DOCUMENTS.get(name, ""), ""):', "        if False:"),
    change("mime/html", '            if not _IN_MAIL.match(attributes.get(attribute, "")):', "            if False:"),
    change("mime/html", "*((REST,) if cut else ())", "*()"),
    Mutant(
        f"{HERE}/mime/html.py",
        "    limit = find_limit(source)\n",
        "    limit = len(source)\n",
        (f"{TESTS}/mime/test_html.py::test_long_html_is_cut_and_says_so",),
    ),
    change("mime/html", 'restore_names(node.text_content or "")', '(node.text_content or "")'),
    change("mime/html_limits", "        if number == MOST_TAGS or (", "        if ("),
    change("mime/html_limits", "        if count > MOST_ATTRIBUTES:", "        if False:"),
    change("mime/html_limits", "        end = LARGEST_HTML\n", "        pass\n"),
    change("mime/html_limits", "keep_formatting or bool(_FOREIGN.search(source))", "keep_formatting"),
    change("mime/html_limits", "if quote and quote in", "if quote and quote not in"),
    change("mime/html_writer", "            self._put(address)\n", "            pass\n"),
    change("mime/outgoing_html", "    cleaned = _clean(_clean(source))\n", "    cleaned = source\n"),
    change("mime/outgoing_html", "    if reading.unshown or ", "    if "),
    change("mime/outgoing_html", "find_limit(source, keep_formatting=True) < len(source)", "False"),
    change("mime/outgoing_html", ' or source.count("&") > MOST_REFERENCES', ""),
    change("mime/outgoing_html", '"img": {"alt"},', '"img": {"alt", "src"},'),
    change(
        "mime/outgoing_html",
        "        if name not in ELEMENTS:\n            yield name[:LONGEST_NAME]\n",
        "        if name not in ELEMENTS:\n",
    ),
    change("mime/text", "{CUT}", "", "mime/test_text"),
    change("mailbox/outbox", "html=await self.accounts.run(rebuild, order.html)", "html=None"),
    change("mailbox/outbox", "html=await self.accounts.run(rebuild, reply.html)", "html=None"),
    change(
        "mime/compose",
        '            *((("Removed", self.html.note),) if self.html and self.html.note else ()),\n',
        "",
        "mailbox/test_outbox",
    ),
    change("mime/text", '_BREAKS.sub(" ", _HIDDEN.sub("", value))', '_BREAKS.sub(" ", value)'),
    change("mime/text", '_CONTROLS.sub("", _HIDDEN.sub("", text))', '_HIDDEN.sub("", text)'),
    # files
    change(
        "mailbox/attachments",
        "if PurePath(name).name != name or clean_name(name) != name or (folder / name).is_symlink():",
        "if (folder / name).is_symlink():",
    ),
    change("mailbox/attachments", "        if not stat.S_ISREG(status.st_mode):", "        if False:"),
    change("mailbox/attachments", "if sum(len(file.content) for file in inline) * 3 // 4 > LARGEST_FILES:", "if False:"),
    change("mailbox/attachments", "            if len(staged.content) > room:", "            if False:"),
    change("mailbox/attachments", "os.O_CREAT | os.O_EXCL | os.O_WRONLY", "os.O_CREAT | os.O_WRONLY"),
    change("mailbox/attachments", ", 0o600)", ", 0o644)"),
    change("mailbox/attachments", 'clean_name(file.name).lstrip(".") or', "file.name or"),
    change("mailbox/attachments", "if len(references) + len(inline) + len(named) > MOST_FILES:", "if False:"),
    change("mailbox/attachments", "validate=True)", "validate=False)"),
    change("mailbox/staged_files", '            if self._is_old(about["at"]):', "            if False:"),
    change("mailbox/staged_files", " or left + room > LARGEST_STAGE", ""),
    change("mailbox/inbox", "        if max(part.size, len(content)) > LARGEST_HANDED:", "        if False:"),
    change("mailbox/inbox", "        if len(quote(query.query)) > LONGEST_QUERY:", "        if False:"),
    # what was approved is what goes out, once
    change("mailbox/drafts", "require_allowed(await self._foresee_sending(session, draft_id, stored))", "pass"),
    change("mailbox/drafts", "        mail.require_clear_recipients()\n", ""),
    change("mailbox/drafts", "mail.addresses, stored.seal(), html", "mail.addresses, '', html"),
    change("mailbox/drafts", "        if not mail.recipients:", "        if False:"),
    change("mailbox/outbox", "        require_allowed(foresee_mail(outgoing))\n", ""),
    change("mailbox/outbox", "        require_allowed(foresee_answer(outgoing, answer))\n", ""),
    change("mailbox/outbox", "        await require_still_allowed()  # files may have taken their time\n", ""),
    change("mailbox/outbox", "        if not outgoing.recipients():", "        if False:"),
    change("mailbox/outbox", "        answer.require_everybody()\n", "", "mailbox/test_outbox", "mailbox/test_reply"),
    change("mailbox/reply", 'if thread_id and message.get("threadId") != thread_id:', "if False:", "mailbox/test_outbox"),
    change(
        "adapter/google",
        '"drafts.send", {}, {"id": draft_id}, content',
        '"drafts.send", {}, {"id": draft_id}, b""',
        "mailbox/test_outbox",
    ),
    # accounts, permissions and demo mode
    change("accounts/session", "check=require_still_allowed,", "check=None,", "mailbox/test_outbox"),
    change("accounts/session", "        if not permission.granted(entry.scopes):", "        if False:"),
    change("accounts/session", "[arguments], retry=False)", "[arguments], retry=True)"),
    change("accounts/accounts", "        if not self.context.demo:", "        if self.context.demo:"),
    change(
        "accounts/accounts", "        if any(urlsplit(address).hostname not in LOOPBACK for", "        if False and any(0 for"
    ),
    change(
        "accounts/accounts",
        "token = await self.token(address, instead_of=token)",
        "token = await self.token(address)",
        "accounts/test_session",
    ),
    change("accounts/sign_in", "self._waiting.pop(state, (None, None))", "self._waiting.get(state, (None, None))"),
    change("accounts/sign_in", "        check_grant(grant)\n", ""),
    change("adapter/connection", "        self.follow_redirects = False\n", ""),
    change("adapter/connection", "    if urlsplit(address).hostname not in LOOPBACK:", "    if False:"),
    change("mailbox/labels", "            if label.id in FIXED:", "            if False:"),
    change("mailbox/labels", "            if label.id in ELSEWHERE:", "            if False:"),
    change("models", "[A-Za-z0-9_-]{1,128}$", "[A-Za-z0-9_./-]{1,128}$"),
    change("local", "<p>{escape(sentence)}</p>", "<p>{sentence}</p>"),
]
