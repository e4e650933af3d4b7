"""Pairs as folders: InsightFace's file unpacked, a data set exported, scores judged by files; faults in a line."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from harness.cli.pairs import pairs_command
from harness.errors import HarnessError
from harness.interfaces import Sample
from harness.verification.exchange import read_pair_list, read_pairs_csv, read_scores, write_pairs_csv
from harness.verification.folders import evaluate_files, export_pairs, export_scores, unpack_bin
from harness.verification.lists import Pair, PairList


def picture(number: int) -> np.ndarray:
    return np.full((8, 8, 3), number * 20, np.uint8)


def encoded(number: int, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(number)).save(file, kind)
    return file.getvalue()


def test_a_bin_is_unpacked_into_pictures_and_pairs(tmp_path: Path) -> None:
    images = [encoded(n) for n in (1, 2, 1, 3)]
    (tmp_path / "lfw.bin").write_bytes(pickle.dumps((images, [True, False])))
    ran = CliRunner().invoke(pairs_command, ["unpack", str(tmp_path / "lfw.bin"), str(tmp_path / "out")])
    assert ran.exit_code == 0, ran.output
    assert "2 pairs" in ran.output
    pairs = read_pair_list(tmp_path / "out" / "pair_list.txt").pairs
    assert pairs == (Pair("00000.jpg", "00001.jpg", True), Pair("00000.jpg", "00003.jpg", False))
    assert (tmp_path / "out" / "images" / "00003.jpg").read_bytes() == images[3]
    with pytest.raises(HarnessError, match="there are images in it already"):
        unpack_bin(tmp_path / "lfw.bin", tmp_path / "out")
    (tmp_path / "bad.bin").write_bytes(pickle.dumps(([b"GIF8", b"GIF8"], [True])))
    with pytest.raises(HarnessError, match="neither JPEG nor PNG"):
        unpack_bin(tmp_path / "bad.bin", tmp_path / "other")


class Made:
    """Three pictures of two people."""

    def ids(self) -> tuple[str, ...]:
        return ("Ann/1", "Ann/2", "Bo/1")

    def load(self, id: str) -> Sample:
        return Sample(id, id.partition("/")[0], picture(len(id)))

    def pairs(self) -> list[tuple[str, str, bool]]:
        return [("Ann/1", "Ann/2", True), ("Ann/1", "Bo/1", False), ("Ann/1", "Cy/1", False)]


def test_a_data_set_and_scores_are_exported(tmp_path: Path) -> None:
    assert export_pairs(Made(), tmp_path / "out") == 2  # type: ignore[arg-type]
    listed, _ = read_pairs_csv(tmp_path / "out" / "pairs.csv")
    assert listed.identity == {"Ann/1.png": "Ann", "Ann/2.png": "Ann", "Bo/1.png": "Bo"}
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "images" / "Bo" / "1.png")), picture(4))
    export_scores(tmp_path / "out", "metric:niqe", "made", {"Ann/1": 1.5, "Bo/1": 2.0})
    assert read_scores(tmp_path / "out" / "metric-niqe_made.txt") == {"Ann/1.png": 1.5, "Bo/1.png": 2.0}
    export_scores(tmp_path / "out", "shy", "made", {"Ann/1": float("nan")})
    assert not (tmp_path / "out" / "shy_made.txt").exists()
    assert (tmp_path / "out" / "shy_scores.csv").read_text() == "image,score\nAnn/1.png,\n"


def test_scores_are_judged_by_files(tmp_path: Path) -> None:
    """The hand-checkable case: similarities .9 .2 .8 .3 .7, qualities 5 1 4 2 3, threshold .5 where 40 % fail."""
    pairs = tuple(Pair(f"{n}a", f"{n}b", True) for n in range(5))
    write_pairs_csv(tmp_path / "pairs.csv", PairList(pairs, {}), [0.9, 0.2, 0.8, 0.3, 0.7])
    quality = dict(enumerate((5, 1, 4, 2, 3)))
    lines = "".join(f"{n}{end} {value}\n" for n, value in quality.items() for end in "ab")
    (tmp_path / "mine.txt").write_text(lines)
    ran = CliRunner().invoke(pairs_command, ["evaluate", str(tmp_path / "pairs.csv"), str(tmp_path / "mine.txt")])
    assert ran.exit_code == 0, ran.output
    assert "start0.05-fixed,fnmr,0.2," in ran.output
    assert "start0.05-fixed,fnmr_5%,0.2," in ran.output
    assert "no impostor pairs" in ran.stderr
    (tmp_path / "vectors").mkdir()
    for pair in pairs:
        for name, angle in ((pair.first, 0.0), (pair.second, 0.1 * (1 + int(pair.first[0])))):
            np.save(tmp_path / "vectors" / f"{name}.npy", [np.cos(angle), np.sin(angle)])
    found = evaluate_files(tmp_path / "pairs.csv", tmp_path / "mine.txt", tmp_path / "vectors")
    assert found.points["start0.05-fixed"].values["fnmr"].value == 0.2  # the widest angle fails
    (tmp_path / "mine.txt").write_text("0a 1\n")
    with pytest.raises(HarnessError, match="9 of 10 images have no score, the first 0b"):
        evaluate_files(tmp_path / "pairs.csv", tmp_path / "mine.txt")
    (tmp_path / "vectors" / "4b.npy").unlink()
    with pytest.raises(HarnessError, match=r"4b\.npy: no vector"):
        evaluate_files(tmp_path / "pairs.csv", tmp_path / "mine.txt", tmp_path / "vectors")
