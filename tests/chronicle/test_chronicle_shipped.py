"""The shipped chronicle holds what the record holds, with its marks."""

import csv
import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dirigiste import chronicle, economy
from dirigiste.chronicle import ASSUMPTION, Chronicle

ROWS = [
    "2020-10-24",
    "2020-11-02",
    "2020-11-03",
    "2020-11-10",
    "2020-12-11",
    "2020-12-14",
    "2020-12-24",
    "2020-12-26",
    "2021-02-07",
    "2021-02-08",
    "2021-02-20",
    "2021-03-12",
    "2021-04-10",
    "2021-04-12",
    "2021-04-26",
    "2021-04-29",
    "2021-06-01",
    "2021-06-30",
    "2021-07-02",
    "2021-07-04",
    "2021-07-07",
    "2021-07-10",
    "2021-07-24",
    "2021-08-17",
    "2021-08-20",
    "2021-08-30",
    "2021-10-08",
    "2021-11-20",
    "2021-12-03",
    "2022-02-15",
    "2022-03-16",
    "2022-04-29",
    "2022-07-21",
    "2022-08-01",
    "2022-12-26",
    "2023-01-04",
    "2023-01-07",
    "2023-02-16",
    "2023-02-17",
    "2023-03-01",
    "2023-03-31",
    "2023-07-07",
    "2023-07-08",
    "2023-07-12",
    "2023-07-19",
    "2023-08-27",
    "2023-09-04",
    "2023-12-22",
]
"""Dates of the chronology of public measures."""

FINES = {
    ("2021-04-10", "Alibaba"): (18.228e9, 2.75e9, 2.8e9),
    ("2021-10-08", "Meituan"): (3.442e9, 533e6, None),
    ("2022-07-21", "Didi"): (8.026e9, 1.2e9, None),
    ("2023-07-07", "Ant Group"): (7.123e9, 984e6, None),
    ("2023-07-07", "Tenpay"): (2.99e9, 413e6, None),
}
"""Fines above CNY 0.1 bn: CNY, USD, upper end of USD."""


def on(crackdown, day):
    return [event for event in crackdown.events if event.date == dt.date.fromisoformat(day)]


def test_it_is_listed():
    assert "crackdown-2020" in chronicle.shipped()


@pytest.mark.parametrize("day", ROWS)
def test_every_row_of_the_chronology_is_there(crackdown, day):
    assert on(crackdown, day)


def test_two_measures_on_one_day(crackdown):
    assert len(on(crackdown, "2021-07-24")) == 2
    assert len(on(crackdown, "2020-11-02")) == 2


@pytest.mark.parametrize(("day", "whom"), FINES)
def test_fines(crackdown, day, whom):
    amounts = [amount for event in on(crackdown, day) for amount in event.amounts]
    fine = next(amount for amount in amounts if amount.what == "fine" and amount.whom == whom)
    assert fine.currency == "CNY"
    assert (fine.value, fine.usd, fine.usd_upper) == FINES[day, whom]


def test_recorded_fines_add_up(crackdown):
    fines = [amount for event in crackdown.events for amount in event.amounts if amount.what == "fine"]
    large = [fine.value * fine.count for fine in fines if fine.value > 1e8]
    assert sum(large) == pytest.approx(39.8e9, abs=0.05e9)


def test_every_fact_has_a_quality_and_a_description(crackdown):
    for event in crackdown.events:
        assert event.quality in {"read", "remembered", "unsure"}
        assert event.what.endswith(".")
        for change in event.changes:
            assert len(change.why) > 10
            assert change.source


@pytest.mark.parametrize(
    "day", ["2020-12-26", "2021-02-08", "2021-03-12", "2021-06-01", "2021-11-20", "2022-12-26"]
)
def test_facts_that_are_only_remembered_are_marked(crackdown, day):
    assert [event.quality for event in on(crackdown, day)] == ["remembered"]


def test_claims_of_the_report_are_there_and_cited(crackdown):
    text = " ".join(event.what for event in crackdown.events if "report" in event.sources)
    for words in (
        "pawnshop",
        "new players",
        "vanish",
        "reins",
        "Tokyo",
        "new ventures",
        "silent",
        "choked",
        "tool",
    ):
        assert words in text


def test_discrepancies(crackdown):
    pairs = {(str(event.date), item.claim_source): item for event, item in crackdown.discrepancies}
    assert pairs["2020-11-03", "report"]
    text = " ".join(f"{item.claim} {item.record}" for _, item in crackdown.discrepancies)
    for words in (
        "last year",
        "3 November 2020",
        "USD 37 bn",
        "USD 34 bn",
        "USD 2.8 bn",
        "CNY 18.228 bn",
        "7 January 2023",
    ):
        assert words in text


