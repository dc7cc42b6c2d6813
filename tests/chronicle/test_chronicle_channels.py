import pytest

from dirigiste.chronicle import CHANNELS, default_channel


@pytest.mark.parametrize(
    ("path", "channel"),
    [
        ("statuses.independent.collateral", "credit"),
        ("statuses.critic.data_lending", "credit"),
        ("statuses.connected.spread", "credit"),
        ("statuses.listed.data_lending", "credit"),
        ("statuses.listed.collateral", "listing"),
        ("statuses.listed_abroad.spread", "listing"),
        ("edges.list.rate", "listing"),
        ("edges.list.fee", "listing"),
        ("edges.list_abroad.cost", "listing"),
        ("edges.delist.rate", "listing"),
        ("edges.crackdown.fine", "fines"),
        ("edges.retaliation.fee", "fines"),
        ("statuses.partyorg.mandates.labor", "party"),
        ("statuses.listed.mandates.capital", "party"),
        ("statuses.partyorg.productivity", "party"),
        ("edges.join.cost", "party"),
        ("edges.crackdown.actual", "force"),
        ("edges.crackdown.perceived", "fear"),
        ("edges.emigrate.fine", "exit"),
        ("edges.emigrate.cost", "exit"),
        ("abroad.interest", "exit"),
        ("preferences.rho", None),
        ("statuses.independent.wedge", None),
        ("edges.speak.cost", None),
        ("edges.crackdown.size.ref", None),
        ("closure.directed.share", None),
        ("name", None),
    ],
)
def test_default_channel(path, channel):
    assert default_channel(path) == channel


def test_destination_decides_what_leads_abroad():
    assert default_channel("edges.sail.fine", to="abroad") == "exit"
    assert default_channel("edges.sail.perceived", to="abroad") == "exit"
    assert default_channel("edges.sail.fine", to="friend") == "fines"
    assert default_channel("edges.emigrate.fine", to="friend") == "fines"


def test_every_channel_has_a_parameter(crackdown):
    economy = crackdown.baseline
    edges = economy.edges_by_name
    channels = set()
    for parameter in economy.parameters():
        head, *rest = parameter.path.split(".")
        channels.add(default_channel(parameter.path, to=edges[rest[0]].to if head == "edges" else None))
    assert set(CHANNELS) <= channels


def test_channels_in_use_are_in_order(whole, crackdown):
    assert whole.channels() == ("credit", "fines", "listing", "force", "fear")
    assert crackdown.channels() == ("credit", "fines", "listing", "party", "force", "fear")


def test_own_channel_goes_first(whole):
    wedge = next(dated for dated in whole.changes_to("statuses.stranger.wedge"))
    assert whole.channel_of(wedge.change) == "fines"
