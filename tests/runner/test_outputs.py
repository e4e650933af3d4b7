"""`-m NAME=folder:DIR`: outputs of a foreign program stand in the same run, masks and leaderboard, and say so."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

import harness
from harness.report.terminal import print_summary
from harness.runner import outputs as outputs_module
from harness.runner.outputs import file_key, open_outputs

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "limit": 4, "device": "cpu", "report": False}
TASK = "photos-thick"


@pytest.fixture(scope="module")
def telea_outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What telea made of four samples, laid out as a foreign program would."""
    place = tmp_path_factory.mktemp("telea")
    run = harness.run("demo", ["telea"], out=place / "run", keep="all", **SMALL)
    (place / "out" / TASK).mkdir(parents=True)
    for row in run.records.to_dict("records"):
        shutil.copy(run.folder.artifact(row["output_hash"]), place / "out" / TASK / f"{file_key(row['sample'])}.png")
    return place / "out"


@pytest.fixture
def outputs(telea_outputs: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    shutil.copytree(telea_outputs, tmp_path / "out")
    return tmp_path / "out"


def _judge(tmp_path: Path, *methods: str, **more: Any) -> harness.Run:
    return harness.run("demo", methods, out=tmp_path / "run", **{**SMALL, **more})


def _rows(run: harness.Run, entry: str = "mine") -> dict[str, dict[str, Any]]:
    """Records of an entry by key."""
    rows = run.records[run.records["entry"] == entry].to_dict("records")
    return {file_key(str(row["sample"])): {str(k): v for k, v in row.items()} for row in rows}


def _first(outputs: Path) -> Path:
    return min((outputs / TASK).iterdir())


def test_outputs_score_as_the_method_that_made_them(telea_outputs: Path, tmp_path: Path) -> None:
    run = _judge(tmp_path, "telea", f"mine=folder:{telea_outputs}")
    columns = [c for c in run.records if c.startswith("score:")] + ["output_hash", "composite_hash", "input_hash"]
    mine, theirs = _rows(run), _rows(run, "telea")
    assert len(mine) == 4
    for key, row in mine.items():
        assert {c: row[c] for c in columns} == {c: theirs[key][c] for c in columns}
        assert np.isnan(row["seconds"])
        assert np.isnan(row["peak_mb"])
        assert row["cell_key"] != theirs[key]["cell_key"]


def test_the_entry_says_that_nobody_verified_what_it_saw(telea_outputs: Path, tmp_path: Path) -> None:
    run = _judge(tmp_path, "telea", f"mine=folder:{telea_outputs}", report=True)
    entries = {entry["reference"]: entry for entry in run.folder.manifest["entries"]}
    assert (entries["mine"]["leak"], entries["telea"]["leak"]) == ("unverified", "")
    assert entries["mine"]["folder"] == str(telea_outputs)
    standings = {(s.entry, s.table): s for s in run.summary.tasks[0].standings}
    assert standings["mine", "unstated"].leak == "unverified"
    assert standings["mine", "unstated"].ranked
    assert not standings["telea", "unstated"].leak
    assert ">leak: unverified</span>" in run.folder.report_path.read_text()
    summary = json.loads((run.path / "summary.json").read_text())
    assert {s["entry"]: s["leak"] for s in summary["tasks"][0]["standings"]} == {"mine": "unverified", "telea": ""}
    shown = io.StringIO()
    print_summary(run.summary, run.folder.manifest, Console(file=shown, width=110), plain=True)
    assert "mine (leak: unverified) *" in shown.getvalue()
    assert "; leak: unverified: its outputs were computed elsewhere; whether it saw" in " ".join(
        shown.getvalue().split()
    )


@pytest.mark.parametrize(
    ("kind", "tables"),
    [(None, {"unstated"}), ("official", {"official"}), ("mini", {"mini"}), ("none", {""}), ("random", {"random"})],
)
def test_outputs_stand_in_the_table_of_the_weights_that_their_author_states(
    outputs: Path, tmp_path: Path, kind: str | None, tables: set[str]
) -> None:
    if kind:
        (outputs / "entry.json").write_text(json.dumps({"weights": kind}))
    run = _judge(tmp_path, "telea", f"mine=folder:{outputs}", limit=2)
    assert {s.table for s in run.summary.tasks[0].standings if s.entry == "mine"} == tables
    ranked = {s.ranked for s in run.summary.tasks[0].standings if s.entry == "mine"}
    assert ranked == {kind != "random"}


def test_mini_official_and_unstated_outputs_are_never_compared(outputs: Path, tmp_path: Path) -> None:
    names = []
    for kind in ("mini", "official", "unstated"):
        shutil.copytree(outputs, tmp_path / kind)
        (tmp_path / kind / "entry.json").write_text(json.dumps({"weights": kind}))
        names.append(f"{kind}-one=folder:{tmp_path / kind}")
    run = _judge(tmp_path, "telea", *names, limit=2)
    task = run.summary.tasks[0]
    assert {s.table for s in task.standings} == {"mini", "official", "unstated"}
    assert {frozenset((pair.a, pair.b)) for pair in task.pairs} == {
        frozenset(("telea", f"{kind}-one")) for kind in ("mini", "official", "unstated")
    }


def test_what_the_author_says_of_the_method_is_in_the_manifest(outputs: Path, tmp_path: Path) -> None:
    key = _first(outputs).stem
    card = {
        "summary": "fast marching", "licence": "MIT", "paper": "Telea 2004", "weights": "official",
        "trained_on": "Places", "parameters_m": 51.1, "seconds": {f"{TASK}/{key}": 0.25},
    }  # fmt: skip
    (outputs / "entry.json").write_text(json.dumps(card))
    run = _judge(tmp_path, f"mine=folder:{outputs}")
    entry = run.folder.manifest["entries"][0]
    assert {key: entry[key] for key in ("summary", "licence", "paper", "parameters_m")} == {
        key: card[key] for key in ("summary", "licence", "paper", "parameters_m")
    }
    assert (entry["weights"]["kind"], entry["weights"]["trained_on"]) == ("official", "Places")
    rows = _rows(run)
    assert rows[key]["fact:stated_seconds"] == 0.25
    assert np.isnan(rows[key].get("seconds", np.nan))  # measured elsewhere: never beside what was measured here


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("[]", "holds no object"),
        ("{", "cannot be read"),
        ('{"weights": "big"}', 'weights is one of official, mini, random, none, unstated, not "big"'),
        ('{"sumary": "x"}', "entry.json 'sumary'. Did you mean summary? Known: licence, "),
        ('{"summary": 3}', "summary is a text, not 3"),
        ('{"parameters_m": "51 M"}', 'parameters_m is a number of millions, not "51 M"'),
        ('{"parameters_m": -1}', "parameters_m is a number of millions, not -1"),
        ('{"seconds": {"a": true}}', 'seconds is an object {"task/key": seconds}, not {"a": true}'),
        ('{"seconds": 1}', "seconds is an object"),
        ('{"seconds": {"a": 1e999}}', "seconds is an object"),
        ('{"parameters_m": NaN}', "parameters_m is a number of millions, not NaN"),
        (f'{{"parameters_m": 1{"0" * 400}}}', "parameters_m is a number of millions, not 1000"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_wrong_card_is_one_line_that_names_the_key(outputs: Path, tmp_path: Path, card: str, words: str) -> None:
    (outputs / "entry.json").write_text(card)
    with pytest.raises(harness.HarnessError) as told:
        _judge(tmp_path, f"mine=folder:{outputs}")
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert "entry.json" in str(told.value)
    assert not (tmp_path / "run").exists()


def _shrink(pixels: NDArray[np.uint8], path: Path) -> None:
    Image.fromarray(pixels[:128]).save(path)


def _cut(pixels: NDArray[np.uint8], path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


def _empty(pixels: NDArray[np.uint8], path: Path) -> None:
    path.write_bytes(b"")


def _page(pixels: NDArray[np.uint8], path: Path) -> None:
    path.write_text("<html>404</html>")


def _float(pixels: NDArray[np.uint8], path: Path) -> None:
    path.unlink()
    Image.fromarray(pixels[..., 0].astype(np.float32) / 255).save(path.with_suffix(".tif"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_shrink, "is 256 × 128 pixels, its input 256 × 256"),
        (_cut, "damaged PNG file"),
        (_empty, "is empty (0 bytes)"),
        (_page, "not an image: its content is HTML or XML text"),
        (_float, "float pixels do not say which value is white"),
    ],
)
def test_an_output_that_cannot_be_judged_is_a_failed_row_that_names_it(
    outputs: Path, tmp_path: Path, spoil: Callable[..., None], words: str
) -> None:
    path = _first(outputs)
    spoil(np.array(Image.open(path)), path)
    rows = _rows(_judge(tmp_path, f"mine=folder:{outputs}"))
    assert [row["status"] for row in rows.values()].count("ok") == 3
    assert rows[path.stem]["status"] == "failed"
    assert words in rows[path.stem]["reason"]
    assert f"{TASK}/{path.stem}" in rows[path.stem]["reason"]


def _grey16(pixels: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    grey = np.array(Image.fromarray(pixels).convert("L"))
    Image.fromarray(grey.astype(np.uint16) * 257).save(path)
    return np.repeat(grey[..., None], 3, 2)


def _alpha(pixels: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    opacity = np.full(pixels.shape[:2], 255, np.uint8)
    opacity[:10] = 0
    Image.fromarray(np.dstack([pixels, opacity])).save(path)
    pixels[:10] = 255
    return pixels


@pytest.mark.parametrize(("save", "mode"), [(_grey16, "I;16"), (_alpha, "RGBA")])
def test_sixteen_bits_and_transparency_are_converted_by_the_policy_of_all_pictures(
    outputs: Path, tmp_path: Path, save: Callable[..., NDArray[np.uint8]], mode: str
) -> None:
    path = _first(outputs)
    expected = save(np.array(Image.open(path)), path)
    run = _judge(tmp_path, f"mine=folder:{outputs}", keep="all")
    row = _rows(run)[path.stem]
    assert (row["status"], row["fact:mode"]) == ("ok", mode)
    kept = run.folder.artifacts.get(row["output_hash"])
    assert kept is not None
    assert (kept == expected).all()


@pytest.mark.parametrize("suffix", [".bmp", ".tif", ".TIFF", ".ppm", ".PNG"])
def test_other_lossless_files_do_as_well(outputs: Path, tmp_path: Path, suffix: str) -> None:
    path = _first(outputs)
    picture = Image.open(path)
    picture.load()
    path.unlink()
    picture.save(path.with_suffix(suffix))
    row = _rows(_judge(tmp_path, f"mine=folder:{outputs}"))[path.stem]
    assert row["status"] == "ok"
    assert "fact:lossy" not in row


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_jpeg_is_taken_and_marked_whatever_the_file_is_called(
    outputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    path = _first(outputs)
    picture = Image.open(path)
    picture.load()
    path.unlink()
    picture.save(path.with_suffix(suffix), "JPEG", quality=95)
    rows = _rows(_judge(tmp_path, f"mine=folder:{outputs}"))
    assert rows[path.stem]["status"] == "ok"
    assert [row["fact:lossy"] for row in rows.values()].count("JPEG") == 1
    assert "Warning: mine: 1 of 4 outputs are JPEG, which costs decibels; write PNG" in capsys.readouterr().err


def test_missing_keys_are_failed_rows_and_what_is_too_much_is_told_once(
    outputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _first(outputs)
    path.rename(outputs / TASK / "other.png")
    (outputs / "notes.txt").write_text("mine")
    rows = _rows(_judge(tmp_path, f"mine=folder:{outputs}", "mean"))
    assert rows[path.stem]["status"] == "failed"
    assert rows[path.stem]["reason"] == f"no output {TASK}/{path.stem}.png"
    told = capsys.readouterr().err
    assert f"mine lacks 1 of 4 outputs, which count as failed: {TASK}/{path.stem}.png" in told
    assert f"mine: this run asks for no {TASK}/other.png" in told
    assert told.count("other.png") == 1
    assert "notes.txt is left out: not an image file by its suffix" in told


def test_a_folder_without_one_output_is_one_line_with_the_path_that_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "empty" / TASK).mkdir(parents=True)
    Image.new("RGB", (256, 256)).save(tmp_path / "empty" / TASK / "china.png")
    with pytest.raises(
        harness.HarnessError, match=rf"such as {TASK}/china-lama-thick-256-0-[0-9a-f]{{8}}\.png; harness"
    ):
        _judge(tmp_path, "mean", f"mine=folder:{tmp_path / 'empty'}")
    with pytest.raises(harness.HarnessError, match="nowhere: no such folder"):
        _judge(tmp_path, f"mine=folder:{tmp_path / 'nowhere'}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("telea=folder:{}", "'telea' is a registered method; give the outputs in"),
        ("navier-stokes=folder:{}", "'navier-stokes' is a registered method"),
        ("my lama=folder:{}", "'my lama' cannot name an entry"),
        ("=folder:{}", "'' cannot name an entry"),
        ("../x=folder:{}", "'../x' cannot name an entry"),
        ("mine=folder:", "outputs of a method are named NAME=folder:DIR"),
        ("mine=dir:{}", "outputs of a method are named NAME=folder:DIR"),
    ],
)
def test_a_name_that_cannot_stand_is_refused_in_one_line(
    telea_outputs: Path, tmp_path: Path, words: str, told: str
) -> None:
    with pytest.raises(harness.HarnessError) as refused:
        _judge(tmp_path, words.format(telea_outputs))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_used_twice_is_refused(telea_outputs: Path, tmp_path: Path) -> None:
    with pytest.raises(harness.HarnessError, match="method mine is named twice"):
        _judge(tmp_path, f"mine=folder:{telea_outputs}", f"mine=folder:{telea_outputs}/")


def test_links_out_of_the_folder_are_never_followed(outputs: Path, tmp_path: Path) -> None:
    path = _first(outputs)
    shutil.move(path, tmp_path / "elsewhere.png")
    path.symlink_to(tmp_path / "elsewhere.png")
    run = _judge(tmp_path, f"mine=folder:{outputs}")
    assert _rows(run)[path.stem]["status"] == "failed"
    (tmp_path / "card.json").write_text("{}")
    (outputs / "entry.json").symlink_to(tmp_path / "card.json")
    with pytest.raises(harness.HarnessError, match=r"entry\.json is a link that leads out of the folder"):
        _judge(tmp_path, f"mine=folder:{outputs}")


def test_only_changed_outputs_are_read_again(outputs: Path, tmp_path: Path) -> None:
    class Watch(harness.runner.progress.Silent):
        def __init__(self) -> None:
            self.computed: dict[str, int] = {}

        def cell_done(self, entry: str, task: str, result: Any, seconds: float) -> None:
            self.computed[entry] = result.computed

    methods = ("mean", f"mine=folder:{outputs}")
    before = _rows(_judge(tmp_path, *methods))
    _judge(tmp_path, *methods, progress=(same := Watch()))
    assert same.computed == {"mean": 0, "mine": 0}
    path = _first(outputs)
    Image.fromarray(255 - np.array(Image.open(path))).save(path)
    after = _rows(_judge(tmp_path, *methods, progress=(changed := Watch())))
    assert changed.computed == {"mean": 0, "mine": 4}
    assert [key for key in before if before[key]["output_hash"] != after[key]["output_hash"]] == [path.stem]


def test_one_output_a_sample_whatever_the_repeats(telea_outputs: Path, tmp_path: Path) -> None:
    run = _judge(tmp_path, f"mine=folder:{telea_outputs}", repeats=3)
    assert len(run.records) == 4


def test_an_output_that_changes_under_the_run_is_not_judged(
    outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.runner import execute

    path, original = _first(outputs), execute.outputs_notes

    def notes(*args: Any) -> list[str]:
        Image.new("RGB", (256, 256)).save(path)
        return original(*args)

    monkeypatch.setattr(execute, "outputs_notes", notes)
    rows = _rows(_judge(tmp_path, f"mine=folder:{outputs}"))
    assert "changed while the run was reading the folder; run again" in rows[path.stem]["reason"]


def test_outputs_cannot_fill_further_pictures(telea_outputs: Path, tmp_path: Path) -> None:
    picture, mask = tmp_path / "a.png", tmp_path / "m.png"
    cv2.imwrite(str(picture), np.full((32, 32, 3), 90, np.uint8))
    cv2.imwrite(str(mask), np.pad(np.full((8, 8), 255, np.uint8), 12))
    with pytest.raises(harness.HarnessError, match="mine is a folder of outputs"):
        list(harness.inpaint_files(f"mine=folder:{telea_outputs}", [picture], mask, tmp_path / "b.png", warn=print))


def test_a_folder_given_relatively_is_found_again_from_anywhere(
    telea_outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.plugins import registry
    from harness.runner.entries import resolve_described

    monkeypatch.chdir(telea_outputs.parent)
    run = _judge(tmp_path, f"mine=folder:{telea_outputs.name}")
    monkeypatch.chdir(os.sep)
    entry = run.folder.manifest["entries"][0]
    assert resolve_described(entry, registry()).identity() == entry["identity"]


def test_a_large_folder_is_hashed_file_by_file(tmp_path: Path) -> None:
    for number in range(16):
        (tmp_path / f"{number}.png").write_bytes(os.urandom(1 << 20))
    (tmp_path / "16.png").write_bytes(b"\xff\xd8\xff\xe0")
    tracemalloc.start()
    try:
        found = open_outputs(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 << 20  # all at once they have 16 MiB
    assert found.jpegs == {"16.png"}
    assert found.files == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}


def test_an_output_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = outputs_module.scan

    def scanned(folder: Path) -> Any:
        found = scan(folder)
        (tmp_path / "a.png").unlink()
        return found

    (tmp_path / "a.png").write_bytes(b"x")
    monkeypatch.setattr(outputs_module, "scan", scanned)
    with pytest.raises(harness.HarnessError, match=r"a\.png: cannot be read: No such file") as told:
        open_outputs(tmp_path)
    assert "\n" not in str(told.value)
