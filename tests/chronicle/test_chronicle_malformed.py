"""One file for each way to go wrong; its `# expect:` lines hold words that the message must have."""

from pathlib import Path

import pytest

from dirigiste import chronicle
from dirigiste.errors import InputError

FOLDER = Path(__file__).parent / "malformed"
FILES = sorted(FOLDER.glob("*.yaml"))


def expected(path: Path) -> list[str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# expect:")]
    return [words.strip() for line in lines for words in line.removeprefix("# expect:").split("|")]


def test_no_file_is_lost():
    assert len(FILES) == 71


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path):
    words = expected(path)
    assert words
    with pytest.raises(InputError) as caught:
        chronicle.load(path)
    message = str(caught.value)
    missing = [word for word in words if word not in message]
    assert not missing, message
    assert all(problem.file.endswith(".yaml") and problem.line > 0 for problem in caught.value.problems), (
        message
    )


def test_unknown_name():
    with pytest.raises(InputError, match="did you mean `crackdown-2020`"):
        chronicle.load("crackdown-202")


def test_check_on_another_economy_names_every_parameter_it_lacks(crackdown, whole):
    with pytest.raises(InputError) as caught:
        crackdown.check(whole.baseline)
    numbers = {parameter.path for parameter in whole.baseline.parameters()}
    lacking = {change.parameter for event in crackdown.events for change in event.changes} - numbers
    messages = [problem.message for problem in caught.value.problems]
    assert lacking
    for path in lacking:
        assert any(f"the economy village has no parameter `{path}`" in message for message in messages), path
