"""`compare`: two runs or entries judged on what both have, refused where they are not comparable; the gate of CI."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import harness
from harness.comparison.comparable import inputs_differ, metric_differs
from harness.store.shards import parquet_path, read_rows, write_parquet

HALTING = '''
from collections.abc import Callable
from harness import Images, MethodSpec, hookimpl


class Halting:
    """Fills three holes, then somebody presses Ctrl-C."""

    def __init__(self, setup):
        self.left = 4  # one call is the warm-up

    def inpaint(self, batch):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return Images(batch.image)


class Failing(Halting):
    """Has no answer on what is mostly dark."""

    def inpaint(self, batch):
        if batch.image.mean() < 0.3:
            raise ValueError("too dark")
        return Images(batch.image)


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    for name, target in (("halting", "Halting"), ("failing", "Failing")):
        register(MethodSpec(name, ("inpaint",), f"halts:{target}", "1", "for a test", "MIT", tags=frozenset({"floor"})))
'''


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`before` and `after` hold telea and harmonic on six photographs; `few` has three of them."""
    place = tmp_path_factory.mktemp("compared")
    asked: dict[str, Any] = {"device": "cpu", "keep": "none", "report": False}
    harness.run("demo", ["telea", "harmonic", "mean"], out=place / "before", **asked)
    harness.run("demo", ["telea", "harmonic", "navier-stokes"], out=place / "after", **asked)
    harness.run("demo", ["telea", "mean"], out=place / "few", limit=3, **asked)
    return place


