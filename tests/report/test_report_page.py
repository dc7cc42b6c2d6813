"""The page: self-contained, well formed, in order, the same for the same run, and safe with any text."""

import base64
import csv
import io
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from dirigiste import report

VOID = {"meta", "col", "br", "wbr", "hr", "img", "input", "link"}
NASTY = "<script>alert(1)</script> & \"quoted\" $\\frac{1$ 'single' {{ 7*7 }} \N{SNOWMAN} " + "x" * 80


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.faults, self.tags, self.ids, self.headings = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append((tag, self.getpos(), self.open[-3:]))
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.headings.append(data.strip())


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def text(run):
    return report.html(run)


def test_it_is_well_formed_and_every_link_inside_leads_somewhere(text):
    reader = read(text)
    assert reader.faults == []
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    inside = {attributes.get("href") or attributes.get("xlink:href") for _, attributes in reader.tags}
    targets = {link[1:] for link in inside if link and link.startswith("#")}
    assert targets <= set(reader.ids)
    assert "event-2" in targets


def test_nothing_is_fetched_from_anywhere(text):
    for tag, attributes in read(text).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "img", "image"}
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name)
            if target and not target.startswith("#"):
                assert tag == "a", (tag, target)
                assert target.startswith(("data:text/csv", "https://example.org"))
    assert not re.search(r"@import|url\((?!#)", text)
    assert "Content-Security-Policy" in text


def test_figures_have_text_alternatives_and_data(run, text):
    figures = report.figures(run)
    tags = read(text).tags
    roots = [attributes for tag, attributes in tags if tag == "svg"]
    assert len(roots) == len(figures)
    for attributes in roots:
        assert attributes["role"] == "img"
        assert attributes["aria-labelledby"].split() == [
            attributes["id"].replace("-svg", end) for end in ("-title", "-desc")
        ]
    links = {
        attributes["download"]: attributes["href"]
        for tag, attributes in tags
        if tag == "a" and "download" in attributes
    }
    for name, figure in figures.items():
        assert len(figure.description) > 40
        decoded = base64.b64decode(links[f"{name}.csv"].partition(",")[2]).decode()
        rows = list(csv.reader(io.StringIO(decoded)))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}


def test_svg_text_stays_text_and_is_valid_xml(run):
    for figure in report.figures(run).values():
        root = ElementTree.fromstring(figure.svg(titled=True))
        texts = [item.text for item in root.iter("{http://www.w3.org/2000/svg}text")]
        assert len(texts) > 3
        assert "DejaVu Sans'," in figure.svg()


def test_the_same_run_gives_the_same_bytes(make, text):
    assert report.html(make()) == text


def test_numbers_of_the_answer_stand_on_the_page(text):
    words = re.sub(r"<[^>]+>", "", text).replace("\N{NO-BREAK SPACE}", " ")
    for piece in (
        "Every step of the path and both stationary states meet every tolerance",
        "CNY 18.2 bn (USD 2.75–2.8 bn)",
        "3 × CNY 500 000",
        "remembered",
        "Nothing: One move along an edge.",
        "× 2, half of it gone in 2 years",
        "1 claim differs from the record",
        "dirigiste run toy",
    ):
        assert piece in words, piece


def test_a_missing_certificate_shows_in_red(make):
    run = make()
    run.before.certificate = replace(run.before.certificate, certified=False)
    text = report.html(run)
    assert 'class="verdict bad"' in text
    assert "Do not use these numbers" in text


def test_no_text_of_the_inputs_becomes_markup(make):
    run = make(title=NASTY, url="javascript:alert(1)")
    text = report.html(run)
    reader = read(text)
    assert reader.faults == []
    assert not any(tag == "script" for tag, _ in reader.tags)
    assert not any((attributes.get("href") or "").startswith("javascript") for _, attributes in reader.tags)
    assert "{{ 7*7 }}" in text
    for figure in report.figures(run).values():
        ElementTree.fromstring(figure.svg(titled=True))


def test_control_characters_are_left_out(make):
    run = make()
    chronicle = run.chronicle.model_copy(update={"description": "a\x07 b\x00c"})
    run.chronicle = chronicle
    assert "a bc" in report.html(run)


def test_a_run_that_changes_nothing_for_good_can_be_reported(make):
    run = make()
    run.after, run.changes = run.before, []
    assert "The chronicle changes nothing for good." in report.html(run)


def test_write_makes_the_file_and_save_figures_its_pictures(run, tmp_path, text):
    path = report.write(run, tmp_path / "deep" / "report.html")
    assert path.read_text(encoding="utf-8") == text
    files = report.save_figures(run, tmp_path / "figures")
    assert [file.name for file in files[:3]] == ["events.svg", "events.png", "events.csv"]
    assert files[1].read_bytes().startswith(b"\x89PNG")
    again = report.save_figures(run, tmp_path / "again")
    assert all(one.read_bytes() == other.read_bytes() for one, other in zip(files, again, strict=True))


def test_importing_the_report_loads_no_drawing_library():
    heavy = "{'matplotlib', 'jinja2', 'numpy', 'numba'}"
    code = f"import sys, dirigiste.report; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
