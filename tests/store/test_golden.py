"""Run folders that earlier harnesses wrote: today's code reads them, or refuses them in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import harness
from harness import plugins
from harness.cli import cli
from harness.store.folder import REQUIRED, SCHEMA

GOLDEN = sorted(Path(__file__).with_name("golden").glob("v*"))
DERIVED = {"summary", "summary schema", "aggregates"}
"""What a change of statistics may change; `harness report` rebuilds it."""


@pytest.fixture(autouse=True)
def _stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin that wrote the golden stores."""
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_classical,tools.golden")
    monkeypatch.setattr(plugins, "_cached", [])


@pytest.fixture(params=GOLDEN, ids=[path.name for path in GOLDEN])
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy that a test may write into."""
    return Path(shutil.copytree(request.param, tmp_path / "run"))


def _call(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args], catch_exceptions=False, standalone_mode=False)


def _wrong(path: Path) -> set[str]:
    return {check.name for check in harness.verify(path).checks if check.state == "wrong"}


def test_there_is_one_of_today_s_schema() -> None:
    assert SCHEMA in {json.loads((path / "manifest.json").read_text())["schema"] for path in GOLDEN}


def test_a_golden_store_is_read_whole(golden: Path) -> None:
    run = harness.open_run(golden)
    records = run.records()
    assert sorted(zip(records["entry"], records["sample"], strict=True)) == [
        ("mean", "chelsea@lama-thick-256/0"), ("mean", "china@lama-thick-256/0"),
        ("telea", "chelsea@lama-thick-256/0"), ("telea", "china@lama-thick-256/0"),
    ]  # fmt: skip
    assert (records["status"] == "ok").all()
    assert records["ratio"].between(0.05, 0.5).all()
    assert len(run.samples()) == 2
    aggregates = run.aggregates()
    assert aggregates is not None
    means = aggregates[aggregates["subset"] == ""].set_index(["entry", "metric"])["value"]
    for entry, rows in records.groupby("entry"):
        assert means[entry, "psnr@hole"] == pytest.approx(rows["score:psnr@hole"].mean(), abs=1e-9)
    assert all(run.artifacts.get(name) is not None for name in records["output_hash"])


def test_a_golden_store_holds_to_what_was_promised_of_it(golden: Path) -> None:
    assert _wrong(golden) <= DERIVED
    shown = _call("status", golden).stdout
    assert shown.count("2/2 ok") == 2
    report = _call("report", golden).stdout
    assert report.splitlines()[-1] == f"report: {golden / 'report.html'}"
    assert _wrong(golden) == set()


def test_a_golden_store_is_continued(golden: Path) -> None:
    run = harness.run("golden", out=golden, device="cpu", report=False)
    assert run.folder.manifest["status"] == "complete"
    assert len(run.folder.manifest["history"]) == 1
    assert len(run.records) == 4


def test_f8_a_store_of_a_newer_schema_is_refused_with_both_versions_and_the_advice(golden: Path) -> None:
    manifest = json.loads((golden / "manifest.json").read_text())
    (golden / "manifest.json").write_text(json.dumps(manifest | {"schema": SCHEMA + 1}))
    with pytest.raises(harness.HarnessError) as refused:
        harness.open_run(golden)
    assert f"(schema {SCHEMA + 1}, this one reads {SCHEMA}): pip install --upgrade iq-harness" in str(refused.value)
    before = {path: path.read_bytes() for path in golden.rglob("*") if path.is_file()}
    with pytest.raises(harness.HarnessError, match="newer harness"):
        harness.run("golden", out=golden, device="cpu")
    assert {path: path.read_bytes() for path in golden.rglob("*") if path.is_file() and path.name != ".lock"} == before


@pytest.mark.parametrize("schema", [0, -1, None, "1", 1.5])
def test_f8_a_schema_that_nobody_wrote_is_refused(golden: Path, schema: object) -> None:
    manifest = json.loads((golden / "manifest.json").read_text())
    (golden / "manifest.json").write_text(json.dumps(manifest | {"schema": schema}))
    with pytest.raises(harness.HarnessError, match=r"has schema .*, which no harness wrote"):
        harness.open_run(golden)


@pytest.mark.parametrize("key", [key for key in REQUIRED if key != "schema"])
def test_f8_a_manifest_that_lacks_a_key_is_refused_in_one_line_and_never_guessed(golden: Path, key: str) -> None:
    manifest = json.loads((golden / "manifest.json").read_text())
    del manifest[key]
    (golden / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(harness.HarnessError) as refused:
        harness.open_run(golden)
    assert f"manifest.json is damaged: it lacks {key};" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert _wrong(golden) == {"manifest"}