@pytest.fixture
def edited(runs: Path, tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], Any]], Path]:
    """A copy of `after` with another manifest, as a run of another suite or machine has it."""

    def edit(change: Callable[[dict[str, Any]], Any]) -> Path:
        folder = tmp_path / "other"
        shutil.copytree(runs / "after", folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        change(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return edit


# ---- what is compared with what


def test_two_entries_of_a_run(runs: Path, call: Callable[..., Any]) -> None:
    code, out, err = call("compare", f"{runs}/before::telea", f"{runs}/before::harmonic")
    assert (code, err) == (0, "")
    assert "telea → harmonic" in out
    assert "harmonic is better than telea by 1." in out
    assert "(6 clusters)." in out
    row = next(line for line in out.splitlines() if line.startswith("telea → harmonic"))
    assert row.split()[-1] == "better"
    assert "6/0/0" in row
    for column in ("feat_efl0@hole ↓", "ssim@hole ↑", "seconds a sample", "peak memory (MB)"):
        assert column in out
    assert not any("\x1b" in line for line in out.splitlines())
    assert max(map(len, out.splitlines()[2:])) <= 110


def test_the_python_face_gives_what_the_records_say(runs: Path) -> None:
    records = harness.open_run(runs / "before").records()
    table = records.pivot_table(index="sample", columns="entry", values="score:psnr@hole")
    [contest] = harness.compare(f"{runs}/before::telea", f"{runs}/before::harmonic").contests
    loss = (table["harmonic"] - table["telea"]).sort_values()
    assert contest.primary.diff.value == pytest.approx(loss.mean())
    assert (contest.primary.a, contest.primary.b) == pytest.approx((table["telea"].mean(), table["harmonic"].mean()))
    back = harness.compare(f"{runs}/before::harmonic", f"{runs}/before::telea", worst=2).contests[0]
    assert [one.sample for one in back.worst] == list(loss.index[::-1][:2])


def test_two_runs_pair_what_they_share(runs: Path, call: Callable[..., Any]) -> None:
    code, out, _ = call("compare", runs / "before", runs / "after")
    assert code == 0
    assert "telea is equivalent: equal PSNR in the hole on all 6 samples." in out
    assert "harmonic is equivalent: equal PSNR in the hole on all 6 samples." in out
    assert "Holm over 2 comparisons" in " ".join(out.split())
    assert "only in A: mean" in out
    assert "only in B: navier-stokes" in out


def test_one_entry_against_a_run_is_the_same_entry_there(runs: Path) -> None:
    found = harness.compare(f"{runs}/before::telea", runs / "after")
    assert [(one.a.entry, one.b.entry) for one in found.contests] == [("telea", "telea")]
    assert found.notes == ()


def test_a_change_between_two_runs_is_named(edited: Any, runs: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["entries"][0]["identity"] |= {"version": "2", "weights": "ab" * 32}
        manifest["entries"][1]["source_digest"] = "0" * 64

    telea, harmonic = harness.compare(runs / "before", edited(change)).contests
    assert telea.notes == ("changed from A to B: version 1 → 2, weights none → abababababab",)
    assert harmonic.notes == ("changed from A to B: code changed under version 1",)


def test_what_tempers_a_verdict_is_said(edited: Any, runs: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        telea, harmonic, _ = manifest["entries"]
        telea |= {"weights": {"kind": "mini"}, "tags": ["oracle"], "leak": "unverified"}
        harmonic |= {"weights": {"kind": "official"}, "optimises": ["psnr"]}

    other = edited(change)
    telea, harmonic = harness.compare(runs / "before", other).contests
    assert telea.notes == (
        "B: this project's small checkpoints; says nothing about the papers",
        "B: an oracle: given what the others must find",
        "B: leak: unverified: its outputs were computed elsewhere",
    )
    assert harmonic.notes == ("B: optimises psnr, which judges it here",)
    assert harness.compare(f"{other}::harmonic", f"{other}::harmonic").contests[0].notes == (
        "A and B: optimises psnr, which judges it here",
    )


def test_metrics_and_tasks_can_be_chosen(runs: Path, mistake: Callable[..., str]) -> None:
    pair = (f"{runs}/before::telea", f"{runs}/before::harmonic")
    [contest] = harness.compare(*pair, metrics=["psnr"], tasks=["photos-thick"]).contests
    assert [effect.metric for effect in contest.others] == ["psnr"]
    [alone] = harness.compare(*pair, metrics="psnr", tasks="photos-thick").contests
    assert [effect.metric for effect in alone.others] == ["psnr"]
    assert "unknown metric of both on photos-thick 'pnsr'. Did you mean psnr?" in mistake(
        "compare", *pair, "--metric", "pnsr"
    )
    assert "Did you mean photos-thick?" in mistake("compare", *pair, "--task", "photos-thin")


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ("before::tele", "after", "unknown entry of {}/before 'tele'. Did you mean telea?"),
        ("nowhere", "after", "nowhere is not a run folder"),
        ("before::mean", "after::", "unknown entry of {}/after ''"),
        (
            "before::mean",
            "after",
            "no entry of {}/after (telea, harmonic, navier-stokes) is one of {}/before::mean (mean)",
        ),
    ],
)
def test_a_mistake_is_one_line(runs: Path, mistake: Callable[..., str], a: str, b: str, told: str) -> None:
    assert told.replace("{}", str(runs)) in mistake("compare", runs / a, runs / b)


def test_a_margin_must_be_one(runs: Path, mistake: Callable[..., str]) -> None:
    assert "a margin is above 0, not -1" in mistake("compare", runs / "before", runs / "after", "--margin", "-1")


# ---- F31: what is not the same is refused, and named


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("mask_version", "2", "mask set version 1 against 2"),
        ("maskset", "lama-thin-256", "mask set lama-thick-256 against lama-thin-256"),
        ("role", "region", "mask role hole against region"),
        ("gives", ["image"], "gives image+mask against image"),
    ],
)
def test_other_holes_are_refused(
    runs: Path, edited: Any, mistake: Callable[..., str], field: str, value: Any, told: str
) -> None:
    other = edited(lambda manifest: manifest["suite"]["tasks"][0]["identity"].update({field: value}))
    assert f"photos-thick is not comparable: {told}; " in mistake("compare", runs / "before", other)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"content": "0" * 64}, "data set content CONTENT against 000000000000"),
        ({"content": "0" * 64, "version": "2"}, "data set version 1 against 2"),
        ({"content": "0" * 64, "dataset": "folder"}, "data set photos[view=square-256] against folder"),
    ],
)
def test_other_pictures_are_refused(
    runs: Path, edited: Any, mistake: Callable[..., str], change: dict[str, str], told: str
) -> None:
    other = edited(lambda manifest: manifest["suite"]["tasks"][0]["identity"].update(change))
    [task] = harness.open_run(runs / "before").manifest["suite"]["tasks"]
    told = told.replace("CONTENT", task["identity"]["content"][:12])
    assert f"photos-thick is not comparable: {told}; " in mistake("compare", runs / "before", other)


