"""What docstrings and messages say of the documentation is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "dirigiste").rglob("*.py"))
PAGES = {f"docs/{page.name}": page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}


def flat(text):
    """Text without the line breaks and comment signs that may split a reference."""
    return re.sub(r"\s+(?:#\s+)?", " ", text)


TEXTS = {path.relative_to(ROOT).as_posix(): flat(path.read_text(encoding="utf-8")) for path in SOURCES}


def sections(page):
    return set(re.findall(r"^## (\d+)\.", PAGES[page], flags=re.MULTILINE))


def equations(page):
    """Numbers of displayed equations: at the end of an indented line, or at its beginning."""
    ends = re.findall(r"^ {4}.*\((\d+[a-z]?)\)\s*$", PAGES[page], flags=re.MULTILINE)
    begins = re.findall(r"^ {0,4}\((\d+[a-z]?)\) ", PAGES[page], flags=re.MULTILINE)
    return {*ends, *begins}


def home(name):
    """The page whose equations a module counts."""
    if name.startswith("src/dirigiste/measurement/"):
        return "docs/measure-method.md"
    if "/annual/" in name:
        return "docs/annual-clock.md"
    return "docs/method.md"


def test_pages_that_are_cited_exist():
    cited = {(name, page) for name, text in TEXTS.items() for page in re.findall(r"docs/[\w-]+\.md", text)}
    assert len(cited) > 20
    assert {(name, page) for name, page in cited if page not in PAGES} == set()


def test_sections_that_are_cited_exist():
    missed, count = [], 0
    for name, text in TEXTS.items():
        for page, numbers in re.findall(
            r"(docs/[\w-]+\.md),? sections? (\d+(?:(?:, | and | to )\d+)*)", text
        ):
            for number in re.findall(r"\d+", numbers):
                count += 1
                if number not in sections(page):
                    missed.append((name, page, number))
    assert count > 10
    assert missed == []


@pytest.mark.parametrize("page", ["docs/method.md", "docs/measure-method.md"])
def test_equations_are_numbered_once(page):
    numbered = re.findall(r"^ {4}.*\((\d+)\)\s*$", PAGES[page], flags=re.MULTILINE)
    assert len(numbered) == len(set(numbered))


def test_equations_that_are_cited_exist():
    missed, count = [], 0
    for name, text in TEXTS.items():
        if "/replications/" in name:  # they count those of their papers
            continue
        for numbers in re.findall(r"[Ee]quations? (\(\d+\)(?:(?:, | and | to )\(\d+\))*)", text):
            for number in re.findall(r"\d+", numbers):
                count += 1
                if number not in equations(home(name)) | equations("docs/method.md"):
                    missed.append((name, number))
    assert count > 10
    assert missed == []
