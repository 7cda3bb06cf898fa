"""Guards of the project's layout."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.mark.parametrize("root", ["constructs", "lambda_handler"])
def test_a_source_root_is_no_package(root: str) -> None:
    # constructs/__init__.py would shadow the PyPI package `constructs`, on which the CDK is built.
    assert not (PROJECT / root / "__init__.py").exists()


def test_the_pypi_package_constructs_is_what_is_imported() -> None:
    import constructs

    assert "site-packages" in str(constructs.__file__)
