"""The distribution: its documents and what is installed."""

import doctest
import importlib.metadata
import importlib.resources
import sys
import sysconfig
from pathlib import Path

import google_news_link as gnl
import pytest

ROOT = Path(__file__).parents[1]


def test_the_examples_of_the_readme_print_what_it_says() -> None:
    for library in ("duckdb", "pandas", "polars", "pyarrow"):
        pytest.importorskip(library)
    failed, attempted = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert failed == 0
    assert attempted > 0


def test_the_examples_of_the_docstrings_print_what_they_say() -> None:
    failed, attempted = doctest.testmod(gnl)
    assert failed == 0
    assert attempted > 0


def test_the_package_is_tested_where_it_is_installed() -> None:
    assert Path(gnl.__file__).is_relative_to(Path(sysconfig.get_path("platlib")))


def test_the_wheel_contains_types_and_licenses() -> None:
    files = importlib.metadata.files("google-news-link") or []
    names = {file.name for file in files}
    assert {"py.typed", "_core.pyi", "LICENSE-APACHE", "LICENSE-MIT", "METADATA"} <= names
    # Nothing else is installed: no tests, no sources.
    assert {file.parts[0].split("-")[0] for file in files} <= {"google_news_link", "google_news_link.libs", ".."}
    assert importlib.resources.files(gnl).joinpath("py.typed").is_file()


def test_the_extension_module_uses_the_stable_abi() -> None:
    core = sys.modules["google_news_link._core"]
    assert core.__file__ is not None
    assert ".abi3." in Path(core.__file__).name or sys.platform == "win32"


def test_the_version_is_that_of_the_manifest() -> None:
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{importlib.metadata.version("google-news-link")}"\n' in manifest


def test_all_public_names_exist_and_have_a_docstring() -> None:
    for name in gnl.__all__:
        assert getattr(gnl, name).__doc__, name
