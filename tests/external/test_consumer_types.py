"""Whoever has installed the wheel gets its types, by strict mypy and pyright, which read the whole CDK."""

import json
import sys
from pathlib import Path

import pytest

from harness.consumer import PROJECT, Consumer, build_wheel, elsewhere, install, run


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    """Build the wheel, and install it for somebody who uses it."""
    return install(build_wheel(tmp_path_factory.mktemp("wheel")), tmp_path_factory.mktemp("consumer"))


def test_strict_mypy_passes_on_the_consumers_app_and_on_the_examples(consumer: Consumer) -> None:
    # That of `make lint`, which has read the CDK already: mypy compares files by what is in them.
    cache = PROJECT / ".mypy_cache"
    mypy: list[str | Path] = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache]

    for app in consumer.apps():
        run([*mypy, "--python-executable", consumer.python, app], app.parent, elsewhere())


def test_strict_pyright_passes_on_the_consumers_app_and_on_the_examples(consumer: Consumer) -> None:
    settings = {
        "include": [str(app.relative_to(consumer.folder)) for app in consumer.apps()],
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (consumer.folder / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = PROJECT / "node_modules" / ".bin" / "pyright"

    run([pyright, "--pythonpath", consumer.python], consumer.folder, elsewhere())
