"""`harness gqa build` on a small folder shaped like GQA: every step's count, its files, kills, and the way back in."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.datasets.decode import decode, decode_mask
from harness.datasets.scene_pairs import read_scenes
from harness.datasets.scene_texts import referable
from harness_gqa.outlines import grown


def _words(shaped: Any, out: Path) -> list[str]:
    names = [str(shaped.graphs), str(shaped.images), str(out), "--inpainter", "telea"]
    return ["gqa", "build", *names, "--common", "2", "--least-area", "0.005", "--segmenter", "grabcut"]


def _tree(folder: Path) -> Mapping[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def built(gqa_shaped: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished build and what the command said."""
    out = tmp_path_factory.mktemp("built") / "gqa-inpaint"
    done = CliRunner().invoke(cli, _words(gqa_shaped, out))
    assert done.exit_code == 0, done.output
    return out, done.stdout


def test_every_step_is_counted(built: tuple[Path, str], gqa_shaped: Any) -> None:
    out, said = built
    told = json.loads((out / "test_build.json").read_text())
    counts = list(told["counts"].items())
    graphs = json.loads(gqa_shaped.graphs.read_text())
    names = [one["name"] for graph in graphs.values() for one in graph["objects"].values()]
    assert counts[:3] == [
        ("pictures", 4), ("objects", len(names)), ("common", sum(names.count(name) >= 2 for name in names)),
    ]  # fmt: skip
    steps = [number for name, number in counts[1:8] if not name.startswith("instruction")]
    assert steps == sorted(steps, reverse=True)
    found = dict(counts)
    assert found["can be meant"] > found["with a photograph"] >= found["with a mask"] == found["filled"] > 3
    assert sum(number for name, number in counts if name.startswith("instruction")) == found["triples"]
    assert told["dropped"]["its photograph is not there"] == 1
    assert told["state"] == "complete"
    assert set(told["licences"]) == {"scene graphs", "photographs", "fills"}
    for name, number in counts:
        assert f"{number:9,}  {name}\n" in said


def test_a_mask_is_the_object_grown_and_nothing_else_is_touched(built: tuple[Path, str], gqa_shaped: Any) -> None:
    out, _ = built
    rows = [json.loads(line) for line in (out / "test_pairs.jsonl").read_text().splitlines()]
    done = [row for row in rows if row["status"] == "built"]
    judged = []
    for row in done:
        image, id = row["image"], row["object"]
        source = decode(out / "images" / f"{image}.png").pixels
        target = decode(out / "images_inpainted" / image / f"{id}.png").pixels
        mask = decode_mask(out / "masks" / image / f"{id}.png")
        np.testing.assert_array_equal(target[~mask], source[~mask])
        assert (target[mask] != source[mask]).any()
        assert row["iou"] >= 0.5
        if (image, id) in gqa_shaped.exact:
            exact = grown(gqa_shaped.exact[image, id], 11)
            judged.append((mask & exact).sum() / (mask | exact).sum())
    assert len(judged) > 3
    assert min(judged) > 0.85


def test_the_lists_are_the_releases(built: tuple[Path, str], gqa_shaped: Any) -> None:
    out, _ = built
    scenes, texts = read_scenes(out / "test_scenes.json"), json.loads((out / "test_instructions.json").read_text())
    pairs = {
        f"i{image}-o{id}": one
        for image, scene in scenes.items()
        for id, one in referable(scene).items()
        if one["bidirected"]
    }
    assert set(pairs) == set(texts)
    for key, one in pairs.items():
        assert texts[key].startswith("remove the ")
        assert one["name"] in texts[key]
        assert "shiny" not in one["attributes"]  # neither colour, shape nor material
    assert any(one["attributes"] for one in pairs.values())


def test_what_was_built_is_a_data_set_of_runs(
    built: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.datasets.named import class_of

    out, _ = built
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    for words in (["data", "add", "gqa-inpaint", str(out)], ["data", "prepare", "gqa-inpaint", "--split", "test"]):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
    opened = class_of("gqa-inpaint")("test")
    texts = json.loads((out / "test_instructions.json").read_text())
    assert list(opened.ids()) == list(texts)
    sample = opened.load(opened.ids()[0])
    assert sample.prompt == texts[sample.id]
    assert sample.target is not None
    assert sample.mask is not None
    np.testing.assert_array_equal(sample.image[~sample.mask], sample.target[~sample.mask])
    counted = CliRunner().invoke(cli, ["gqa", "counts", str(out)])
    assert counted.exit_code == 0
    assert f"{len(texts)} triples" in counted.stdout
    assert counted.stderr.count("\n") == 1
    assert "18,883 triples" in counted.stderr


def test_the_same_call_changes_nothing_and_another_one_is_refused(built: tuple[Path, str], gqa_shaped: Any) -> None:
    out, said = built
    before = _tree(out)
    again = CliRunner().invoke(cli, _words(gqa_shaped, out))
    assert again.exit_code == 0
    assert again.stdout == said
    assert {name: data for name, data in _tree(out).items() if not name.endswith(".jsonl")} == {
        name: data for name, data in before.items() if not name.endswith(".jsonl")
    }
    other = CliRunner().invoke(cli, [*_words(gqa_shaped, out), "--refiner", "none"])
    assert other.exit_code != 0
    assert "a build with another recipe lies there" in str(other.exception or other.output)


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.filling import Filler
from harness_gqa.building import build
from harness_gqa.choosing import Limits
from harness_gqa.graphs import read_graphs
from harness_gqa.pairing import Recipe
from harness_gqa.segmenters import open_segmenter

graphs, images, out, left = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])

def fill(pixels, hole, name):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return (pixels * (1 - hole[..., None])).astype(pixels.dtype)

recipe = Recipe(Limits(common=2, least_area=0.005))
filler = Filler("black", "CC0-1.0", fill)
build(*read_graphs(graphs), images, out, "train", (open_segmenter("ring"),), filler, recipe)
"""


def test_a_killed_build_goes_on_and_ends_as_one_that_was_not(gqa_shaped: Any, tmp_path: Path) -> None:
    def run(out: Path, fills: int) -> int:
        words = [str(gqa_shaped.graphs), str(gqa_shaped.images), str(out), str(fills)]
        return subprocess.run([sys.executable, "-c", KILLED, *words], check=False).returncode

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(whole, 99) == 0
    assert run(killed, 2) == -signal.SIGKILL
    assert not (killed / "train_scenes.json").exists()
    pairs = killed / "train_pairs.jsonl"
    assert pairs.read_bytes().count(b"\n") >= 2
    with pairs.open("ab") as stream:
        stream.write(b'{"pair": "i2-o')  # torn, as a kill inside a write leaves it
    assert run(killed, 99) == 0
    tree = _tree(whole)
    assert _tree(killed) == tree
    assert json.loads(tree["train_build.json"])["counts"]["filled"] > 4
