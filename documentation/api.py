"""The API reference: every public name of the library, from its signature and its docstring."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import griffe

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "constructs.md"

_PACKAGE = "pinpoint_voice_channel"
_NOT_CALLED = (griffe.ParameterKind.var_keyword, griffe.ParameterKind.var_positional)
_INTRODUCTION = """\
# API reference

The public names of `pinpoint_voice_channel`. `make docs` writes this page from its docstrings and signatures.

`VoiceChannel` is a `cdk.Resource`; `VoiceChannelMonitor`, `VoiceChannelProvider` and `VoiceChannelStatus` are
constructs. They also have what those have, such as `node`.

The examples need a `stack`, an `application_id` and, some of them, a `role`. These are the imports:
"""


def public_classes() -> list[griffe.Class]:
    """Return the classes that the library exports, read from its source."""
    loader = griffe.GriffeLoader(
        search_paths=[PROJECT / "constructs", PROJECT / "lambda_handler"],
        docstring_parser=griffe.Parser.google,
    )
    library = cast("griffe.Module", loader.load(_PACKAGE))
    # OnExisting comes from the handler's package.
    loader.resolve_aliases(external=True)
    return [cast("griffe.Class", _target(library[str(name)])) for name in library.exports or ()]


def public_members(owner: griffe.Class) -> list[griffe.Attribute | griffe.Function]:
    """Return what a class offers: its own members, and those that it inherits from the library's classes."""
    members = [_target(member) for name, member in owner.all_members.items() if not name.startswith("_")]
    return [member for member in members if isinstance(member, griffe.Attribute | griffe.Function)]


def arguments(function: griffe.Class | griffe.Function) -> list[griffe.Parameter]:
    """Return what a caller passes."""
    return [argument for argument in function.parameters if argument.name not in ("self", "cls")]


def sections(described: griffe.Object) -> list[griffe.DocstringSection]:
    """Return the sections of a docstring."""
    return described.docstring.parsed if described.docstring else []


def page() -> str:
    """Return the page, in Markdown."""
    classes = public_classes()
    body = "\n\n".join("\n\n".join(_class(one)) for one in classes)
    imports = "\n".join(_imports(classes, body))
    contents = "\n".join(f"- [{one.name}](#{one.name.lower()}): {_summary(one)}" for one in classes)
    return f"{_INTRODUCTION}\n```python\n{imports}\n```\n\n{contents}\n\n{body}\n"


def _imports(classes: list[griffe.Class], body: str) -> Iterator[str]:
    known = {name: path for one in classes for name, path in one.module.imports.items()}
    for name in sorted(set(re.findall(r"\b([a-z]\w*)\.[A-Z]", body)) & known.keys()):
        package, _, module = known[name].rpartition(".")
        yield f"from {package} import {module} as {name}" if package else f"import {module} as {name}"
    yield "from constructs import Construct"
    yield "\n".join([f"from {_PACKAGE} import (", *(f"    {one.name}," for one in classes), ")"])


def _class(owner: griffe.Class) -> Iterator[str]:
    yield f"## {owner.name}"
    yield from _text(owner)
    if "__init__" in owner.members:
        yield _signature(owner.name, owner)
    yield from _details(owner)
    members = public_members(owner)
    attributes = [member for member in members if isinstance(member, griffe.Attribute)]
    if attributes:
        yield "**Attributes**"
        yield "\n".join(_attribute(attribute) for attribute in attributes)
    for member in members:
        if isinstance(member, griffe.Function):
            yield from _method(owner, member)


def _method(owner: griffe.Class, method: griffe.Function) -> Iterator[str]:
    yield f"### {owner.name}.{method.name}"
    yield from _text(method)
    is_called_on_the_class = method.labels & {"staticmethod", "classmethod"}
    name = f"{owner.name}.{method.name}" if is_called_on_the_class else method.name
    returns = owner.name if str(method.returns) == "Self" else str(method.returns)
    yield _signature(name, method, f" -> {returns}")
    yield from _details(method)


def _signature(name: str, function: griffe.Class | griffe.Function, returns: str = "") -> str:
    lines = []
    for argument in arguments(function):
        if argument.kind is griffe.ParameterKind.keyword_only and "*" not in lines:
            lines.append("*")
        default = "" if argument.default is None or argument.kind in _NOT_CALLED else f" = {argument.default}"
        stars = "**" if argument.kind is griffe.ParameterKind.var_keyword else ""
        lines.append(f"{stars}{argument.name}: {argument.annotation}{default}")
    call = f"{name}({', '.join(lines)}){returns}"
    if len(call) > 80:
        call = "\n".join([f"{name}(", *(f"    {line}," for line in lines), f"){returns}"])
    return f"```python\n{call}\n```"


def _attribute(attribute: griffe.Attribute) -> str:
    value = f"`{attribute.annotation}`" if attribute.annotation else f"`{attribute.value}`"
    return f"- `{attribute.name}` ({value}): {' '.join(_text(attribute))}"


def _text(described: griffe.Object) -> Iterator[str]:
    for section in sections(described):
        if isinstance(section, griffe.DocstringSectionText):
            text, _, source = section.value.partition("Source: ")
            yield _linked(text.strip())
            if source:
                yield f"Source: {_linked(source)}"


def _summary(described: griffe.Object) -> str:
    return next(_text(described)).partition("\n\n")[0]


def _details(described: griffe.Class | griffe.Function) -> Iterator[str]:
    for section in sections(described):
        if isinstance(section, griffe.DocstringSectionParameters):
            yield "**Arguments**"
            yield "\n".join(f"- `{one.name}`: {_linked(one.description)}" for one in section.value)
        elif isinstance(section, griffe.DocstringSectionRaises):
            yield "**Errors**"
            yield "\n".join(f"- `{one.annotation}`: {_linked(one.description)}" for one in section.value)
        elif isinstance(section, griffe.DocstringSectionAdmonition):
            yield f"**{section.title}**"
            yield f"```python\n{_code(section.value.contents)}\n```"


def _code(example: str) -> str:
    """Return an example without its prompts, and with blank lines around what takes several lines."""
    sources = [one.source for one in doctest.DocTestParser().get_examples(example)]
    return "".join(f"\n{source}\n" if source.count("\n") > 1 else source for source in sources).strip()


def _linked(text: str) -> str:
    """Return a text, each paragraph on one line, with links to addresses and to the project's pages."""
    joined = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    joined = re.sub(r"(https://\S+?)/([^/\s,]+)(?=[\s,]|$)", r"[\2](\1/\2)", joined)
    return re.sub(r"\bdocs/(\w+\.md)", r"[\1](\1)", joined)


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object:
    return member.final_target if isinstance(member, griffe.Alias) else member