def test_addresses_only_where_something_was_read(crackdown):
    assert all(source.quality == "read" for source in crackdown.sources.values() if source.url)
    assert all(source.url is None or source.url.startswith("http") for source in crackdown.sources.values())


def cited_by(told):
    """Sources of events and of observed series."""
    cited = {id_ for event in told.events for id_ in event.sources}
    return cited | {
        id_ for one in told.observed.values() for date in one.observations for id_ in one.sources_of(date)
    }


def test_every_source_is_cited(crackdown):
    assert set(crackdown.sources) <= cited_by(crackdown)


def test_something_lasts_and_something_fades(crackdown):
    lasting = {item.path: item for item in crackdown.lasting_changes()}
    for status in ("independent", "critic", "listed"):
        item = lasting[f"statuses.{status}.data_lending"]
        assert 0.4 < item.after / item.before < 0.8
    assert lasting["edges.crackdown.perceived"].after > lasting["edges.crackdown.perceived"].before
    assert lasting["edges.list.rate"].after < lasting["edges.list.rate"].before
    assert "edges.crackdown.actual" not in lasting
    assert "edges.retaliation.actual" not in lasting


def test_single_cases_do_not_move_the_model(crackdown):
    for day in ("2021-10-08", "2022-07-21", "2023-01-07", "2022-12-01"):
        assert {event.acts for event in on(crackdown, day)} == {False}, day


def test_baseline_has_the_names_that_were_agreed(crackdown):
    economy = crackdown.baseline
    assert economy.name == "china-2019"
    assert set(economy.statuses) == {
        "connected",
        "partyorg",
        "independent",
        "critic",
        "listed",
        "aligned_critic",
        "sanctioned",
        "detained",
        "withdrawn",
    }
    assert set(economy.edges_by_name) == {
        "patronage",
        "privatised",
        "join",
        "leave",
        "speak",
        "speak_inside",
        "speak_listed",
        "forgotten",
        "forgotten_inside",
        "list",
        "delist",
        "crackdown",
        "retaliation",
        "sanction_critic",
        "monitor",
        "released",
        "rectified",
        "retire",
        "start_anew",
        "emigrate",
    }
    monitor = economy.edges_by_name["monitor"]
    assert monitor.actual == 0
    assert monitor.perceived > 0


def test_every_number_of_the_baseline_has_a_source_and_a_note(crackdown):
    economy = crackdown.baseline
    data = economy.model_dump(by_alias=True, exclude_unset=True)
    plain = {path for path in _numbers(data, "") if path not in economy.sources}
    assert {path for path in plain if not path.startswith("numerics.")} == {
        "schema_version",
        "ability.distribution.pareto.points",
    }
    assert all(source.source and source.note for source in economy.sources.values())


def _numbers(data, path):
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _numbers(value, f"{path}.{key}" if path else key)
    elif isinstance(data, list | tuple):
        for n, value in enumerate(data):
            name = value.get("name", n) if isinstance(value, dict) else n
            yield from _numbers(value, f"{path}.{name}")
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield path


def test_the_example_loads_and_comes_back():
    example = chronicle.load(Path(__file__).parents[2] / "examples" / "squeeze.yaml")
    assert example.baseline.name == "political"
    assert example.lasting_changes() == []
    assert example.lasting() == example.baseline


