"""The site: the repository's documents as pages that need no server and no network."""

import os
import subprocess
from pathlib import Path

from local_cloud.environments import python_with

PROJECT = Path(__file__).parents[1]
SITE = PROJECT / "dist" / "site"


def build(directory: Path = SITE) -> subprocess.CompletedProcess[str]:
    """Write the site into a directory, in place of an earlier one, and return what MkDocs says.

    It fails on a link that leads nowhere, and on a page that is not in the navigation.

    Raises:
        InstallationFailedError: MkDocs could not be installed.
    """
    python = python_with(PROJECT / "documentation" / "site.txt", PROJECT / ".external" / "site")
    # Not --quiet: it drops the warnings that --strict counts.
    configuration = str(PROJECT / "documentation" / "mkdocs.yml")
    options = ["--strict", "--config-file", configuration, "--site-dir", str(directory)]
    return subprocess.run(  # noqa: S603, our own command
        [str(python), "-m", "mkdocs", "build", *options],
        # Without it, the theme prints that there will be no version of it for MkDocs 2.
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
