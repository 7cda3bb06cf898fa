"""Writes the pages that are made from code: ``python -m documentation``."""

from documentation import api

if __name__ == "__main__":
    api.PAGE.write_text(api.page())
