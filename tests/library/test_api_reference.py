"""The API reference, docs/constructs.md: it has every public name, as the library has it now."""

import griffe
import pytest
from markdown_it import MarkdownIt

import pinpoint_voice_channel
from documentation import api

CLASSES = api.public_classes()
CALLABLES = [
    *(one for one in CLASSES if "__init__" in one.members),
    *(member for one in CLASSES for member in api.public_members(one) if isinstance(member, griffe.Function)),
]


def test_the_page_is_current() -> None:
    assert api.PAGE.read_text() == api.page(), "Run make docs, which writes the page."


def test_the_page_has_every_public_name() -> None:
    assert [one.name for one in CLASSES] == pinpoint_voice_channel.__all__


@pytest.mark.parametrize("name", pinpoint_voice_channel.__all__)
def test_the_page_has_every_public_member(name: str) -> None:
    own = ("pinpoint_voice_channel", "pinpoint_voice_channel_handler")
    bases = [
        base for base in getattr(pinpoint_voice_channel, name).__mro__ if base.__module__.startswith(own)
    ]
    members = {key for base in bases for key in vars(base) if not key.startswith("_")}
    [documented] = [api.public_members(one) for one in CLASSES if one.name == name]

    assert {member.name for member in documented} == members


@pytest.mark.parametrize("function", CALLABLES, ids=lambda function: function.path)
def test_every_argument_is_explained(function: griffe.Class | griffe.Function) -> None:
    explained = [
        argument.name
        for section in api.sections(function)
        if isinstance(section, griffe.DocstringSectionParameters)
        for argument in section.value
    ]

    assert explained == [argument.name for argument in api.arguments(function)]


def test_what_stands_in_angle_brackets_is_not_taken_for_html() -> None:
    tokens = MarkdownIt().parse(api.page())
    inline = [child for token in tokens for child in token.children or ()]

    assert [token.content for token in [*tokens, *inline] if token.type.startswith("html")] == []
