"""Papers' numbers: as their sources have them, apart from measured ones, safe wherever they are written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import HarnessError, leaderboard
from harness.leaderboard.places import roots
from harness.leaderboard.schema import SCHEMAS, problems, schema_text
from harness.report.reported import table_sheet
from harness.report.views.reported import reported as view
from harness.store.files import write_json

SHIPPED = next(place for place, ours in roots() if ours)
EVIL = '=HYPERLINK("http://evil.example")|![x](http://y.z)\\input{/etc/passwd}<b>\u202e'

# Typed by hand from shared/methods/inpaint.md §8 and §5 and diffusion.md §5, not copied from the files.
TYPED = {
    ("cm-gan-table-1", "ProFill"): (7.700, 0.230, 21.19, 3.87),
    ("cm-gan-table-1", "EC"): (12.086, 0.414, 9.21, 0.28),
    ("cm-gan-table-1", "MEDFE"): (35.454, 0.445, 7.10, 0.35),
    ("pixelhacker-table-2", "MAT (8M)"): (1.96, None, 23.42, 38.34, 0.78, None, 31.72, 43.71),
    ("pixelhacker-table-2", "HiFill"): (28.92, 0.284, 1.24, 11.24, 7.94, 0.148, 3.98, 23.60),
    ("pixelhacker-table-4", "DeepFill v2"): (24.42, 0.221),
    ("mat-issue-86", "MAT"): (2.86, 21.15, 32.56),
    ("pixelhacker-table-3", "HiFill"): (81.27, 0.488, 64.07, 0.438),
    ("pixelhacker-table-1", "SmartBrush"): (87.21, 0.2812),
    ("lama-table-1", "HiFill"): (3, 9.24, 0.218, 12.8, 0.180, 12.7, 0.085, None, None, None, None),
    ("lama-table-1", "RegionWise"): (47, 0.90, 0.102, 4.75, 0.149, 7.58, 0.066, 11.1, 0.124, 8.54, 0.121),
    ("lama-table-1", "GCPR"): (30, 2.93, 0.143, 6.54, 0.161, 9.20, 0.073, None, None, None, None),
    ("palette-table-2", "DeepFillv2"): (9.4, 13.5, 18.0, 15.3),
    ("coordfill-issue-6", "CoordFill, released model"): (29.58, 0.893, 0.0809),
    ("mmagic-aot-gan", "AOT-GAN, paper 40–50 %"): (21.65, 0.773, 4.51),
    ("mmagic-aot-gan", "AOT-GAN, reimplemented 10–20 %"): (31.22, None, None),
    ("mmagic-model-cards", "PConv"): (25.404, 0.853, 22.762, 0.801),
    ("profill-qcmp", "ProFill *"): (0.0194, 28.20, 0.8985),
    ("eradiff-table-1", "LaMa"): (7.533, 0.219, 6.091),
    ("inst-inpaint-readme", "Inst-Inpaint"): (5.68, 0.77, 0.64, 0.57),
    ("amodal-completion", "LaMa"): (0.288, 0.265, 0.098, 0.124, 0.054, 0.091),
    ("removal-lpips-maniqa", "InstructP2P"): (0.177, 0.791),
}

# From assess.md §1.6: (places of values, values) of a row.
FACES = {
    ("sdd-fiqa-table-1", "SDD-FIQA"): ((0, 3, 7, 11), (0.8284, 0.8149, 0.5996, 0.7329)),
    ("sdd-fiqa-table-1", "FaceQnet-V1"): ((1, 4, 10), (0.5471, 0.3809, 0.6552)),
    ("sdd-fiqa-table-2", "SDD-FIQA"): ((3, 7), (0.7979, 0.6114)),
    ("clib-fiqa-sdd-arcface", "SDD-FIQA"): ((0, 8, 9, 17), (0.850, 0.736, 0.682, 0.498)),
    ("clib-fiqa-sdd-cosface", "SDD-FIQA"): ((3, 8, 13, 17), (0.761, 0.775, 0.843, 0.523)),
    ("clib-fiqa-averages", "SER-FIQ"): ((0, 1), (0.814, 0.658)),
}


def test_the_numbers_about_faces_are_those_of_the_notes() -> None:
    tables = {table.name: table for table in leaderboard.reported("fiqa", [SHIPPED])}
    assert set(tables) == {name for name, _ in FACES}
    for (name, method), (places, values) in FACES.items():
        row = next(row for row in tables[name].rows if row.method == method)
        assert tuple(row.values[k] for k in places) == values, (name, method)


def test_the_numbers_about_artifacts_are_those_of_the_notes() -> None:
    """assess.md §2.8: mIoU / F1 of six sets."""
    (table,) = leaderboard.reported("artifacts", [SHIPPED])
    found = {row.method: row.values for row in table.rows}
    assert found["PAL4VST"] == (50.46, 19.25, 52.55, 21.61, 59.18, 35.70, 52.55, 19.14, 47.34, 11.58, 49.88, 14.78)
    assert found["LEGION"] == (54.62, 29.90, 54.52, 27.43, 60.82, 39.44, 53.67, 24.51, 48.66, 16.71, 50.07, 17.41)


def test_the_shipped_numbers_are_those_of_the_notes() -> None:
    tables = {table.name: table for table in leaderboard.reported("inpainting", [SHIPPED])}
    assert set(tables) == {name for name, _ in TYPED}  # a row of every table
    for (name, method), values in TYPED.items():
        found = {f"{row.method} {row.setting}".strip(): row.values for row in tables[name].rows}
        assert found[method] == values, (name, method)


def test_a_shipped_table_says_whose_it_is_and_of_which_method_of_ours() -> None:
    for table in leaderboard.reported("", [SHIPPED]):
        assert "founding notes" in table.source_line
        ours = {row.reference for row in table.rows} - {""}
        assert ours <= {"coordfill", "hifill", "icfgu", "smartbrush", "instinpaint", "sddfiqa", "par"}
    names = {table.name: table for table in leaderboard.reported("inpainting", [SHIPPED])}
    assert [row.note for row in names["pixelhacker-table-1"].rows if "read as FID" not in row.note] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_printed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from harness.cli import cli

    shown = CliRunner().invoke(cli, ["show", f"schema:{name}"], catch_exceptions=False)
    assert json.loads(shown.stdout) == json.loads(schema_text(name))
    schema = json.loads(shown.stdout)
    assert schema["additionalProperties"] is False


def test_a_card_with_anything_missing_or_strange_is_refused(board: Path) -> None:
    card = json.loads((board / "board.json").read_text())
    assert list(problems("board", card)) == []
    for key in card["rows"][0]:
        lacking = {**card, "rows": [{k: v for k, v in card["rows"][0].items() if k != key}]}
        assert any(f"'{key}' is a required" in line for line in problems("board", lacking)), key
    strange = {**card, "rows": [{**card["rows"][0], "rank": 1}]}
    assert any("'rank'" in line for line in problems("board", strange))
    for key, value in (("added", "today"), ("commit", "abc"), ("source", "xyz"), ("seconds", -1), ("entry", "")):
        assert list(problems("board", {**card, "rows": [{**card["rows"][0], key: value}]})), key


def test_reported_and_measured_share_no_export(root: Path) -> None:
    measured = list(csv.DictReader(io.StringIO(leaderboard.export("golden", root=root), newline="")))
    assert {row["tier"] for row in measured} == {"measured here", "reproduced by a third party"}
    assert {row["entry"] for row in measured} == {"mean", "telea"}
    assert {(row["by"], row["entry"]) for row in measured} == {("", "mean"), ("Ada", "telea")}
    assert all(len(row["added"]) == 10 and len(row["source"]) == 8 for row in measured)
    papers = list(csv.DictReader(io.StringIO(leaderboard.export_reported("golden", root=root), newline="")))
    assert [row["tier"] for row in papers] == ["reported"] * 4
    assert [(row["method"], row["column"], row["value"]) for row in papers] == [
        ("LaMa", "PSNR", "20.5"), ("LaMa", "FID", ""), ("Telea", "PSNR", "18"), ("Telea", "FID", "3.25"),
    ]  # fmt: skip
    for layout in ("md", "tex", "json"):
        assert "A paper" not in leaderboard.export("golden", layout, root=root)
        told = leaderboard.export_reported("golden", layout, root=root)
        assert "A paper" in told
        assert "share no table and no column with measured ones" in told
        assert "measured here" not in told
    document = json.loads(leaderboard.export("golden", "json", root=root))
    entries = document["boards"][0]["tasks"][0]["tables"][0]["entries"]
    assert {(entry["entry"], entry["tier"]) for entry in entries} >= {("mean", "measured here")}


def test_names_act_nowhere(root: Path, board: Path, edit: Callable[..., None]) -> None:
    """F28: formulas, Markdown and LaTeX in titles, in who made a run, and in a paper's names."""
    edit(board / "manifest.json", lambda m: m["entries"][0].update(title=EVIL))
    edit(board / "board.json", lambda card: card["rows"][0].update(by=EVIL))

    def evil(table: Any) -> None:
        table.update(title=EVIL)
        table["source"].update(work=EVIL, place=EVIL)
        table["protocol"].update(data=EVIL)
        table["columns"][0].update(name=EVIL)
        table["rows"][0].update(method=EVIL, note=EVIL, setting=EVIL)

    edit(root / "reported" / "golden" / "a-table.json", evil)
    for write in (leaderboard.export, leaderboard.export_reported):
        for row in csv.reader(io.StringIO(write("golden", root=root), newline="")):
            assert [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
        for layout in ("md", "tex"):
            text = write("golden", layout, root=root)
            assert "\u202e" not in text
            assert "![x](" not in text
            assert "<b>" not in text
            assert "\\input{" not in text.replace("\\\\", "")  # in Markdown a doubled backslash is one that is seen
            assert "http://evil" not in text or layout == "tex"
        assert json.loads(write("golden", "json", root=root))
        assert "\u202e" not in write("golden", "json", root=root)
    page = str(view(leaderboard.reported("golden", [root])))
    assert "<b>\u202e" not in page
    assert "&lt;b&gt;" in page


def test_golden_exports(root: Path) -> None:
    assert leaderboard.export_reported("golden", "md", root=root) == (
        "### A table (reported)\n\n"
        "| method | PSNR ↑ (dB) | FID ↓ | here | note |\n| --- | ---: | ---: | --- | --- |\n"
        "| LaMa | 20.5 |  |  |  |\n| Telea, radius 3 | 18 | 3.25 | telea | unclear |\n\n"
        "- Source: A paper: Table 1 (stored text of the paper; through a test).\n"
        "- Protocol: not stated: data, masks, n, size, colour, extractor.\n"
        "- Reported, not measured: other pictures, masks, sizes and metric code than here, so these numbers share no "
        "table and no column with measured ones.\n"
    )


def test_a_board_can_be_exported_by_its_own_name_and_an_unknown_one_is_a_mistake(
    root: Path, call: Callable[..., Any], tmp_path: Path
) -> None:
    done = call("export", "golden/v1-cpu", "--root", root, "--format", "md", "-o", tmp_path / "board.md")
    assert done.code == 0, done.err
    text = (tmp_path / "board.md").read_text()
    assert text.startswith("## golden/v1-cpu\n\n### Postage stamps")
    assert "| tier | added | commit |" in text
    unknown = call("export", "goldn", "--root", root)
    assert unknown.code == 2
    assert "unknown leaderboard 'goldn'. Did you mean golden" in unknown.err
    assert call("export", "demo", "--reported", "--root", root).code == 2
    assert call("export", "golden", "--root", root, "-o", tmp_path / "no" / "x.csv").code == 2


def test_show_prints_measured_boards_first_and_papers_apart(
    root: Path, call: Callable[..., Any], tmp_path: Path
) -> None:
    shown = call("show", "golden", "--root", root)
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    at = {words: next(i for i, line in enumerate(lines) if line.startswith(words)) for words in (
        "golden/v1-cpu", "Postage stamps", "measured here", "Reported, not measured", "A table", "A paper: Table 1",
    )}  # fmt: skip
    assert list(at.values()) == sorted(at.values())
    assert any(line.startswith("reproduced by a third party (Ada), added ") for line in lines)
    assert "Telea, radius 3" in shown.out
    empty = call("show", "--root", tmp_path)
    assert "no leaderboard is here yet" in empty.out
    assert call("show", "nothing", "--root", root).code == 2
    (root / "measured").rename(tmp_path / "gone")
    assert call("show", "golden", "--root", root).out.lstrip().startswith("Reported, not measured")


def test_a_view_shows_every_number_with_its_source(root: Path) -> None:
    page = str(view(leaderboard.reported("golden", [root])))
    for words in ("A table", "A paper: Table 1", "20.5", "3.25", "radius 3", "not stated: data, masks", "telea"):
        assert words in page
    assert str(view([])) == ""


def test_a_wide_table_keeps_its_columns(root: Path, edit: Callable[..., None]) -> None:
    def widen(table: Any) -> None:
        table["columns"] = [{"name": f"FID, set {n}", "unit": "", "better": "lower"} for n in range(40)]
        table["rows"] = [{"method": "m", "setting": "", "reference": "", "values": list(range(40)), "note": ""}]

    path = root / "reported" / "golden" / "a-table.json"
    edit(path, widen)
    (table,) = leaderboard.reported("golden", [root])
    assert len(table_sheet(table).columns) == 41

    from rich.console import Console

    from harness.report.reported import print_reported

    out = io.StringIO()
    print_reported([table], Console(file=out), plain=True)
    assert all(f"set {n} ↓" in out.getvalue() for n in range(40))
    assert max(map(len, out.getvalue().splitlines())) <= 110
    write_json(path, {**json.loads(path.read_text()), "schema": 2})
    with pytest.raises(HarnessError, match="schema: 1 was expected"):
        leaderboard.reported("golden", [root])


@pytest.mark.parametrize("damage", ['{"schema": 1, "rows": [{}]}', '{"schema": 1}', "{", "[]"])
def test_a_damaged_card_is_one_line(root: Path, board: Path, call: Callable[..., Any], damage: str) -> None:
    (board / "board.json").write_text(damage)
    for words in (("show", "golden"), ("export", "golden")):
        done = call(*words, "--root", root)
        assert done.code == 2
        assert done.err.count("\n") == 1
        assert "is damaged" in done.err
        assert "harness leaderboard check" in done.err
    assert call("check", "--root", root).code == 1