def test_the_same_pictures_under_another_name_are_the_same(runs: Path, edited: Any) -> None:
    other = edited(lambda manifest: manifest["suite"]["tasks"][0]["identity"].update(dataset="folder[path=x]"))
    assert len(harness.compare(runs / "before", other).contests) == 2


def test_another_metric_under_the_same_name_is_refused(runs: Path, edited: Any, mistake: Callable[..., str]) -> None:
    other = edited(lambda m: m["suite"]["tasks"][0]["metrics_info"]["psnr@hole"].update(version="2"))
    told = mistake("compare", runs / "before", other)
    assert "photos-thick is not comparable: psnr@hole version 1 against 2; " in told


def test_another_primary_metric_is_refused(runs: Path, edited: Any, mistake: Callable[..., str]) -> None:
    other = edited(lambda manifest: manifest["suite"]["tasks"][0].update(primary="psnr"))
    assert "primary metric psnr@hole against psnr; " in mistake("compare", runs / "before", other)


def test_another_exploratory_metric_is_left_out_and_said(runs: Path, edited: Any, mistake: Callable[..., str]) -> None:
    other = edited(lambda m: m["suite"]["tasks"][0]["metrics_info"]["ssim@hole"].update(reduction="another"))
    found = harness.compare(runs / "before", other)
    assert "ssim@hole" not in [effect.metric for effect in found.contests[0].others]
    [note] = [note for note in found.notes if "ssim@hole" in note]
    assert note.startswith("not compared on photos-thick: ssim@hole reduction mean over ")
    assert note.endswith(" against another")
    told = mistake("compare", runs / "before", other, "--metric", "ssim@hole")
    assert "ssim@hole is not comparable on photos-thick: ssim@hole reduction" in told


def test_other_arithmetic_is_refused(runs: Path, edited: Any, mistake: Callable[..., str]) -> None:
    other = edited(lambda manifest: manifest["numerics"].update(device="cuda"))
    assert "device cpu against cuda; " in mistake("compare", runs / "before", other)


def test_another_seed_matters_only_to_what_draws(runs: Path, edited: Any, mistake: Callable[..., str]) -> None:
    other = edited(lambda manifest: manifest.update(seed=1))
    assert len(harness.compare(runs / "before", other).contests) == 2, "telea and harmonic draw nothing"
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["entries"][0]["method"] = "somebody-elses"
    (other / "manifest.json").write_text(json.dumps(manifest))
    assert "seed 0 against 1; " in mistake("compare", runs / "before", other)


def test_seconds_of_two_machines_are_not_compared(runs: Path, edited: Any, call: Callable[..., Any]) -> None:
    other = edited(lambda manifest: manifest["hardware"].update(processor="Abacus"))
    out = call("compare", runs / "before", other).out
    assert "seconds and memory are not compared: processor " in out
    assert "against Abacus" in out
    assert "seconds a sample" not in out


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"sample": ["s0", "s1"], "status": "ok", "cluster": "c", "input_hash": "h"}).assign(**columns)


