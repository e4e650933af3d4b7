"""`harness score`: folders of pictures, and a run's kept outputs, give the metrics' own numbers."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

import harness
from harness.interfaces import MetricBatch
from harness.plugins import load_target, registry

NAMES = ("a/cat", "a/coffee", "rocket")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Three truths, noisy outputs of them in another format, holes; and one file on either side without a partner."""
    photos = (skimage.data.chelsea()[:64, :96], skimage.data.coffee()[:80, :72], skimage.data.rocket()[:64, :64])
    noise = np.random.default_rng(0)
    for name, photo in zip(NAMES, photos, strict=True):
        noisy = np.clip(photo + noise.normal(0, 12, photo.shape), 0, 255).astype(np.uint8)
        hole = np.zeros(photo.shape[:2], np.uint8)
        hole[10:40, 20:50] = 255
        for folder, suffix, pixels in (("truth", "png", photo), ("mine", "bmp", noisy), ("holes", "png", hole)):
            path = tmp_path / folder / f"{name}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    Image.fromarray(photos[0]).save(tmp_path / "mine" / "extra.png")
    Image.fromarray(photos[0]).save(tmp_path / "truth" / "lonely.png")
    (tmp_path / "mine" / "notes.txt").write_text("not a picture")
    return tmp_path


def _by_hand(folder: Path, name: str, metric: str, region: str = "") -> float:
    """What the metric's own class says of one pair, read by Pillow alone."""

    def tensor(path: Path) -> torch.Tensor:
        pixels = np.array(Image.open(path))
        return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1)[None].float() / 255

    output, truth = tensor(folder / "mine" / f"{name}.bmp"), tensor(folder / "truth" / f"{name}.png")
    hole = tensor(folder / "holes" / f"{name}.png")
    known = registry().metric(metric)
    judged = hole * output + (1 - hole) * truth if region else output
    batch = MetricBatch((name,), judged, truth, hole if region else None, hole if region else None)
    return float(load_target(known)(device="cpu", region=region)(batch)[metric])


def test_scores_are_the_metric_classes_own(
    folders: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = harness_command("score", "mine", "--reference", "truth", "--format", "json", "--metrics", "ssim,psnr")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["sample"] for row in rows] == list(NAMES)
    for row in rows:
        assert row["ssim"] == pytest.approx(_by_hand(folders, row["sample"], "ssim"), abs=1e-6)
        assert row["psnr"] == pytest.approx(_by_hand(folders, row["sample"], "psnr"), abs=1e-5)
    *left, counted = done.stderr.splitlines()
    assert left == [f"no reference for {Path('mine/extra.png')}", f"no output for {Path('truth/lonely.png')}"]
    assert counted == "scored 3 of 5"


def test_a_mask_restricts_to_its_hole(folders: Path, call: Callable[..., Any]) -> None:
    args = ("--reference", "truth", "--mask", "holes", "--metrics", "ssim@hole,l1@hole", "--format", "json")
    for row in json.loads(call("score", "mine", *args).out):
        for metric in ("ssim", "l1"):
            assert row[f"{metric}@hole"] == pytest.approx(_by_hand(folders, row["sample"], metric, "hole"), abs=1e-6)


def test_every_format_tells_the_same(folders: Path, call: Callable[..., Any]) -> None:
    args = ("score", "mine", "--reference", "truth", "--device", "cpu", "--format")
    rows = json.loads(call(*args, "json").out)
    table = call(*args, "table").out
    csv_rows = list(csv.DictReader(io.StringIO(call(*args, "csv").out)))
    latex = call(*args, "latex").out
    assert [row["sample"] for row in csv_rows] == [row["sample"] for row in rows] == list(NAMES)
    assert latex.startswith("\\begin{tabular}")
    for metric in ("psnr", "ssim", "l1"):
        values = [row[metric] for row in rows]
        assert [float(row[metric]) for row in csv_rows] == pytest.approx(values)
        mean = f"{np.mean(values):.4f}"
        line = next(line for line in table.splitlines() if line.split()[:1] == [metric])
        assert line.split()[1] == mean
        assert line.split()[-1] == "3"
        assert mean in latex


def test_three_pictures_give_means_and_no_interval(folders: Path, call: Callable[..., Any]) -> None:
    args = ("score", "mine", "--reference", "truth", "--metrics", "ssim")
    assert call(*args).out.splitlines()[-1].split() == [
        "ssim",
        *_mean_words(call, args),
        "too",
        "few",
        "too",
        "few",
        "3",
    ]
    for name in ("mine", "truth"):
        source = next((folders / name).glob("rocket.*"))
        (folders / name / f"twin{source.suffix}").write_bytes(source.read_bytes())
    _, mean, low, high, n = call(*args).out.splitlines()[-1].split()
    assert n == "4"
    assert float(low) < float(mean) < float(high)


