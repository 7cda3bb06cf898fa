"""MkDocs makes a site of the documents: no broken link, no page left out, nothing from another host."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from documentation import website
from local_cloud.runtime import PROJECT

PAGES = [
    path.relative_to(PROJECT)
    for pattern in ("*.md", "docs/*.md", "provider_package/*.md", "examples/**/*.md", "benchmarks/*.md")
    for path in sorted(PROJECT.glob(pattern))
]


def address(page: Path) -> Path:
    """Return where the site has a document."""
    return page.parent / "index.html" if page.stem == "README" else page.with_suffix(".html")


def counts(html: str) -> Mapping[str, int]:
    return Counter(re.findall(r"<(pre|ol|ul|li|blockquote|tr)[ >]", html))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, on a folder of its own."""
    directory = tmp_path_factory.mktemp("site")
    built = website.build(directory)
    assert built.returncode == 0, built.stdout
    return directory


def test_each_document_is_a_page_that_the_navigation_names(site: Path) -> None:
    navigation = (site / "index.html").read_text()
    pages = [
        path.parent / "index.html" if path.stem == "README" else path.with_suffix(".html") for path in PAGES
    ]

    assert len(pages) > 15
    assert [page for page in pages if not (site / page).is_file() or f'href="{page}"' not in navigation] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_site_shows_lists_code_and_tables_as_github_does(site: Path, page: Path) -> None:
    # MkDocs nests by four spaces, CommonMark by the width of "- " or "1. ": four spaces and fences suit both.
    ours = MarkdownIt().enable("table").render((PROJECT / page).read_text())
    article = re.search(r"<article.*?</article>", (site / address(page)).read_text(), re.DOTALL)

    assert article
    assert counts(article[0]) == counts(ours)


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    loading = r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?((?:https?:)?//[^"'\s>]+)"""
    styles = r"""<link\b[^>]*\shref=["']?((?:https?:)?//[^"'\s>]+)"""
    pages = list(site.rglob("*.html"))

    assert len(pages) > len(PAGES)
    assert [found for page in pages for found in re.findall(f"{loading}|{styles}", page.read_text())] == []


def test_a_page_with_a_diagram_has_what_draws_it(site: Path) -> None:
    scripts = r'<script src="([./]*assets/mermaid.js)"'
    drawn = [page for page in site.rglob("*.html") if 'class="mermaid"' in page.read_text()]

    assert drawn
    assert all(
        (page.parent / source).resolve().is_file()
        for page in drawn
        for source in re.findall(scripts, page.read_text())
    )
    assert [page for page in drawn if not re.search(scripts, page.read_text())] == []
