"""What makes the documentation: ``python -m documentation`` writes the pages that are made from code.

- `api.py` makes docs/constructs.md from the signatures and docstrings of the library.
"""
