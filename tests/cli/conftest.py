import pytest

from chronicles import VILLAGE


@pytest.fixture
def village(tmp_path):
    path = tmp_path / "village.yaml"
    path.write_text(VILLAGE)
    return path


@pytest.fixture
def squeeze(village, tmp_path):
    path = tmp_path / "squeeze.yaml"
    path.write_text(
        "name: squeeze\neconomy: village.yaml\nevents:\n"
        "  - {date: 2021-01-01, title: Credit is cut, sources: [assumption],\n"
        "     changes: [{parameter: statuses.free.collateral, multiply: 0.9}]}\n"
        "  - {date: 2022-03-01, title: Fear, sources: [assumption], organisation: the bank,\n"
        "     changes: [{parameter: edges.inspection.perceived, multiply: 4, half_life: 3}]}\n"
    )
    return path
