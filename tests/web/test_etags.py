"""ETags of resources that people change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.web.etags import (
    EntityTag,
    IfMatchMissing,
    IfMatchNotUnderstood,
    etag_of,
    parse_etag_list,
    version_from_if_match,
)

tags = st.builds(
    EntityTag,
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"\x7f'), max_size=20
    ).filter(lambda value: all(c < "\x7f" or c > "\x9f" for c in value)),
    st.booleans(),
)


@given(st.integers(1, 10**18 - 1))
def test_a_version_comes_back_as_it_went_out(version: int) -> None:
    assert version_from_if_match(etag_of(version)) == version


@pytest.mark.parametrize("header", [None, "", "  "])
def test_a_change_without_if_match_is_refused(header: str | None) -> None:
    with pytest.raises(IfMatchMissing):
        version_from_if_match(header)


@pytest.mark.parametrize(
    "header",
    [
        "*",
        "7",
        'W/"7"',
        '"7", "8"',
        '"0"',
        '"-1"',
        '"07"',
        '"seven"',
        '"7',
        "'7'",
        '"٧"',
        '"' + "9" * 5000 + '"',
    ],
)
def test_an_if_match_that_is_not_one_of_our_tags_is_refused(header: str) -> None:
    with pytest.raises(IfMatchNotUnderstood):
        version_from_if_match(header)


@given(st.lists(tags, min_size=1, max_size=6), st.sampled_from([",", ", ", " , ", ",,"]))
def test_a_list_of_tags_is_read_as_written(written: list[EntityTag], separator: str) -> None:
    assert parse_etag_list(separator.join(map(str, written))) == tuple(written)


@pytest.mark.parametrize("header", ["", "*", "abc", '"a" "b"', '"a", b', '"a', 'w/"a"', '"a b"', '"a";'])
def test_a_malformed_list_has_no_tags(header: str) -> None:
    assert parse_etag_list(header) == ()


@given(st.text(max_size=100))
def test_any_header_is_read_without_failing(header: str) -> None:
    assert all(isinstance(tag, EntityTag) for tag in parse_etag_list(header))


def test_a_long_malformed_list_is_judged_in_no_time() -> None:
    assert parse_etag_list('"a", ' * 20_000 + "x") == ()


def test_a_weak_tag_matches_content_but_not_bytes() -> None:
    strong, weak = EntityTag("1"), EntityTag("1", weak=True)
    assert strong.matches_strongly(EntityTag("1"))
    assert not strong.matches_strongly(weak)
    assert strong.matches_weakly(weak)
    assert not strong.matches_weakly(EntityTag("2"))
