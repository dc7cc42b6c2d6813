"""A solved small economy: its numbers agree with each other, with the schema, and with their files."""

import contextlib
import json
from dataclasses import fields, replace

import jsonschema
import numpy as np
import pytest

import dirigiste as dg
from dirigiste.results.archive.json_schema import json_schema
from dirigiste.results.equilibria.certificate import Certificate
from dirigiste.results.quantities import measures


def close(value, other):
    assert value == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_json_meets_its_schema_and_the_schema_describes_every_number(solved):
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(solved.to_json(), allow_nan=False)
    jsonschema.validate(json.loads(text), schema)
    for part in ("prices", "aggregates", "identity"):
        for name in solved.to_json()[part]:
            entry = schema["properties"][part]["properties"][name]
            assert entry["x-unit"]
            assert entry["description"]


def test_schema_refuses_a_missing_number(solved):
    data = solved.to_json()
    del data["aggregates"]["control"]
    with pytest.raises(jsonschema.ValidationError, match="control"):
        jsonschema.validate(data, json_schema())


def test_statuses_sum_to_aggregates(solved):
    for name in ("output", "capital", "labor", "consumption", "wealth", "credit"):
        close(float(solved.statuses[name].sum()), solved.aggregates[name])
    close(float(solved.statuses["mass"].sum()), 1.0)
    close(float(solved.statuses["entrepreneurs"].sum()), solved.aggregates["firms"])


def test_states_sum_to_statuses(solved):
    states, data = solved.states, solved.dataset
    firms = states["mass"] * states["runs"]
    for name in ("output", "capital", "labor", "credit"):
        np.testing.assert_allclose(
            (firms * states[name]).sum(("ability", "wealth")), data[f"{name}_by_status"], rtol=1e-10
        )
    np.testing.assert_allclose(
        (states["mass_acting"] * states["consumption"]).sum(("ability", "wealth")),
        data["consumption_by_status"],
    )
    np.testing.assert_allclose(
        states["mass_acting"].sum(("ability", "wealth")), data["mass_by_status"], rtol=1e-9
    )


def test_nobody_drifts_off_and_wealth_stands_still(solved):
    data = solved.states
    # what owners save, edges take away, net of what newborns bring: wealth is stationary
    saved = float((data["mass_acting"] * data["saving"]).sum())
    wealth = solved.by_edge_detail
    lost = sum(edge["taken"] for edge in wealth.values())
    carried = wealth["emigrate"]["wealth_moved"] - wealth["emigrate"]["taken"]
    born = solved.economy.entry.wealth * wealth["emigrate"]["people"]
    assert saved == pytest.approx(lost + carried - born, rel=1e-8)


def test_definitions(solved):
    a, p, e = solved.aggregates, solved.prices, solved.economy
    alpha, eta = e.technology.alpha, e.technology.eta
    close(a["tfp"], a["output"] / (a["capital"] ** alpha * a["labor"] ** (1 - alpha)) ** eta)
    close(np.log(a["tfp_efficient"] / a["tfp"]), a["tfp_loss_within"] + a["tfp_loss_between"])
    assert a["tfp_loss_within"] > 0
    assert a["tfp_loss_between"] > 0
    close(a["credit_output"], a["credit"] / a["output"])
    close(a["control"], float(solved.statuses["output"].sel(status="loyal")) / a["output"])
    close(a["labor_share"], p["wage"] * a["labor"] / a["output"])
    voice = float(solved.statuses["mass"].sel(status="critic"))
    close(a["silence"], 1 - voice)  # from every other status there is a choice edge to voice
    edges = solved.by_edge_detail
    close(a["fines"], edges["inspection"]["taken"] / a["output"])
    close(edges["inspection"]["taken"], 0.1 * edges["inspection"]["wealth_moved"])
    close(a["flight"], 0.8 * edges["emigrate"]["wealth_moved"] / a["output"])
    close(a["emigrants"], solved.by_edge["emigrate"])
    assert 0 < a["top1_wealth"] < a["top5_wealth"] < a["top10_wealth"] <= 1
    assert a["idle_capital"] == 0.0


def test_statuses_have_names_units_and_a_data_frame(solved):
    assert set(solved.statuses) == {*measures.STATUS, *measures.STATUS_FLAGS}
    assert solved.statuses["credit"].attrs["units"] == "goods"
    frame = solved.statuses.to_dataframe()
    assert frame.index.name == "status"
    assert list(frame.index) == ["loyal", "free", "critic"]
    assert frame.loc["free", "mass"] == float(solved.statuses["mass"].sel(status="free"))


def test_the_certificate_has_every_residual_of_the_table(solved):
    names = {field.name for field in fields(Certificate)}
    assert names == {*measures.CERTIFICATE, "history", "warnings", "certified", "grid", "starts"}
    assert solved.certificate.worst == solved.worst_residual
    assert "walras" in str(solved.certificate)


