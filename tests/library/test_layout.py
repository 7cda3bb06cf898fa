"""Guards of the project's layout."""

import re
from collections import Counter
from pathlib import Path

import pytest
from broken_rules import BREAKS

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize("root", ["constructs", "lambda_handler"])
def test_a_source_root_is_no_package(root: str) -> None:
    # constructs/__init__.py would shadow the PyPI package `constructs`, on which the CDK is built.
    assert not (PROJECT / root / "__init__.py").exists()


def test_the_pypi_package_constructs_is_what_is_imported() -> None:
    import constructs

    assert "site-packages" in str(constructs.__file__)


@pytest.mark.parametrize(
    "requirements",
    [
        *("requirements-dev.txt", "requirements-node.txt", "local_cloud/runtime.txt"),
        *("documentation/site.txt", "release/sbom.txt"),
        *(str(path.relative_to(PROJECT)) for path in sorted(PROJECT.glob("tests/external/*.txt"))),
    ],
)
def test_pip_checks_the_hash_of_all_that_it_installs(requirements: str) -> None:
    pinned = re.findall(r"^\S+==(?:[^\\]|\\\n)+", (PROJECT / requirements).read_text(), re.MULTILINE)

    assert pinned
    assert [one for one in pinned if "--hash=sha256:" not in one] == []


def test_the_tests_run_with_what_users_install() -> None:
    users, ours = (
        set(re.findall(r"^[\w.-]+==[\w.]+", (PROJECT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )

    assert users
    assert users <= ours


def test_no_two_test_modules_have_one_name() -> None:
    # The folders are no packages, so pytest would take one module for the other.
    names = Counter(path.name for path in (PROJECT / "tests").rglob("test_*.py"))

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("module", sorted((PROJECT / "tests").rglob("*.py")), ids=lambda path: path.name)
def test_a_test_module_imports_no_other(module: Path) -> None:
    assert re.findall(r"^\s*(?:from|import) (?:test_|conftest)\w*", module.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize(
    "module", sorted((PROJECT / "tests" / "handler").glob("*.py")), ids=lambda path: path.name
)
def test_the_tests_of_the_handler_do_without_the_cdk(module: Path) -> None:
    cdk = r"^(?:from|import) (?:aws_cdk|pinpoint_voice_channel|harness\.(?:provider|engine))\b"

    assert re.findall(cdk, module.read_text(), re.MULTILINE) == []


def test_each_rule_that_make_broken_rules_breaks_is_in_one_place() -> None:
    assert [broken.rule for broken in BREAKS if broken.places != 1] == []
