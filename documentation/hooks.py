"""Hooks of MkDocs: its pages are those of the whole repository, and its scripts are local files."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

PROJECT = Path(__file__).parents[1]
_PAGES = ("*.md", "docs/*.md", "provider_package/*.md", "examples/**/*.md", "benchmarks/*.md")
_OTHERS = ("LICENSE", "docs/**/*.svg", "benchmarks/**/*.svg", "examples/*/*.yaml", "documentation/*.css")
_MERMAID = "assets/mermaid.js"
_SCRIPTS = {
    _MERMAID: "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js",
    "assets/iframe-worker.js": "node_modules/iframe-worker/shim/index.js",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take the repository's documents, each under its own path, in place of those of one folder."""
    paths = [path for pattern in (*_PAGES, *_OTHERS) for path in sorted(PROJECT.glob(pattern))]
    sources = {str(path.relative_to(PROJECT)): str(path) for path in paths}
    sources |= {uri: str(PROJECT / path) for uri, path in _SCRIPTS.items()}
    ours = [File.generated(config, uri, abs_src_path=path) for uri, path in sources.items()]
    return Files([*ours, *(file for file in files if not file.is_documentation_page())])


# MkDocs passes all of them by name.
def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Let a diagram scroll on a phone, and load the two megabytes that draw it on its page only."""
    html, diagrams = re.subn(
        r'<pre class="mermaid">.*?</pre>', r'<div class="diagram">\g<0></div>', html, flags=re.DOTALL
    )
    script = f'<script src="{get_relative_url(_MERMAID, page.url)}"></script>'
    return f"{html}{script}" if diagrams else html
