import pytest

from server.integrations.tools.fake.records import answer, find_contacts, find_leads, search_records


def test_leads_are_listed_newest_first() -> None:
    assert [lead["id"] for lead in find_leads("new")] == ["lead-4", "lead-1"]
    assert len(find_leads(limit=2)) == 2


def test_contacts_and_records_are_searched() -> None:
    assert [contact["name"] for contact in find_contacts("osaka")] == ["Mina Sato"]
    assert {record["kind"] for record in search_records("kestrel")} == {"lead", "contact"}
    assert search_records("kestrel", ("lead",))[0]["id"] == "lead-3"


@pytest.mark.parametrize(
    ("question", "title", "count"),
    [
        ("Show me the new leads", "new leads", 2),
        ("Contacts in Kiel", "contacts", 1),
        ("Orchard", "records", 2),
        ("list all leads", "leads", 6),
    ],
)
def test_question_is_answered(question: str, title: str, count: int) -> None:
    found_title, records = answer(question)
    assert (found_title, len(records)) == (title, count)