def test_a_metric_is_known_by_the_id_kept_with_every_record() -> None:
    task = {"metrics_info": {"psnr": {"version": "1"}}}
    same = frame(metric_ids='{"psnr": "aa"}')
    assert metric_differs("psnr", task, task, (same, same)) is None
    assert metric_differs("psnr", task, task, (same, same.iloc[:0])) is None
    told = str(metric_differs("psnr", task, task, (same, frame(metric_ids='{"psnr": "bb"}'))))
    assert told == "psnr parameters, weights or library (id) aa against bb"
    half = frame(metric_ids=['{"psnr": "aa"}', '{"psnr": "bb"}'])
    assert str(metric_differs("psnr", task, task, (half, half))).endswith("aa+bb against aa+bb")
    failed = frame(metric_ids=['{"psnr": "aa"}', "{}"], status=["ok", "failed"])
    assert metric_differs("psnr", task, task, (same, failed)) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"input_hash": ["h", "i"]}, "input of s1: h against i"),
        ({"cluster": ["c", "d"]}, "cluster of s1: c against d"),
        ({"input_hash": ["h", ""]}, "None"),
        ({}, "None"),
    ],
)
def test_a_sample_that_changed_under_its_name_is_seen(change: dict[str, Any], told: str) -> None:
    assert str(inputs_differ(frame(), frame(**change))) == told


# ---- F32: what is incomplete is compared on what both have, and never ranked


def test_a_smaller_run_is_compared_on_its_samples(runs: Path, call: Callable[..., Any]) -> None:
    out = call("compare", f"{runs}/before::mean", f"{runs}/few::mean").out
    assert "compared on 3 of 6 common samples (A: 6/6, B: 3/3)" in out
    assert call("compare", f"{runs}/before::mean", f"{runs}/few::mean", "--gate").code == 0


def test_a_run_stopped_half_way_is_compared_on_what_it_has_and_not_ranked(
    runs: Path, call: Callable[..., Any], with_plugin: Callable[..., None]
) -> None:
    with_plugin("halts", HALTING)
    asked = ("--suite", "demo", "--device", "cpu", "--keep", "none")
    assert call("run", *asked, "-m", "mean", "-m", "halting", "--out", "stopped").code == 130
    rows = list(csv.DictReader(io.StringIO(call("report", "stopped", "--format", "csv").out)))
    [halting] = [row for row in rows if row["entry"] == "halting" and row["primary"] == "true"]
    assert (halting["ranked"], halting["rank"], halting["ok"]) == ("false", "", "3")
    assert halting["note"] == "incomplete: 3 of 6 samples"
    [mean] = [row for row in rows if row["entry"] == "mean" and row["primary"] == "true"]
    assert (mean["ranked"], mean["rank"], mean["rank_hi"], mean["n"]) == ("true", "1", "1", "6")
    code, out, _ = call("compare", "stopped::mean", "stopped::halting", "--gate")
    assert "compared on 3 of 6 common samples (A: 6/6, B: 3/6)" in out
    assert code == 1
    assert out.splitlines()[-1] == "gate: failed: halting on photos-thick has no result on 3 samples that A has (3/6)"


def test_failures_are_counted_and_close_the_gate(call: Callable[..., Any], with_plugin: Callable[..., None]) -> None:
    with_plugin("halts", HALTING)
    call("run", "--suite", "demo", "--keep", "none", "-m", "mean", "-m", "failing", "--out", "run")
    failed = harness.open_run("run").records().query("entry == 'failing'")["status"].value_counts()
    assert 0 < failed["failed"] < 6
    code, out, _ = call("compare", "run::mean", "run::failing", "--gate")
    assert code == 1
    counts = f"{failed['ok']}/6, {failed['failed']} failed"
    assert f"compared on {failed['ok']} of 6 common samples (A: 6/6, B: {counts})" in out
    assert f"has no result on {failed['failed']} sample" in out.splitlines()[-1]
    assert out.splitlines()[-1].endswith(f"that A has ({counts})")


# ---- the gate


def test_the_gate_passes_what_is_better(runs: Path, call: Callable[..., Any]) -> None:
    code, out, _ = call("compare", f"{runs}/before::telea", f"{runs}/after::harmonic", "--gate")
    assert (code, out.splitlines()[-1]) == (0, "gate: passed")


def test_the_gate_stops_what_is_worse(runs: Path, call: Callable[..., Any]) -> None:
    code, out, _ = call("compare", f"{runs}/before::harmonic", f"{runs}/after::telea", "--gate")
    assert code == 1
    told = r"gate: failed: telea on photos-thick is worse than harmonic by 1\.\d\d dB \[0\.\d\d, 2\.\d\d\], p = 0\.031"
    assert re.fullmatch(told, out.splitlines()[-1])
    assert "B loses most on (psnr@hole)" in out


