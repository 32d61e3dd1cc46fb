"""Gmail's search language, in a small mailbox of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from server.integrations.gmail.fake.google import Account
from server.integrations.gmail.fake.mailbox import Mailbox

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


BILL = """From: Brightline Energy <billing@energy.example.org>
To: me@example.com
Subject: Your invoice
Message-ID: <b1@energy.example.org>
Content-Type: multipart/mixed; boundary="x"

--x

Please pay 86.40 in time.
--x
Content-Type: application/pdf
Content-Disposition: attachment; filename="bill-2026.pdf"

x
--x--
"""
PLAN = """From: Mei Tanaka <mei@example.com>
To: Me <me@example.com>
Cc: tomas@example.net
Subject: Dinner and movie tonight

At eight?
"""
ANSWER = """From: me@example.com
To: mei@example.com
Bcc: boss@example.net
Subject: Re: Dinner

No movie, dinner only.
"""
SALE = """From: shop@example.org
To: me@example.com
Subject: Sale
List-Id: <sale.example.org>
Content-Type: text/html

<p>Half <b>price</b> boots</p><script>secret()</script>
"""
RESUME = "From: amy@example.org\nTo: me@example.com\nSubject: My Résumé\n\nDear Sir, 来週の夕食について\n"
JUNK = "From: prize@example.net\nTo: me@example.com\nSubject: You won the movie prize\n\nPay now\n"
MAILS: dict[str, tuple[str, set[str], timedelta]] = {
    "bill": (BILL, {"INBOX", "UNREAD", "CATEGORY_UPDATES"}, timedelta(hours=2)),
    "plan": (PLAN, {"INBOX", "STARRED", "IMPORTANT", "CATEGORY_PERSONAL", "Label_1"}, timedelta(days=1)),
    "answer": (ANSWER, {"SENT"}, timedelta(hours=20)),
    "résumé": (RESUME, set(), timedelta(days=40)),
    "junk": (JUNK, {"SPAM"}, timedelta(days=3)),
    "thrown": ("From: mei@example.com\nSubject: Old movie list\n\n...\n", {"TRASH"}, timedelta(days=400)),
    "letter": ("From: me@example.com\nTo: bank@example.net\nSubject: Loan\n\nloan\n", {"DRAFT"}, timedelta(days=2)),
    "html": (SALE, {"INBOX", "UNREAD", "CATEGORY_PROMOTIONS"}, timedelta(days=6)),
}


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    mailbox = Mailbox(Account("me@example.com", "Me"), Clock())
    mailbox.labels.create("My Friends/Old")
    for name, (text, labels, age) in MAILS.items():
        received = int((NOW - age).timestamp() * 1000)
        mailbox.add(text.encode(), labels, received=received).thread_id = name
    return mailbox


SHOWN = "bill answer plan letter html résumé"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", SHOWN),
        ("in:inbox", "bill plan html"),
        ("in:sent", "answer"),
        ("in:drafts", "letter"),
        ("in:draft", "letter"),
        ("in:trash", "thrown"),
        ("in:spam", "junk"),
        ("in:anywhere movie", "answer plan junk thrown"),
        ("in:archive", "résumé"),
        ("label:inbox is:unread", "bill html"),
        ("label:my-friends-old", "plan"),
        ('label:"My Friends/Old"', "plan"),
        ("label:Label_1", "plan"),
        ("label:nothing", ""),
        ("from:mei", "plan"),
        ("from:me", "answer letter"),
        ("from:me@example.com", "answer letter"),
        ("from:example.org", "bill html résumé"),
        ("from:exam", ""),
        ('from:"mei tanaka"', "plan"),
        ("from:(amy OR shop)", "html résumé"),
        ("from:{amy shop}", "html résumé"),
        ("to:mei", "answer"),
        ("to:tomas", "plan"),
        ("cc:tomas", "plan"),
        ("cc:mei", ""),
        ("bcc:boss", "answer"),
        ("subject:dinner", "answer plan"),
        ("subject:(dinner movie)", "plan"),
        ('subject:"movie tonight"', "plan"),
        ("SUBJECT:DINNER", "answer plan"),
        ("subject:invoice from:energy", "bill"),
        ("is:unread", "bill html"),
        ("is:read in:inbox", "plan"),
        ("is:starred", "plan"),
        ("is:important", "plan"),
        ("has:attachment", "bill"),
        ("-has:attachment in:inbox", "plan html"),
        ("filename:pdf", "bill"),
        ("filename:bill-2026.pdf", "bill"),
        ("filename:bill", "bill"),
        ("filename:doc", ""),
        ("bill-2026", "bill"),
        ("newer_than:1d", "bill answer plan"),
        ("newer_than:3h", "bill"),
        ("older_than:5d", "html résumé"),
        ("older_than:1m", "résumé"),
        ("older_than:1y in:anywhere", "thrown"),
        ("older_than:soon", ""),
        ("after:2026/03/09", "bill answer plan"),
        ("after:2026-03-09 before:2026-03-10", "answer plan"),
        ("before:2026/03/09", "letter html résumé"),
        ("before:03/09/2026", "letter html résumé"),
        (f"after:{int(NOW.timestamp()) - 7201}", "bill"),
        (f"before:{int(NOW.timestamp()) - 7200}", "answer plan letter html résumé"),
        ("after:tomorrow", ""),
        ("dinner movie", "answer plan"),
        ('"dinner and movie"', "plan"),
        ('"movie dinner"', "answer"),
        ("dinner -movie", ""),
        ('-"movie dinner" dinner', "plan"),
        ("-subject:dinner in:sent", ""),
        ("-(dinner OR invoice) in:inbox", "html"),
        ("invoice OR loan", "bill letter"),
        ("in:inbox invoice OR dinner", "bill plan"),
        ("{invoice loan boots}", "bill letter html"),
        ("invoice | loan", "bill letter"),
        ("invoice AND pay", "bill"),
        ("resume", "résumé"),
        ("RÉSUMÉ", "résumé"),
        ("夕食", "résumé"),
        ("price boots", "html"),
        ("secret", ""),
        ("86.40", "bill"),
        ("foo:dinner", ""),
        ("re:dinner", "answer"),
        ("(", SHOWN),
        (")) invoice ((", "bill"),
        ('"invoice', "bill"),
        ("OR", SHOWN),
        ("-", SHOWN),
        ("{}", SHOWN),
        ("(" * 5000 + "invoice" + ")" * 5000, "bill"),
    ],
)
def test_search_returns_the_same_mails_as_gmail(mailbox: Mailbox, query: str, expected: str) -> None:
    assert [mail.thread_id for mail in mailbox.search(query)] == expected.split()


def test_labels_and_spam_narrow_and_widen_a_search(mailbox: Mailbox) -> None:
    def names(*labels: str, everywhere: bool = False) -> list[str]:
        return [mail.thread_id for mail in mailbox.search("", labels, everywhere=everywhere)]

    assert names("INBOX", "UNREAD") == ["bill", "html"]
    assert names("TRASH") == ["thrown"]
    assert len(names(everywhere=True)) == len(MAILS)