def _mean_words(call: Callable[..., Any], args: tuple[str, ...]) -> list[str]:
    return [f"{np.mean([row['ssim'] for row in json.loads(call(*args, '--format', 'json').out)]):.4f}"]


def test_a_ratio_has_a_geometric_mean(folders: Path, call: Callable[..., Any]) -> None:
    args = ("score", "mine", "--reference", "truth", "--mask", "holes", "--metrics", "hf_ratio@hole")
    ratios = [row["hf_ratio@hole"] for row in json.loads(call(*args, "--format", "json").out)]
    assert call(*args).out.splitlines()[-1].split()[1] == f"{np.exp(np.mean(np.log(ratios))):.4f}"
    assert np.exp(np.mean(np.log(ratios))) < 0.99 * np.mean(ratios)


def test_one_pair_of_files(folders: Path, call: Callable[..., Any]) -> None:
    done = call("score", "mine/rocket.bmp", "--reference", "truth/rocket.png", "--format", "json")
    (row,) = json.loads(done.out)
    assert row["ssim"] == pytest.approx(_by_hand(folders, "rocket", "ssim"), abs=1e-6)


def test_a_run_s_kept_outputs_give_the_run_s_numbers(finished: Any, call: Callable[..., Any]) -> None:
    columns = ["psnr@hole", "ssim@hole", "feat_efl0@hole", "psnr"]
    code, out, err = call(
        "score", finished.folder, "--metrics", ",".join(columns), "--format", "json", "--device", "cpu"
    )
    assert (code, err) == (0, "")
    rows = {(row["entry"], row["sample"]): row for row in json.loads(out)}
    records = harness.open_run(finished.folder).records()
    assert len(rows) == len(records) == 4
    for record in records.to_dict("records"):
        row = rows[record["entry"], record["sample"]]
        for column in columns:
            assert row[column] == pytest.approx(record[f"score:{column}"], abs=1e-6)


MISTAKES = {
    "region without mask": (("mine", "--reference", "truth", "--metrics", "psnr@hole"), "@region needs --mask"),
    "no reference": (("mine",), "is not a run folder: name the truths by --reference"),
    "no such folder": (("mine", "--reference", "tuth"), "tuth does not exist"),
    "nothing pairs": (("mine", "--reference", "empty"), "no file of mine has a partner in empty"),
    "sizes differ": (("mine/rocket.bmp", "--reference", "truth/a/cat.png"), "resize neither silently"),
    "mask of another size": (
        ("mine/rocket.bmp", "--reference", "truth/rocket.png", "--mask", "holes/a/cat.png"),
        "rocket: mask is 96×64, picture 64×64",
    ),
    "unknown metric": (("mine", "--reference", "truth", "--metrics", "ssmi"), "Did you mean ssim"),
    "unknown region": (("mine", "--reference", "truth", "--mask", "holes", "--metrics", "psnr@sky"), "no region 'sky'"),
    "region it lacks": (
        ("mine", "--reference", "truth", "--metrics", "hf_ratio"),
        "hf_ratio judges no whole image: write hf_ratio@hole",
    ),
    "set metric": (("mine", "--reference", "truth", "--metrics", "fd_efl0"), "fd_efl0 is a set metric"),
    "damaged": (("bad", "--reference", "truth"), "rocket.png: is empty"),
    "two of one name": (("twins", "--reference", "truth"), "share the key 'rocket'"),
}


@pytest.mark.parametrize(("args", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(folders: Path, mistake: Callable[..., str], args: tuple[str, ...], words: str) -> None:
    for name in ("empty", "bad", "twins"):
        (folders / name).mkdir()
    (folders / "bad" / "rocket.png").touch()
    for suffix in ("png", "bmp"):
        (folders / "twins" / f"rocket.{suffix}").touch()
    assert words in mistake("score", *args)


def test_a_file_s_name_cannot_command_the_terminal(
    folders: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """F22: an escape sequence or a newline in a name is text, in the table and in the lines about files left over."""
    evil = "red\x1b[31m\nnew"
    for folder, name in (("mine", evil), ("truth", evil), ("mine", f"lost{evil}")):
        Image.fromarray(skimage.data.chelsea()[:32, :32]).save(folders / folder / f"{name}.png")
    done = harness_command("score", str(folders / "mine"), "--reference", str(folders / "truth"))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "red\\x1b[31m\\nnew" in done.stdout
    assert "lostred\\x1b[31m\\nnew" in done.stderr