def test_the_gate_stops_what_has_no_score_where_a_has_one(runs: Path, edited: Any, call: Callable[..., Any]) -> None:
    other = edited(lambda manifest: None)
    stem = harness.open_run(other).cell("harmonic", "photos-thick")
    rows = read_rows(stem)
    rows.loc[:3, "score:psnr@hole"] = float("nan")
    write_parquet(parquet_path(stem), rows)
    code, out, _ = call("compare", f"{runs}/before::telea", f"{other}::harmonic", "--gate")
    assert code == 1
    assert "compared on 2 of 6 common samples (A: 6/6, B: 6/6, 4 without a score)" in out
    assert out.splitlines()[-1] == (
        "gate: failed: harmonic on photos-thick has no score on 4 samples that A has (6/6, 4 without a score)"
    )


def test_without_the_gate_a_worse_b_is_no_error(runs: Path, call: Callable[..., Any]) -> None:
    code, out, _ = call("compare", f"{runs}/before::harmonic", f"{runs}/after::telea")
    assert code == 0
    assert "gate" not in out


def test_a_margin_asks_for_proof(runs: Path, call: Callable[..., Any]) -> None:
    pair = (f"{runs}/before::telea", f"{runs}/after::navier-stokes")
    wide = call("compare", *pair, "--gate", "--margin", "2")
    assert (wide.code, wide.out.splitlines()[-1]) == (0, "gate: passed")
    narrow = call("compare", *pair, "--gate", "--margin", "0.05")
    assert narrow.code == 1
    last = narrow.out.splitlines()[-1]
    assert last.startswith(
        "gate: failed: navier-stokes on photos-thick is not shown to be within 0.05 dB of telea: +0.0"
    )
    assert ", one-sided p = " in last


def test_a_gate_that_could_not_fail_says_so(runs: Path, call: Callable[..., Any]) -> None:
    code, out, _ = call("compare", f"{runs}/before::mean", f"{runs}/few::mean", "--gate")
    assert code == 0
    assert out.splitlines()[-2:] == [
        "mean on photos-thick: too few clusters to show that B is worse", "gate: passed",
    ]  # fmt: skip


# ---- for programs


def test_every_format_tells_the_same(runs: Path, call: Callable[..., Any]) -> None:
    pair = ("compare", f"{runs}/before::harmonic", f"{runs}/after::telea", "--format")
    document = json.loads(call(*pair, "json").out)
    [contest] = document["contests"]
    assert document["gate"] == "failed"
    rows = list(csv.DictReader(io.StringIO(call(*pair, "csv").out)))
    assert [(row["metric"], row["verdict"]) for row in rows[:1]] == [("psnr@hole", "worse")]
    assert {"ssim@hole", "psnr", "seconds", "peak_mb"} < {row["metric"] for row in rows[1:]}
    assert {row["verdict"] for row in rows[1:]} == {""}
    for row, effect in zip(rows, [contest["primary"], *contest["others"], *contest["costs"]], strict=True):
        assert float(row["difference"]) == effect["diff"]["value"]
        assert (float(row["lo"]), float(row["hi"])) == (effect["diff"]["lo"], effect["diff"]["hi"])
    markdown, latex = call(*pair, "markdown").out, call(*pair, "latex").out
    assert re.search(r"\| −1\.\d\d \\\[−2\.\d\d, −0\.\d\d\\\] \|", markdown)
    assert "**worse**" in markdown
    assert re.search(r"\$-\$1\.\d\d \{\[\}\$-\$2\.\d\d, \$-\$0\.\d\d\{\]\}", latex)
    assert r"\textbf{worse}" in latex


def test_the_gate_does_not_stand_in_a_program_s_way(runs: Path, call: Callable[..., Any]) -> None:
    pair = (f"{runs}/before::harmonic", f"{runs}/after::telea")
    code, out, err = call("compare", *pair, "--gate", "--format", "json")
    assert code == 1
    assert json.loads(out)["contests"][0]["verdict"] == "worse"
    assert err.startswith("gate: failed: telea")
