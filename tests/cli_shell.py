"""The command line in a folder of its own, for tests."""

import json
import sys
from pathlib import Path

import pytest

from digestmail.cli import main

PAPERS = """\
{"id": "t:1", "title": "Sea ice in a warming Arctic", "abstract": "We measure sea ice."}
{"id": "t:2", "title": "Decoding surface codes", "abstract": "Quantum error correction."}
{"id": "t:3"
{"title": ""}
"""


class Shell:
    """Runs digestmail in a folder of its own."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._output = output
        monkeypatch.chdir(folder)

    def __call__(self, *words: str, code: int = 0, **env: str) -> str:
        """What a command printed; it must end with ``code``."""
        with self._monkeypatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["digestmail", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        printed = self._output.readouterr()
        assert (ended.value.code or 0) == code, printed.out + printed.err
        return printed.out if code == 0 else printed.out + printed.err

    def json(self, *words: str) -> object:
        """What a command printed as JSON."""
        return json.loads(self(*words, "--json"))


def errors(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("error: ")]
