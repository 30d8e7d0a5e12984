"""What the tests of several commands share."""

from __future__ import annotations

import pytest

from crossbar.cli import main


@pytest.fixture
def liwes(capsys):
    """Run a command line: its code, standard output and standard error."""

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run
