"""`run`, `status`, `report`, `doctor`, `parity` as a user types them."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness

FIXTURES = Path(__file__).parents[1] / "parity" / "data"


def test_a_run_ends_with_a_table_and_the_path_of_its_report(finished: Any) -> None:
    done = finished.process
    assert done.returncode == 0, done.stderr
    assert "@hole ↑" in done.stdout
    assert "2/0/0" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last == f"report: {Path('judged/report.html')}"
    report = (finished.folder / "report.html").read_text()
    assert report.startswith("<!doctype html>")
    assert "telea" in report
    assert "Traceback" not in done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines() if " ok " in line] == ["mean", "telea"]


def test_a_plan_tells_what_would_run_and_runs_nothing(call: Callable[..., Any], tmp_path: Path) -> None:
    code, out, _ = call("run", "--suite", "demo", "-m", "mean", "-m", "coordfill@official", "--limit", "2", "--plan")
    assert code == 0
    assert "2 samples × 1 methods" in out
    assert "skipped  coordfill@official" in out
    assert "download a checkpoint" in out
    assert out.splitlines()[-1].startswith("2 forward passes, about 0.0 min")
    assert list(tmp_path.iterdir()) == []


def test_a_metric_whose_file_is_missing_is_skipped_and_the_run_goes_on(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("lpips")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    asked = ("run", "--suite", "demo", "-m", "telea", "--limit", "1", "--metric", "lpips", "--keep", "none")
    code, out, err = call(*asked, "--plan")
    assert (code, err) == (0, "")
    (told,) = [line for line in out.splitlines() if line.startswith("skipped")]
    assert told.startswith("skipped  lpips on photos-thick: needs the file alexnet-owt-7be5be79.pth, licence: ")
    assert "curl -fL" in told
    code, out, err = call(*asked, "--out", "run")
    assert code == 0, err
    assert told in out
    assert "score:lpips" not in harness.open_run(tmp_path / "run").records()


def test_a_metric_whose_file_is_there_runs(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("lpips")
    torch, torchvision = pytest.importorskip("torch"), pytest.importorskip("torchvision.models")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    place = tmp_path / "torch/hub/checkpoints/alexnet-owt-7be5be79.pth"
    place.parent.mkdir(parents=True)
    with torch.device("meta"):
        shapes = {name: value.shape for name, value in torchvision.alexnet(weights=None).state_dict().items()}
    torch.save({name: torch.full((1,), 0.01).expand(shape) for name, shape in shapes.items()}, place)
    code, out, err = call(
        "run", "--suite", "demo", "-m", "telea", "--limit", "1", "--metric", "lpips", "--out", "run", "--keep", "none"
    )
    assert code == 0, err
    assert "skipped" not in out
    assert harness.open_run(tmp_path / "run").records()["score:lpips"].notna().all()


def test_a_metric_without_a_better_direction_cannot_rank() -> None:
    from dataclasses import replace

    from harness.errors import HarnessError
    from harness.plugins import registry
    from harness.runner.plan import make_plan
    from harness.suites import load_suite

    suite = load_suite(registry().suite("inpainting"))
    task = replace(suite.tasks[0], primary="hf_ratio@hole")
    with pytest.raises(HarnessError, match="hf_ratio@hole has no better direction"):
        make_plan(replace(suite, tasks=(task,)), ["telea"], registry())


def test_without_pyiqa_its_metrics_are_skipped(call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.metrics import pyiqa_catalogue

    pyiqa_catalogue._catalogue.cache_clear()
    pyiqa_catalogue.pyiqa_spec.cache_clear()
    monkeypatch.setattr(pyiqa_catalogue, "find_spec", lambda name: None)
    code, out, _ = call("run", "--suite", "demo", "-m", "telea", "--metric", "pyiqa:niqe", "--plan")
    assert code == 0
    assert "skipped  pyiqa:niqe on photos-thick: pyiqa is not installed" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--suite", "dmeo"), "unknown suite 'dmeo'. Did you mean demo"),
        (("--suite", "demo", "-m", "telae"), "unknown method 'telae'. Did you mean telea"),
        (("--suite", "demo", "-m", "telea@big"), "unknown weights of telea 'big'. It has none."),
        (("--suite", "demo", "-m", "telea[radius=wide]"), "parameter radius is a float, not 'wide'"),
        (
            ("--suite", "demo", "-m", "telea[radis=3]"),
            "unknown parameter of telea 'radis'. Did you mean radius? Known: radius. See",
        ),
        (("--suite", "demo", "-m", "te lea"), "is no method reference"),
        (("--suite", "demo", "-m", "telea", "-m", "telea"), "telea is named twice"),
        (("--suite", "demo", "-m", "coordfill@official"), "nothing to run: coordfill@official: official.pth"),
        (("--suite", "demo", "--task", "photos"), "has no task photos: photos-thick"),
        (("--suite", "demo", "--task", "photos-thick,b"), "photos-thick; repeat --task for several"),
        (("--suite", "demo", "--metric", "psrn"), "unknown metric 'psrn'. Did you mean psnr"),
        (("--suite", "demo", "--metric", "psnr@sky"), "metric psnr has no region 'sky'"),
        (("--suite", "demo", "--device", "abacus"), "no device 'abacus' here: cpu"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_folder(
    mistake: Callable[..., str], tmp_path: Path, args: tuple[str, ...], words: str
) -> None:
    assert words in mistake("run", *args)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_run_is_not_written_into(mistake: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_text("precious")
    told = mistake("run", "--suite", "demo", "-m", "mean", "--fresh", "--out", "holiday")
    assert "holiday is not empty and not a run folder" in told
    assert [path.name for path in (tmp_path / "holiday").iterdir()] == ["beach.jpg"]


def test_an_observer_that_raises_is_told_once_kept_and_changes_the_exit_code(
    call: Callable[..., Any], with_plugin: Callable[[str, str], None], tmp_path: Path
) -> None:
    with_plugin(
        "nosy",
        "from harness import hookimpl\n"
        "@hookimpl\n"
        "def harness_sample_end(record):\n"
        "    raise ZeroDivisionError('looked too close')\n",
    )
    code, out, err = call("run", "--suite", "demo", "-m", "mean", "--limit", "2", "--out", "run", "--keep", "none")
    assert code == 3
    assert err.count("looked too close") == 1
    assert out.splitlines()[-1] == "report: run/report.html"
    run = harness.open_run(tmp_path / "run")
    assert run.manifest["observer_errors"] == [
        {"plugin": "nosy", "hook": "harness_sample_end", "error": "ZeroDivisionError: looked too close"}
    ]
    assert list(run.records()["status"]) == ["ok", "ok"]


def test_status_counts_cells_and_says_what_is_stale(call: Callable[..., Any], finished: Any, tmp_path: Path) -> None:
    code, out, err = call("status", finished.folder)
    assert (code, err) == (0, "")
    assert out.count("2/2 ok") == 2
    assert "complete" in out.splitlines()[0]
    assert "stale" not in out
    assert "go on with" not in out
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["entries"][0]["identity"]["version"] = "0"
    shard = next(copy.glob("records/telea*/*.parquet"))
    pd.read_parquet(shard).assign(source_digest="another").to_parquet(shard)
    manifest |= {"status": "running", "seconds": None, "argv": ["harness", "run", "-m", "telea[radius=3]"]}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    shard = next((copy / "records").glob("telea*/*.parquet"))
    pd.read_parquet(shard).assign(source_digest="of other code").to_parquet(shard)
    out = call("status", copy).out
    assert "running, or killed" in out.splitlines()[0]
    assert "stale: version was 0, is 1" in out
    assert "code changed under version 1" in out
    assert out.splitlines()[-1] == "go on with: harness run -m 'telea[radius=3]'"


def test_a_complete_run_that_is_stale_or_lacks_rows_names_the_command(
    call: Callable[..., Any], finished: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    command = f"go on with: {shlex.join(manifest['argv'])}"
    manifest["entries"][0]["identity"]["version"] = "0"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    out = call("status", copy).out
    assert ": complete, but stale below, " in out.splitlines()[0]
    assert out.splitlines()[-1] == command
    next((copy / "records").glob("telea*/*.parquet")).unlink()
    manifest["argv"] = []
    (copy / "manifest.json").write_text(json.dumps(manifest))
    out = call("status", copy).out
    assert ": complete, but stale and rows missing below, " in out.splitlines()[0]
    assert "0/2 ok, 2 missing" in out
    assert out.splitlines()[-1] == f"go on with: harness.run(…, out={str(copy)!r}), as it was called"


def test_status_of_a_method_in_a_file_says_which_file(call: Callable[..., Any], finished: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["entries"][0]["reference"] = "of_a_file"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert "give --plugin" not in call("status", copy).out
    manifest["argv"][1:1] = ["--plugin", "my file.py", "--plugin=b.py"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    [line] = [line for line in call("status", copy).out.splitlines() if "cannot run here today" in line]
    assert line.endswith("; give --plugin 'my file.py' --plugin b.py")


def test_report_is_rebuilt_from_the_records(call: Callable[..., Any], finished: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    derived = ("report.html", "summary.json", "aggregates.parquet")
    for name in derived:
        (copy / name).unlink()
    code, out, err = call("report", copy)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"report: {copy / 'report.html'}"
    assert out.splitlines()[:-1] == finished.process.stdout.splitlines()[:-1]
    assert all((copy / name).is_file() for name in derived)
    assert json.loads((copy / "summary.json").read_text()) == json.loads((finished.folder / "summary.json").read_text())
    assert call("report", copy, "-o", "elsewhere.html").last == "report: elsewhere.html"
    assert (tmp_path / "elsewhere.html").stat().st_size == (copy / "report.html").stat().st_size


@pytest.mark.parametrize("command", ["status", "report"])
def test_what_is_no_run_folder_is_one_line(mistake: Callable[..., str], tmp_path: Path, command: str) -> None:
    assert "is not a run folder" in mistake(command, tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    assert "manifest.json is damaged" in mistake(command, tmp_path)


def test_a_damaged_shard_is_one_line(mistake: Callable[..., str], finished: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    next(copy.glob("records/*/*.parquet")).write_bytes(b"PAR1 no more")
    assert "not a readable Parquet file" in mistake("status", copy)


def test_doctor_prints_places_devices_packages_and_what_is_missing(call: Callable[..., Any], tmp_path: Path) -> None:
    code, out, err = call("doctor")
    assert (code, err) == (0, "")
    assert out.startswith(f"harness {harness.__version__}, Python 3.")
    for words in (f"HARNESS_HOME  {tmp_path / 'home'}  (not there yet)", "torch 2.", "accelerators", "classical"):
        assert words in out
    assert [line.split()[0] for line in out.splitlines() if line.endswith("patches copied from the known part")] == []


def _smallest(folder: Path, **labels: float) -> Path:
    """SDD-FIQA's stored labels, which need no network (tests/parity runs all sets), with ``labels`` as statistics."""
    content = json.loads((FIXTURES / "sdd_fiqa.json").read_text())
    content = {name: content[name] for name in ("spec", "pseudo")}
    content["pseudo"]["labels"] |= labels
    (folder / "sdd_fiqa.json").write_text(json.dumps(content))
    with np.load(FIXTURES / "sdd_fiqa.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name.startswith("pseudo/")}
    np.savez(folder / "sdd_fiqa.npz", **arrays)
    return folder


def test_parity_passes_on_a_shipped_fixture(call: Callable[..., Any], tmp_path: Path) -> None:
    code, out, err = call("parity", "sddfiqa", "--fixtures", _smallest(tmp_path))
    assert (code, err) == (0, "")
    assert [row.split()[-1] for row in out.splitlines()[1:]] == ["ok"] * 3


def test_parity_fails_on_a_doctored_fixture(call: Callable[..., Any], tmp_path: Path) -> None:
    code, out, _ = call("parity", "sddfiqa", "--fixtures", _smallest(tmp_path, mean=66.0))
    assert code == 1
    assert [row.split()[-1] for row in out.splitlines()[1:]] == ["ok", "ok", "DIFFERS"]


def test_parity_without_fixtures_is_one_line(
    mistake: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_PARITY_DIR", str(tmp_path / "nowhere"))
    assert "no fixtures at" in mistake("parity", "coordfill")
    monkeypatch.setenv("HARNESS_PARITY_DIR", str(tmp_path))
    told = mistake("parity", "coordfill")
    assert told == f"Error: cannot read the fixture set {tmp_path / 'coordfill.json'}: there is no such file\n"
    assert "telea learned nothing: it has no official network to compare with" in mistake("parity", "telea")
    assert "cannot read the fixture set" in mistake("parity", "--fixtures", tmp_path), "every method is asked"


def test_training_what_has_no_recipe_is_one_line(mistake: Callable[..., str]) -> None:
    assert "telea cannot be trained here" in mistake("train", "telea")
    told = mistake("train", "coordfill", "--data", "nowhere")
    assert "nowhere has neither scenes.npy" in told
    assert "docs" not in told
    assert "unknown recipe of coordfill 'pper'. Did you mean paper" in mistake("train", "coordfill", "--recipe", "pper")


def test_a_limit_of_zero_is_told_to_be_all(call: Callable[..., Any]) -> None:
    assert "0: all." in call("run", "--help").out


def test_an_error_of_ours_is_one_line_and_debug_shows_where(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.store.open_run", lambda path: 1 / 0)
    code, out, err = call("status", "run")
    assert (code, out) == (70, "")
    assert err.startswith("Internal error: ZeroDivisionError: division by zero.")
    assert err.count("\n") == 1
    assert "Traceback" in call("--debug", "status", "run").err


def test_status_of_a_complete_run_with_a_skipped_cell_lacks_nothing(
    call: Callable[..., Any], finished: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    (task,) = manifest["suite"]["tasks"]
    manifest["suite"]["tasks"].append(task | {"id": "second"})
    manifest["skipped"].append({"what": "telea", "task": "second", "reason": "cannot restore"})
    (copy / "manifest.json").write_text(json.dumps(manifest))
    out = call("status", copy).out
    assert out.splitlines()[0].partition(": ")[2].startswith("complete, ")
    assert "go on with" not in out
    assert len([line for line in out.splitlines() if line.endswith("skipped: cannot restore")]) == 1
    manifest["cell_keys"]["mean"]["second"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert ", but rows missing below, " in call("status", copy).out.splitlines()[0]


def test_status_where_a_metric_is_not_here_says_so_and_goes_on(
    call: Callable[..., Any], finished: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    (task,) = manifest["suite"]["tasks"]
    task["metrics"].append("of_a_plugin")
    (copy / "manifest.json").write_text(json.dumps(manifest))
    shard = next(copy.glob("records/telea*/*.parquet"))
    rows = pd.read_parquet(shard)
    rows["metric_ids"] = rows["metric_ids"].str.replace('"psnr@hole": "', '"psnr@hole": "x')
    rows.to_parquet(shard)
    code, out, err = call("status", copy)
    assert (code, err) == (0, "")
    assert "of_a_plugin cannot be judged here today: unknown metric 'of_a_plugin'" in out
    assert "stale metric: psnr@hole (" in out
    assert out.count("stale metric") == 1
