"""Limits are found before HTML is parsed, wherever its tags begin."""

import pytest

from server.integrations.gmail.mime.html_limits import (
    LARGEST_HTML,
    MOST_ATTRIBUTES,
    MOST_TAGS,
    drop_formatting,
    find_limit,
    restore_names,
)

CROWD = "".join(f" a{number}" for number in range(MOST_ATTRIBUTES + 1))
QUOTED = "".join(f" a{number}='>'" for number in range(MOST_ATTRIBUTES + 1))


@pytest.mark.parametrize(
    "before", ["", "<!-- -->", "<p title='<a '>", "<style><a x='</style>", "<svg><style><!--</style>", '<!--><a x="-->']
)
@pytest.mark.parametrize("crowd", [CROWD, QUOTED, QUOTED.replace(" ", "/"), CROWD.upper()])
def test_tag_with_too_many_attributes_ends_what_is_read(before, crowd):
    source = f"{before}<b{crowd}>after"
    assert find_limit(source) <= len(before)


def test_ordinary_document_has_no_limit():
    source = f"<p class=x title='{'a b=c ' * 1000}'>{'word ' * 10_000}</p><img src='data:image/png;base64,{'A' * LARGEST_HTML}'>"
    assert find_limit(source) == len(source)


def test_length_is_limited():
    assert find_limit("x" * (LARGEST_HTML + 1)) == LARGEST_HTML


def test_number_of_tags_is_limited():
    assert find_limit("<p>" * (MOST_TAGS + 1)) == 3 * MOST_TAGS
    assert find_limit("</p>" * (MOST_TAGS + 1)) == 4 * MOST_TAGS


def test_formatting_counts_only_where_it_stays():
    source = "<b id=1>" * 2000
    assert find_limit(source) == len(source)
    assert find_limit(source, keep_formatting=True) < len(source)
    assert find_limit(f"<svg></svg>{source}") < len(source)


def test_names_of_dropped_elements_are_restored_in_text():
    source = "<B>x</B><i class=y>z</i><strong/><body><basic>"
    dropped = drop_formatting(source)
    assert "<B>" not in dropped
    assert "<body><basic>" in dropped
    assert restore_names(dropped) == source