def test_flags(solved):
    flags = {
        status: (row["voice"], row["could_speak"], row["controlled"])
        for status, row in solved.to_dataframe().iterrows()
    }
    assert flags == {
        "loyal": (False, True, True),
        "free": (False, True, False),
        "critic": (True, False, False),
    }


def test_edges_are_the_sum_of_their_origins(solved):
    speak = solved.by_edge_detail["speak"]
    assert set(speak["origins"]) == {"loyal", "free"}
    close(speak["people"], sum(origin["people"] for origin in speak["origins"].values()))
    assert list(solved.by_edge) == [edge.name for edge in solved.economy.edges]


def test_identity_closes(solved):
    terms = dict(solved.identity)
    residual = terms.pop("residual")
    assert set(solved.identity) == set(measures.IDENTITY)
    close(residual, sum(terms.values()))
    assert abs(residual) < 1e-7 * terms["output"]


def test_every_variable_says_what_it_is(solved):
    for data in (solved.dataset, solved.states):
        for name, variable in data.data_vars.items():
            assert variable.attrs["units"], name
            assert variable.attrs["long_name"], name
    assert solved.states["value"].dims == ("status", "ability", "wealth")


def test_file_round_trip_is_exact(solved, tmp_path):
    solved.save(tmp_path / "x.nc")
    again = dg.Equilibrium.open(tmp_path / "x.nc")
    assert again.to_json() == solved.to_json()
    assert again.economy == solved.economy
    assert again.dataset.identical(solved.dataset)
    assert again.states.identical(solved.states)
    assert [item.name for item in tmp_path.iterdir()] == ["x.nc"]


def test_opening_what_is_no_equilibrium(tmp_path):
    with pytest.raises(dg.InputError, match="no such file"):
        dg.Equilibrium.open(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("not netCDF")
    with pytest.raises(dg.InputError, match="cannot be read"):
        dg.Equilibrium.open(tmp_path / "text.nc")


def test_files_of_other_layouts_name_version_and_remedy(solved, tmp_path):
    path = tmp_path / "x.nc"
    solved.dataset.to_netcdf(path)
    with pytest.raises(
        dg.InputError, match=r"an earlier version of Dirigiste in layout 1.*`dirigiste solve`"
    ):
        dg.Equilibrium.open(path)
    later = solved.tree
    later.attrs = {**later.attrs, "dirigiste_layout": 9, "dirigiste_version": "7.0"}
    later.to_netcdf(path)
    with pytest.raises(dg.InputError, match=r"Dirigiste 7\.0 in layout 9; .* install that version"):
        dg.Equilibrium.open(path)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_damaged_files_are_refused_or_read(solved, tmp_path, share):
    """Claim: a file that is cut off is refused, and one that is overwritten in parts gives no other error."""
    path = tmp_path / "x.nc"
    solved.save(path)
    data = path.read_bytes()
    place = int(share * len(data))
    path.write_bytes(data[:place])
    with pytest.raises(dg.InputError, match="cannot be read"):
        dg.Equilibrium.open(path)
    path.write_bytes(data[:place] + bytes(2000) + data[place + 2000 :])
    with contextlib.suppress(dg.InputError):
        dg.Equilibrium.open(path)


@pytest.mark.parametrize("name", ["economy", "certificate", "provenance", "identity"])
def test_a_file_without_an_attribute_is_refused(solved, tmp_path, name):
    attrs = {key: value for key, value in solved.dataset.attrs.items() if key != name}
    replace(solved, dataset=solved.dataset.drop_attrs(deep=False).assign_attrs(attrs)).save(tmp_path / "x.nc")
    with pytest.raises(dg.InputError, match=f"holds no whole equilibrium .*{name}"):
        dg.Equilibrium.open(tmp_path / "x.nc")


def test_a_file_of_something_else_is_refused(solved, tmp_path):
    solved.states.to_netcdf(tmp_path / "x.nc")
    with pytest.raises(dg.InputError, match="holds no equilibrium"):
        dg.Equilibrium.open(tmp_path / "x.nc")


def test_a_solved_neighbour_is_where_it_starts(solved, economy):
    again = dg.solve(economy, start=solved)
    assert again.certificate.rounds <= 2
    assert again.prices["wage"] == pytest.approx(solved.prices["wage"], rel=1e-7)


def test_text_and_html(solved):
    text = repr(solved)
    assert "wage" in text
    assert "silence" in text
    page = solved._repr_html_()
    assert "<table>" in page
    assert "<script" not in page


def test_html_escapes_names(economy, solved):
    renamed = replace(solved, economy=economy.model_copy(update={"title": "<b>x</b>"}))
    assert "<b>x</b>" not in renamed._repr_html_()
