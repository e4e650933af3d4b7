"""One command makes the shipped boards: every suite with its own methods, and official sizes for timing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness import plugins
from harness.plugins import registry
from harness.suites import load_suite


@pytest.fixture(autouse=True)
def _every_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_PLUGINS", raising=False)
    monkeypatch.setattr(plugins, "_cached", [])


def test_every_suite_is_run_with_its_methods_and_official_sizes() -> None:
    from tools.reference_runs import commands

    known = registry()
    for spec in known.all("suites"):
        run, add = commands(spec.name, known)
        methods = [word for before, word in pairwise(run) if before == "-m"]
        suite = load_suite(known.suite(spec.name))
        assert methods[: len(suite.methods)] == list(suite.methods)
        rest = methods[len(suite.methods) :]
        assert all(method.endswith("@random") for method in rest)
        assert {m.partition("@")[0] for m in rest} <= set(suite.methods)
        assert ("coordfill@random" in rest) == (suite.name == "demo")
        assert run[-1] == add[2] == f"runs/reference-{spec.name}"
        assert "--replace" in add


def test_the_command_prints_what_it_would_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools import reference_runs

    monkeypatch.setattr("sys.argv", ["reference_runs", "demo", "--commands"])
    assert reference_runs.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [["$", "harness", "run"], ["$", "harness", "leaderboard"]]
