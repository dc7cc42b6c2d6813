"""For every fault that a file can have, the message leads to it.

Each file in `malformed/` fails in one way; its first line lists what the message must contain.
"""

import re
from pathlib import Path

import pytest

from dirigiste.economy import checks, load
from dirigiste.errors import InputError

FILES = sorted(Path(__file__).parent.joinpath("malformed").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_message_names_the_fault(file):
    header = file.read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith("# expect: ")
    expected = [part.strip() for part in header.removeprefix("# expect: ").split(" | ")]
    with pytest.raises(InputError) as caught:
        load(file)
    message = str(caught.value)
    missing = [part for part in expected if part not in message]
    assert not missing, f"{missing} not in:\n{message}"
    assert file.name in message
    assert len(caught.value.problems) == int(message.split(" ", 1)[0])


def test_no_file_is_lost():
    assert len(FILES) == 108


def test_every_economic_check_has_a_file():
    declared = set(re.findall(r'"(E-[a-z-]+)"', Path(checks.__file__).read_text(encoding="utf-8")))
    codes = set()
    for file in FILES:
        with pytest.raises(InputError) as caught:
            load(file)
        codes |= {problem.code for problem in caught.value.problems if problem.code}
    assert codes == declared
