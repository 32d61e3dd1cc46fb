"""The subject of an answer keeps its thread, and prefixes do not stack."""

import pytest

from server.integrations.gmail.mailbox.subjects import answer_subject


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Plan", "Re: Plan"),
        ("Re: Plan", "Re: Plan"),
        ("RE : Plan", "RE : Plan"),
        (" re:Plan", " re:Plan"),
        ("", "Re: "),
        ("Reply", "Re: Reply"),
        ("Re[2]: Plan", "Re[2]: Plan"),
        ("Re^2: Plan", "Re^2: Plan"),
        ("回复\uff1aPlan", "回复\uff1aPlan"),
        ("[list] Re: Plan", "Re: [list] Plan"),
        ("Re: [list] AW: [other] Fwd: Plan", "Re: [list] [other] Plan"),
        ("[list] Plan", "Re: [list] Plan"),
        ("Rest: Plan", "Re: Rest: Plan"),
        ("R2: D2", "Re: R2: D2"),
        ("Plan: Re: x", "Re: Plan: Re: x"),
    ],
)
def test_subject_of_a_reply_stays(subject, answer):
    assert answer_subject(subject) == answer


@pytest.mark.parametrize("prefix", ["AW", "Antw", "SV", "VS", "RES", "RIF", "R", "Odp", "YNT", "Vá", "ΑΠ", "Отв", "返信"])
def test_localized_reply_prefix_stays_alone(prefix):
    assert answer_subject(f"{prefix}: Plan") == f"{prefix}: Plan"
    assert answer_subject(f"Re: {prefix}: RE: Plan") == "Re: Plan"
    assert answer_subject(f"{prefix}: Re: {prefix.lower()}: Plan") == f"{prefix}: Plan"


@pytest.mark.parametrize("prefix", ["Fwd", "FW", "WG", "TR", "RV", "ENC", "I", "VB", "转发"])
def test_forward_prefix_gives_way_to_that_of_the_reply(prefix):
    assert answer_subject(f"{prefix}: Plan") == "Re: Plan"
    assert answer_subject(f"AW: {prefix}: Plan") == "AW: Plan"
