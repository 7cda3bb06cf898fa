"""What makes the documentation: ``python -m documentation`` writes the API reference and the site.

- `api.py` makes docs/constructs.md from the signatures and docstrings of the library.
- `website.py` builds the site with MkDocs, as `mkdocs.yml`, `hooks.py` and `site.css` say, in an environment
  of its own: `site.in`.
"""
