"""The page of a run with a path: all sections and figures, well formed, and what it says without a split."""

import re
from xml.etree import ElementTree

import pytest
from test_report_page import read

from dirigiste import report

FIGURES = [
    "events",
    "paths-economy",
    "paths-firms",
    "paths-politics",
    "channels",
    "channels-waterfall",
    "fear-and-force",
    "people-flows",
    "people-shares",
    "welfare",
    "votes",
    "firms-sizes",
    "firms-capital",
    "residuals",
]


@pytest.fixture(scope="module")
def text(course_of_three):
    return report.html(course_of_three)


def test_nine_sections_in_order(text):
    assert read(text).headings == [
        "Answer",
        "Events",
        "Paths",
        "Channels",
        "People",
        "Winners and losers",
        "Firms",
        "Assumptions",
        "Certificate and provenance",
    ]


def test_it_is_well_formed_and_holds_every_figure(course_of_three, text):
    reader = read(text)
    assert reader.faults == []
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert list(report.figures(course_of_three)) == FIGURES
    assert [name for name in reader.ids if name.startswith("figure-")] == sorted(
        (f"figure-{name}" for name in FIGURES), key=lambda name: text.index(f'id="{name}"')
    )
    assert sum(tag == "svg" for tag, _ in reader.tags) == len(FIGURES)


def test_its_numbers_stand_on_the_page(text):
    words = re.sub(r"<[^>]+>", "", text).replace("\N{NO-BREAK SPACE}", " ")
    for piece in (
        "Every step of the path and both stationary states meet every tolerance",
        "The path over 60 years with 3 surprises",
        "More numbers: deviation from the economy without the events",
        "Surprises: each is solved to the end state that it leads to",
        "The path: largest residuals over all steps",
        "A listing is stopped",
    ):
        assert piece in words, piece


def test_without_a_split_the_section_says_how_to_get_one(make_course):
    run = make_course(split=False)
    text = report.html(run)
    assert "dirigiste run toy-course --channels" in text
    assert "channels" not in report.figures(run)
    assert "fear-and-force" in report.figures(run)


def test_channels_that_act_alone_are_named(make_course):
    run = make_course()
    run.only = ("fear", "force")
    assert "Only these channels act: fear and force." in report.html(run)


def test_svg_text_stays_text_and_is_valid_xml(course_of_three):
    for figure in report.figures(course_of_three).values():
        root = ElementTree.fromstring(figure.svg(titled=True))
        assert len(list(root.iter("{http://www.w3.org/2000/svg}text"))) > 3
        assert len(figure.description) > 40


def test_figures_are_saved_and_the_same_every_time(course_of_three, tmp_path, text):
    files = report.save_figures(course_of_three, tmp_path)
    assert len(files) == 3 * len(FIGURES)
    assert all(file.stat().st_size > 0 for file in files)
    assert report.html(course_of_three) == text
