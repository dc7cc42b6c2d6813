"""Files of economies and chronicles as people write them: what is read, and what an error names
(the table in docs/inputs.md).
"""

import gzip

import pytest


def replaced(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def refused(call, command, path):
    """The message of a file that is refused before anything is computed; a fault is no traceback."""
    result = call(command, path)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
    ],
    ids=["mark", "windows", "old mac"],
)
def test_marks_and_line_ends(call, village, squeeze, change):
    for path in (village, squeeze):
        path.write_bytes(change(path.read_text()))
    assert call("check", village, squeeze).exit_code == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: ("# 经济\n" + text).encode("gbk"),
        lambda text: ("# Größe\n" + text).encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()),
    ],
    ids=["gbk", "cp1252", "utf-16", "gz"],
)
def test_foreign_bytes(call, village, change):
    village.write_bytes(change(village.read_text()))
    message = refused(call, "check", village)
    assert "village.yaml" in message
    assert "is not text in UTF-8 (byte" in message


def test_what_is_no_file_of_an_economy(call, village, tmp_path):
    assert "is a folder, not a file" in refused(call, "check", tmp_path)
    assert "no such file" in refused(call, "check", tmp_path / "none.yaml")
    village.write_text("")
    assert "is empty" in refused(call, "check", village)
    village.write_bytes(b"name: vil\0lage\n")
    assert "not YAML" in refused(call, "check", village)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("6%", "must be a number, above 0, got text '6%'"),
        ("'0.06'", "must be a number, above 0, got text '0.06'"),
        ("0,06", "preferences.rho: must be above 0, got 0"),  # in braces a comma ends the number
        (".nan", "preferences.rho: must be"),
        ("1e-8.5", "preferences.rho: must be a number"),
    ],
)
def test_numbers_that_are_none(call, village, given, words):
    message = refused(call, "check", replaced(village, "rho: 0.06", f"rho: {given}"))
    assert "village.yaml:" in message
    assert words in message


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("31/12/2021", "written year-month-day as in 2020-11-03; got '31/12/2021'"),
        ("2021", "written year-month-day as in 2020-11-03; got '2021'"),
        ("2021-1-5", "written year-month-day as in 2020-11-03; got '2021-1-5'"),
        ("2021-01-01T12:00:00", "written year-month-day"),
        ("2021-02-30", "there is no such date as 2021-02-30"),
        ("January", "written year-month-day"),
    ],
)
def test_dates(call, squeeze, date, words):
    message = refused(call, "check", replaced(squeeze, "2021-01-01", date))
    assert "squeeze.yaml:4:" in message
    assert "events.0.date" in message
    assert words in message


def test_quoted_dates_and_events_of_one_day(call, squeeze):
    replaced(squeeze, "2021-01-01", '"2021-01-01"')
    assert call("check", replaced(squeeze, "2022-03-01", "2021-01-01")).exit_code == 0


def test_one_kind_of_file_for_the_other(call, village, squeeze):
    """An economy has no events, and a chronicle no technology; the message names the keys."""
    assert "events: required, but missing" in refused(call, "run", village)
    assert "technology: required, but missing" in refused(call, "solve", squeeze)
    assert "technology: required" in refused(
        call, "check", replaced(squeeze, "economy: village.yaml", "economy: squeeze.yaml")
    )


@pytest.mark.parametrize(
    ("name", "folder"),
    [("../../out", "out"), ("整顿2021", "2021"), ("整顿", "run"), ("'a b/c:d'", "a-b-c-d")],
)
def test_names_are_folders_within_the_given_one(call, squeeze, tmp_path, configured, name, folder):
    result = call("run", replaced(squeeze, "name: squeeze", f"name: {name}"), "--quiet", "--no-report")
    assert result.exit_code == 0
    (made,) = (tmp_path / "runs").iterdir()
    assert made.name.endswith(f"-{folder}")
    assert not list(tmp_path.glob("out*"))


def test_titles_of_any_signs(call, squeeze, tmp_path, configured):
    title = "整顿:第一阶段 🏦 “quoted” – naïve <b>&"
    replaced(squeeze, "title: Credit is cut", f'title: "{title}"')
    assert title in call("run", squeeze).stdout
    (page,) = (tmp_path / "runs").glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    assert "整顿:第一阶段 🏦 “quoted” – naïve &lt;b&gt;&amp;" in text
    assert "naïve <b>" not in text


SMALL = """
name: small
preferences: {rho: 0.06, sigma: 1.5}
technology: {alpha: 0.35, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.1, distribution: {pareto: {tail: 6.0, points: 12}}}
statuses:
  insider: {collateral: 2.0, spread: -0.005, controlled: true}
  outsider: {collateral: 1.4, spread: 0.02}
edges:
  - {name: promote, from: outsider, to: insider, kind: rate, rate: 0.05}
  - {name: demote, from: insider, to: outsider, kind: rate, rate: 0.05}
closure: {capital: closed}
numerics: {wealth: {points: 120, max: 3000, scale: 0.3}}
"""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["numerics.wealth.max=1"], ("top of the wealth grid (1)", "Raise numerics.wealth.max")),
        (["closure.capital={open: {interest: 0.058}}"], ("top of the wealth grid", "0.058, is close below")),
        (
            ["closure.capital={open: {interest: 0.07}}"],
            ("top of the wealth grid", "0.07, is at or above 0.06"),
        ),
        (
            ["closure.capital={open: {interest: 0.07}}", "clock=annual"],
            ("top of the wealth grid", "0.07, is at or above 0.06"),
        ),
        (
            ["closure.capital={open: {interest: 0.09}}", "technology.growth=0.02"],
            ("top of the wealth grid", "less growth, 0.07, is at or above"),
        ),
    ],
)
def test_wealth_that_only_the_grid_stops(call, tmp_path, changes, words):
    """Claim: mass at the top of the grid is no equilibrium, however it comes about."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    options = [part for change in changes for part in ("--set", change)]
    result = call("solve", path, "--quiet", *options)
    assert (result.exit_code, result.stdout) == (3, "")
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("sigma", [1.0001, 8, 20])
def test_aversion_near_one_and_high(call, tmp_path, sigma):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    result = call("solve", path, "--quiet", "--set", f"preferences.sigma={sigma}")
    assert result.exit_code == 0
    assert "stationary equilibrium" in result.stdout


@pytest.mark.parametrize(
    ("given", "words"), [("delta: 6", "at most 1, got 6"), ("alpha: 35", "below 1, got 35")]
)
def test_per_cent_where_shares_are_meant(call, village, given, words):
    key = given.partition(":")[0]
    replaced(village, {"delta": "delta: 0.06", "alpha": "alpha: 0.4"}[key], given)
    message = refused(call, "check", village)
    assert f"technology.{key}: must be" in message
    assert words in message


def test_a_discount_rate_has_no_upper_bound(call, village):
    assert call("check", replaced(village, "rho: 0.06", "rho: 6")).exit_code == 0


def test_a_small_mass_at_the_top_is_a_warning(call, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    result = call("solve", path, "--set", "numerics.wealth.max=1500")
    assert result.exit_code == 0
    assert "at the top of the wealth grid (1500): raise numerics.wealth.max" in result.stderr
