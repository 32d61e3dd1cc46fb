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
    change("mime/compose", "self.html, files, self", "self.html, self", "mailbox/test_outbox", "mime/test_compose"),
    change("mime/compose", "self.body, self.html, files", "self.body, files", "mailbox/test_outbox", "mime/test_compose"),
    change("mime/addresses", "not any(_is_odd(token) for token in tokens) and not any", "not any"),
    change("mime/addresses", 'if "@" in text and _HIDING.search(text):', "if False:"),
    change("mime/addresses", " and clean_line(decode_words(text)) == text", ""),
    # what the person is shown of a draft
    change("mime/raw_message", '_RECIPIENTS = ("To", "Cc", "Bcc")', '_RECIPIENTS = ("To", "Cc")', "mailbox/test_drafts"),
    change("mime/raw_message", "        if self.broken_headers:", "        if False:", "mailbox/test_drafts"),
    change("mime/raw_message", "            if not entry.well_formed:", "            if False:", "mailbox/test_drafts"),
    change("mime/raw_message", "(entry.address or entry.name, *entry.alternatives)", "(entry.address or entry.name,)"),
    change("mime/raw_message", '            *(("Attachment", str(file)) for file in self.files),\n', "", "mailbox/test_drafts"),
    change("mime/raw_message", '            *(("HTML part", text) for text in self.html),\n', ""),
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
    change("mailbox/drafts", "fields, mail.addresses, stored.seal())", "fields, mail.addresses)"),
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
    change("accounts/session", "check = require_still_allowed", "check = None", "mailbox/test_outbox"),
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
