"""The house rules that no linter has: sizes, no late imports, one source of time, names that docs give exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["policies", "federation", "governance", "instance"]
SOURCES = [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py")) if "versions" not in p.parts]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FILE_LINES, TEST_LINES, FUNCTION_LINES, MEDIAN_LINES = 400, 600, 50, 150


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_source_file_keeps_the_rules(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= FILE_LINES
    if text.strip():
        assert ast.get_docstring(tree), "a module says its job in its first line"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"
            late = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not late, f"{node.name} imports inside: the module is in the wrong place"
    assert "TYPE_CHECKING" not in text


@pytest.mark.parametrize("path", TESTS, ids=_name)
def test_test_file_is_not_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= TEST_LINES


def test_median_file_is_short() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in SOURCES if path.name != "__init__.py")
    assert lengths[len(lengths) // 2] <= MEDIAN_LINES


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_time_comes_from_the_clock_only(path: Path) -> None:
    if path == ROOT / "instance" / "clock.py":
        return
    found = re.findall(
        r"\btime\.(?:time|time_ns|monotonic)\(|datetime\.(?:now|utcnow)\(|date\.today\(", path.read_text()
    )
    assert not found, f"{found}: ask instance.clock"


DOCS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "FEDERATION.md", "CHANGELOG.md")]
DOCS += sorted((ROOT / "docs").rglob("*.md"))
PATHS = re.compile(r"`((?:policies|federation|governance|instance|tests|docs|scripts|benchmarks)/[\w./-]+)`")
LINKS = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")


@pytest.mark.parametrize("path", DOCS, ids=_name)
def test_docs_name_files_that_exist(path: Path) -> None:
    text = path.read_text()
    missing = [name for name in PATHS.findall(text) if not (ROOT / name).exists()]
    missing += [name for name in LINKS.findall(text) if not (path.parent / name).exists()]
    assert not missing


def test_each_migration_is_named_in_version_py() -> None:
    newest = max(p.name for p in (ROOT / "instance/migrations/versions").glob("[0-9]*.py"))
    assert f'HEAD = "{newest[:4]}"' in (ROOT / "instance/db/version.py").read_text()
