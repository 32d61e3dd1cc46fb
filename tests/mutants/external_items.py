"""Wrong changes in how mail and deliveries from strangers are read: one hides others, a limit cuts an action, text is lost."""

from tests.mutants.gmail import change
from tests.mutants.mutant import Mutant

OMI, OMI_TESTS = "server/integrations/omi", "tests/server/integrations/omi"


def change_omi(name: str, before: str, after: str, test: str) -> Mutant:
    """Change a module of OMI."""
    return Mutant(f"{OMI}/{name}.py", before, after, (f"{OMI_TESTS}/{test}.py",))


MUTANTS = [
    # an item that cannot be read is an item that says so
    Mutant(
        "server/core/items.py", "except Exception as error:", "except KeyError as error:", ("tests/server/core/test_items.py",)
    ),
    change("mailbox/responses", "    if PROBLEM in message:\n        raise ValueError\n", "", "mailbox/test_inbox"),
    change(
        "mailbox/responses",
        '        "problem": f"{UNREADABLE} {problem}"',
        '        "problem": None and f"{problem}"',
        "mailbox/test_inbox",
    ),
    change(
        "accounts/session",
        "OF_ONE_CALL = (InvalidInput, TooLarge, UpstreamFailed, UpstreamTimedOut)",
        "OF_ONE_CALL = (InvalidInput,)",
    ),
    change("accounts/session", "            checked(failures)\n", "            pass\n"),
    change(
        "mime/message",
        "convert_item(payload, lambda payload: read_parts(payload, place, depth), lambda _: unreadable)",
        "read_parts(payload, place, depth)",
        "mailbox/test_responses",
    ),
    change("mailbox/responses", '({"problem": INCOMPLETE} if reading.missing else {})', "{}"),
    change("mime/text", "html.unescape(value[:LONGEST_SNIPPET])", "html.unescape(value)"),
    change("mime/raw_message", "AttributeError, RecursionError):", "AttributeError):"),
    change("mime/raw_message", 'if name.lower().startswith("content-") and len(value) > LONGEST_PARAMETERS:', "if False:"),
    change("fake/mail", "        if not is_too_deep(parsed):\n            return parsed", "        return parsed"),
    change("fake/mail", "    with suppress(RecursionError):\n", "    with suppress(KeyError):\n"),
    change("fake/mail", 'html.unescape(_LONG_NUMBER.sub("\\ufffd", "".join(words)))', 'html.unescape("".join(words))'),
    change_omi("memories", "days = convert_items(", "days = (lambda rows, view, _: list(map(view, rows)))(", "test_memories"),
    change_omi(
        "memories",
        "(row, content, offset) if content else make_unreadable_conversation(row)",
        "(row, content, offset)",
        "test_memories",
    ),
    change_omi(
        "payload",
        "convert_item(data, lambda data: parse_segment(data, place), lambda _: unreadable)",
        "parse_segment(data, place)",
        "test_payload",
    ),
    change_omi("payload", "convert_item(item, read_todo, lambda _: UNREADABLE_TODO)", "read_todo(item)", "test_payload"),
    change_omi(
        "store/transcripts",
        "[convert_item(row.body, json.loads, lambda _: None) for row in rows]",
        "[json.loads(row.body) for row in rows]",
        "store/test_transcripts",
    ),
    # a limit of display cuts no action
    change("mime/message", "        if sum(map(len, values)) > LONGEST_ADDRESSES:", "        if False:"),
    change("mime/message", '_text(header.get("value")))', '_text(header.get("value"))[:20_000])', "mailbox/test_reply"),
    change("mime/message", "if len(value) <= LONGEST_SHOWN else entries[:-1]", "if True else entries[:-1]"),
    change("mime/message", '        return "… (too long to show)"\n', "        return person[:most]\n"),
    change("mime/message", "+ (int(earlier[1]) - 1 if earlier else 0)", ""),
    change("mailbox/responses", "[shorten_person(person, 100) for person", "[shorten(person, 100) for person"),
    change(
        "mailbox/responses",
        "isinstance(label_id, str)] if isinstance(ids, list)",
        "isinstance(label_id, str)][:100] if isinstance(ids, list)",
        "mailbox/test_reply",
    ),
    change("mailbox/responses", "more_attachments=max(0, len(files) - MOST_ATTACHMENTS),", "more_attachments=0,"),
    change("mailbox/labels", "    if not by_id and len(named) > 1:", "    if False:"),
    change_omi("parsers", "return key if len(key) <= most else digest(key)", "return key[:most]", "test_parsers"),
    change_omi("summaries", "return texts if len(items) <= MOST_ENTRIES else", "return texts if True else", "test_summaries"),
    # missing is not empty
    change("mailbox/bodies", "key=read_received, reverse=True", "key=read_received"),
    change("mailbox/bodies", "if len(chosen) + len(parts) <= limit.parts and size", "if size"),
    change("mailbox/responses", "body=reading.text, truncated=bool(reading.missing))", "body=reading.text, truncated=False)"),
    change("mailbox/responses", '"truncated": mail.truncated or len(body)', '"truncated": len(body)'),
    change("mailbox/responses", '"truncated": goes_on or bool(reading.missing)', '"truncated": goes_on', "mailbox/test_inbox"),
    change("mailbox/inbox", "        if part.incomplete or (not content and part.size):", "        if False:"),
    change(
        "mime/message",
        'incomplete=empty_container or bool(body.get("data") and not data)',
        "incomplete=empty_container",
        "mime/test_body",
    ),
    change("mime/body", "(content is None and (part.gmail_id or part.size))", "False"),
    # the text that a reader sees
    change("mime/body", "    if only_rich <= MOST_TOLERATED * len(rich_shingles):\n        return plain\n", "    return plain\n"),
    change("mime/body", "    if len(content) < len(plain_shingles) and", "    if False and"),
    change("mime/body", "and len(content - rich_shingles) <= max(only_rich, LEAST_DIFFERENCE):", "and True:"),
    change("mime/body", "    if not reading.text and not reading.missing:", "    if False:"),
    change("mime/body", "texts = [text for text in (reading.text, *invitations) if text]", "texts = [reading.text]"),
    change("mime/message", '            return "invite.ics"\n', '            return "attachment"\n'),
    change("mime/invitation", "        here = begins.astimezone()", "        here = begins"),
    change("mime/invitation", '.upper() == "CANCELLED":', '.upper() == "":'),
    change("mime/invitation", "isinstance(sequence, int) and sequence > 0:", "False:"),
    # the person's own addresses
    change("mailbox/own_addresses", "bool(own & {fold(address), fold(remove_tag(address))})", "fold(address) in own"),
    change("mailbox/own_addresses", "(self.account, *self.aliases, *(find", "(self.account, *(find"),
    change("mailbox/own_addresses", 'headers.all("Delivered-To")[:1]', 'headers.all("Delivered-To")'),
    change("mailbox/own_addresses", 'entry.get("verificationStatus", "accepted") != "pending"', "True"),
    change(
        "mailbox/own_addresses",
        "f\"{local.replace('.', '')}@gmail.com\" if domain in _GMAIL else",
        'f"{local}@gmail.com" if False else',
    ),
    change("mailbox/reply", "            if not own or not own.include(person.address, headers):", "            if True:"),
    change("mailbox/outbox", "sender=answer.sender,", "sender=session.address,"),
    change("mailbox/subjects", 'prefix = prefix or (match[0] if match["reply"] else "")', "prefix += match[0]"),
]
