"""Records of the demo CRM, and how they are searched."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["new", "contacted", "qualified", "lost"]


@dataclass(frozen=True)
class Lead:
    id: str
    company: str
    contact: str
    status: Status
    value: int
    created: str


@dataclass(frozen=True)
class Contact:
    id: str
    name: str
    company: str
    email: str
    city: str


LEADS = (
    Lead("lead-1", "Brightwater Bakery", "Ana Lindqvist", "new", 4_200, "2026-11-24"),
    Lead("lead-2", "Hollis & Sons Roofing", "Peter Hollis", "qualified", 18_500, "2026-11-19"),
    Lead("lead-3", "Kestrel Logistics", "Mina Sato", "contacted", 9_900, "2026-11-12"),
    Lead("lead-4", "Nordlicht Optik", "Jonas Weber", "new", 2_750, "2026-11-26"),
    Lead("lead-5", "Orchard Dental", "Sofia Marino", "lost", 6_000, "2026-10-03"),
    Lead("lead-6", "Tidewater Kayaks", "Grace Okafor", "qualified", 12_300, "2026-11-08"),
)
CONTACTS = (
    Contact("contact-1", "Ana Lindqvist", "Brightwater Bakery", "ana@brightwater.example", "Malmö"),
    Contact("contact-2", "Peter Hollis", "Hollis & Sons Roofing", "peter@hollis.example", "Leeds"),
    Contact("contact-3", "Mina Sato", "Kestrel Logistics", "mina@kestrel.example", "Osaka"),
    Contact("contact-4", "Jonas Weber", "Nordlicht Optik", "jonas@nordlicht.example", "Kiel"),
    Contact("contact-5", "Sofia Marino", "Orchard Dental", "sofia@orchard.example", "Bologna"),
    Contact("contact-6", "Grace Okafor", "Tidewater Kayaks", "grace@tidewater.example", "Bristol"),
)
STATUSES = ("new", "contacted", "qualified", "lost")
IGNORED = frozenset(
    ["a", "all", "and", "are", "by", "for", "from", "give", "in", "list", "me", "of", "on", "our", "show", "the", "their", "what"]
) | {"which", "who", "with", "leads", "lead"}


def find_leads(status: str = "", limit: int = 10) -> list[dict[str, Any]]:
    """List leads, newest first."""
    leads = [lead for lead in LEADS if not status or lead.status == status]
    return [asdict(lead) for lead in sorted(leads, key=lambda lead: lead.created, reverse=True)[:limit]]


def find_contacts(search: str = "", limit: int = 10) -> list[dict[str, Any]]:
    """List contacts in whose fields the text occurs."""
    return [record for record in map(asdict, CONTACTS) if matches(record, search)][:limit]


def search_records(search: str, kinds: tuple[str, ...] = ("lead", "contact"), limit: int = 10) -> list[dict[str, Any]]:
    """Search leads and contacts."""
    return [record for record in every_record() if record["kind"] in kinds and matches(record, search)][:limit]


def every_record() -> Iterator[dict[str, Any]]:
    for lead in LEADS:
        yield {"kind": "lead", **asdict(lead)}
    for contact in CONTACTS:
        yield {"kind": "contact", **asdict(contact)}


def matches(record: dict[str, Any], search: str) -> bool:
    """Return whether every word of a text occurs in a record."""
    text = " ".join(str(value) for value in record.values()).lower()
    return all(word in text for word in search.lower().split())


def answer(question: str) -> tuple[str, list[dict[str, Any]]]:
    """Answer a question in plain language, by the words that occur in it."""
    words = re.findall(r"\w+", question.lower())
    status = next((word for word in words if word in STATUSES), "")
    if "contacts" in words or "contact" in words:
        return "contacts", find_contacts(" ".join(word for word in words if word not in IGNORED | {"contact", "contacts"}))
    if status or "leads" in words or "lead" in words:
        return f"{status} leads".strip(), find_leads(status)
    return "records", search_records(" ".join(word for word in words if word not in IGNORED))
