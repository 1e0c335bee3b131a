"""Every kind of event has words in both languages: a trail is read by people."""

import pytest

from docflow.audit.tags import Tag
from docflow.core.messages import Language, catalogue


@pytest.mark.parametrize("language", Language)
def test_every_tag_has_its_words(language: Language) -> None:
    words = catalogue(language)
    assert [tag.value for tag in Tag if not words.get(tag.value)] == []
    assert len({words[tag.value] for tag in Tag}) == len(Tag)
