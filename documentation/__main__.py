"""Writes the references of the constructs and the command, and the site: ``python -m documentation``."""

# ruff: noqa: T201  # printing is what this command is for

import sys

from documentation import api, command, website

if __name__ == "__main__":
    api.PAGE.write_text(api.page())
    command.PAGE.write_text(command.reference())
    built = website.build()
    if built.returncode:
        sys.exit(f"{built.stdout}The site was not built. Correct what MkDocs names above.")
    print(website.SITE / "index.html")