def test_nothing_heavy_is_imported():
    code = (
        "import json, sys; from dirigiste import chronicle; chronicle.load('crackdown-2020').lasting(); "
        "print(json.dumps([m for m in ('numba', 'numpy', 'xarray', 'pandas') if m in sys.modules]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == []


@pytest.fixture(scope="module", params=chronicle.shipped())
def any_shipped(request) -> Chronicle:
    return chronicle.load(request.param)


def test_what_is_shipped():
    assert chronicle.shipped() == [
        "crackdown-2020",
        "easing-2023",
        "open-credit",
        "turkey-2016",
        "venezuela-2005",
        "vietnam-2022",
        "yukos-2003",
    ]


def test_every_shipped_chronicle_has_reasons_and_qualities(any_shipped):
    assert any_shipped.title
    assert any_shipped.description
    assert set(any_shipped.sources) <= cited_by(any_shipped)
    assert list(any_shipped.events) == list(any_shipped.ordered)
    for event in any_shipped.events:
        assert event.what.endswith(".")
        assert event.assumed or event.quality in {"read", "remembered", "unsure"}
        assert all(len(change.why) > 10 and change.source == ASSUMPTION for change in event.changes)
    assert all(source.quality == "read" for source in any_shipped.sources.values() if source.url)


def test_open_credit_is_hypothetical_and_opens_lending_on_data_only():
    opening = chronicle.load("open-credit")
    assert opening.baseline.name == "china-2019"
    assert opening.channels() == ("credit",)
    assert opening.surprises == (dt.date(2020, 11, 1),)
    acting = [event for event in opening.events if event.acts]
    assert all(event.assumed and "Hypothetical" in event.title for event in acting)
    assert "pawnshop" in opening.events[0].what
    cited = {id_ for event in opening.events if not event.assumed for id_ in event.sources}
    assert cited == set(opening.sources)
    lasting = {item.path: item for item in opening.lasting_changes()}
    for status in ("independent", "critic", "listed", "partyorg"):
        item = lasting.pop(f"statuses.{status}.data_lending")
        assert item.after > item.before
    assert set(lasting) == {"statuses.independent.spread", "statuses.critic.spread"}
    assert all(item.after < item.before for item in lasting.values())
    path, half = "statuses.independent.data_lending", dt.date(2022, 11, 1)
    assert opening.value(path, half) == pytest.approx((0.08 + 0.2) / 2, abs=1e-3)
    opening.check(economy.load("china-2022"))


def test_the_economy_of_2022_is_what_the_campaign_leaves(crackdown):
    before = tuple(event for event in crackdown.events if event.date <= dt.date(2022, 12, 31))
    after = crackdown.model_copy(update={"events": before}).lasting()
    shipped = economy.load("china-2022")
    numbers = {parameter.path: parameter.value for parameter in shipped.parameters()}
    implied = {parameter.path: parameter.value for parameter in after.parameters()}
    assert numbers == pytest.approx(implied, rel=1e-12)
    changed = {path for path, value in implied.items() if value != crackdown.baseline.get(path)}
    marked = {path for path, source in shipped.sources.items() if "crackdown-2020" in source.note}
    assert marked <= changed
    assert all("as independent" in shipped.sources[path].note for path in changed - marked)
    assert all(source.source and source.note for source in shipped.sources.values())


def test_easing_starts_where_the_campaign_ends_and_reverses_a_part(crackdown):
    easing = chronicle.load("easing-2023")
    assert easing.baseline.name == "china-2022"
    assert easing.channels() == ("credit", "listing", "fear")
    lasting = {item.path: item for item in easing.lasting_changes()}
    first = crackdown.baseline
    for path in (
        "statuses.independent.collateral",
        "statuses.independent.data_lending",
        "edges.list.rate",
        "edges.crackdown.perceived",
        "edges.retaliation.perceived",
    ):
        item, origin = lasting[path], float(first.get(path))
        assert abs(item.after - origin) < abs(item.before - origin)
    assert lasting["statuses.critic.collateral"].after < first.get("statuses.critic.collateral")
    assert not [path for path in lasting if path.endswith((".actual", ".fine"))]


def test_easing_describes_common_events_as_the_campaign_does(crackdown):
    easing = chronicle.load("easing-2023")
    common = [event for event in easing.events if event.date <= dt.date(2023, 12, 31)]
    assert common
    for event in common:
        twin = next(other for other in on(crackdown, str(event.date)) if other.title == event.title)
        assert [change.model_copy(update={"why": ""}) for change in event.changes] == [
            change.model_copy(update={"why": ""}) for change in twin.changes
        ]
        assert (event.amounts, event.quality, event.what) == (twin.amounts, twin.quality, twin.what)
    assert {event.quality for event in easing.events if event.date.year == 2025} == {"read"}


COMPUTED = {("listed_firms_executive_detained", "2024-12-31"): 1.57}
"""Values that are computed from the collected ones: 80 of some 5,100 listed firms."""


def test_observed_series_are_those_that_were_collected(crackdown):
    root = Path(os.environ.get("DIRIGISTE_DATA", Path(__file__).parents[3] / "shared" / "data"))
    series_file = root / "observed-series" / "series.csv"
    if not series_file.exists():
        pytest.skip("needs the shared data file observed-series/series.csv (set DIRIGISTE_DATA)")
    with series_file.open(encoding="utf-8", newline="") as file:
        collected = {(row["series_id"], row["date"]): row for row in csv.DictReader(file)}
    for name, series in crackdown.observed.items():
        for date, value in series.observations.items():
            row = collected[name, date.isoformat()]
            assert value.value == COMPUTED.get((name, date.isoformat()), float(row["value"])), (name, date)
            assert series.quality_of(date) == row["quality"], (name, date)


def test_observed_series_say_how_they_compare(crackdown):
    assert len(crackdown.observed) >= 10
    for name, series in crackdown.observed.items():
        assert series.confounders.endswith("."), name
        assert series.se is None or series.se_source == ASSUMPTION, name
    text = f"{crackdown.description} {crackdown.observed['private_share_new_corporate_loans'].note}"
    assert "bank credit did not turn against private firms" in " ".join(text.split()).lower()
