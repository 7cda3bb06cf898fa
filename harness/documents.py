"""The code blocks of the project's documents, so that tests run and check what readers copy."""

from typing import NamedTuple

from markdown_it import MarkdownIt


class CodeBlock(NamedTuple):
    """A code block.

    Args:
        language: What stands behind its opening fence; empty where it is indented.
        code: Its lines.
    """

    language: str
    code: str


def code_blocks(markdown: str) -> list[CodeBlock]:
    """Return the code blocks of a document, in its order."""
    tokens = MarkdownIt().parse(markdown)
    return [CodeBlock(token.info, token.content) for token in tokens if token.type in ("fence", "code_block")]
