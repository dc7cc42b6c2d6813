"""The shipped chronicles of other countries are solved, and docs/episodes.md has what comes out."""

import pytest

import dirigiste as dg
import episodes

pytestmark = pytest.mark.usefixtures("configured")


@pytest.fixture(scope="module")
def runs():
    """Runs of the five chronicles of the page, each solved when it is first asked for."""
    return Lazy()


class Lazy(dict):
    def __missing__(self, name):
        self[name] = dg.run(name)
        return self[name]


def assert_solved(run):
    assert run.certificate.certified
    assert run.before.certificate.certified
    assert run.after.certificate.certified
    assert set(run.observed["verdict"].values) <= {
        "met",
        "changes met",
        "direction only",
        "missed",
        "not judged",
    }


def test_the_case_of_2003_buys_control_and_silence_and_costs_output(runs):
    run = runs["yukos-2003"]
    assert_solved(run)
    for years in episodes.YEARS:
        change = episodes.changes(run, years)
        assert change["control"] > 0
        assert change["silence"] > 0
        assert change["output"] < 0
    assert episodes.changes(run, 1)["flight"] > 0
    held = run.path["mass_by_status"].sel(status="held")
    assert float(held.max()) > 2 * float(held[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in episodes.OTHERS if name != "yukos-2003"])
def test_other_episodes_are_solved_and_buy_control(runs, name):
    assert_solved(runs[name])
    assert episodes.changes(runs[name], 2)["control"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("table", episodes.TABLES)
def test_the_page_has_the_tables_of_runs(runs, table):
    of = {name: runs[name] for name in episodes.BEGINNINGS}
    standing = episodes.tables_of(episodes.PAGE.read_text(encoding="utf-8"))
    assert episodes.differences(standing[table], episodes.TABLES[table](of)) == []


def test_the_page_has_a_table_of_each_kind_for_every_chronicle():
    standing = episodes.tables_of(episodes.PAGE.read_text(encoding="utf-8"))
    assert set(standing) == set(episodes.TABLES)
    for table, names in (
        ("before", episodes.BEGINNINGS),
        ("course", episodes.BEGINNINGS),
        ("observed", episodes.OTHERS),
    ):
        assert all(f"| `{name}` |" in standing[table] for name in names)


def test_tables_are_put_in_place_and_found_again():
    page = "Before.\n\n<!-- table: course -->\nold\n<!-- end -->\n\nAfter.\n"
    filled = episodes.filled(page, {"course": "| a |"})
    assert filled == "Before.\n\n<!-- table: course -->\n\n| a |\n\n<!-- end -->\n\nAfter.\n"
    assert episodes.tables_of(filled) == {"course": "| a |"}


def test_tables_differ_where_a_number_is_off_by_more_than_its_last_digit():
    table = "| `yukos-2003` | 5 | +1.72 | missed |"
    assert episodes.differences(table, table.replace("1.72", "1.73")) == []
    assert episodes.differences(table, table.replace("1.72", "1.75")) == [
        "+1.72 in the page, +1.75 by the run"
    ]
    assert episodes.differences(table, table.replace("missed", "met")) == ["names, rows or columns differ"]
    assert episodes.differences(table, table.replace("2003", "2004")) == ["names, rows or columns differ"]


def test_a_point_of_control_has_a_price_only_where_one_was_gained():
    assert episodes.price({"control": 2.0, "output": -0.5}) == 0.25
    assert episodes.price({"control": 0.05, "output": -0.5}) is None
