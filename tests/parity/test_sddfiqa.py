"""What SDD-FIQA's parity reads and refuses (`test_shipped.py` has what agrees)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.testing.parity import ParityError
from harness_sddfiqa.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"


def _altered(folder: Path, change: dict[str, object], keep: str = "mfn_qua") -> Path:
    """The shipped set with one network alone, and a change to its top entries."""
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    with np.load(SHIPPED / content["spec"]["file"]) as stored:
        kept = {name: stored[name] for name in stored.files if name.startswith(keep)}
    np.savez(folder / content["spec"]["file"], **kept)
    content = {name: content[name] for name in ("spec", keep)} | change
    (folder / FIXTURE_SET).write_text(json.dumps(content))
    return folder


def test_every_array_and_statistic_is_read(tmp_path: Path) -> None:
    rows = check(_altered(tmp_path, {}))
    stored = json.loads((SHIPPED / FIXTURE_SET).read_text())["mfn_qua"]
    names = [row.tensor for row in rows]
    taps = [*stored["taps"], "output"]
    assert sorted(names) == sorted([*stored["fill_check"], *taps, *(f"{tap} statistics" for tap in taps)])
    assert all(row.ok for row in rows)


def test_labels_are_compared(tmp_path: Path) -> None:
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    rows = check(_altered(tmp_path, {}, keep="pseudo"))
    assert {row.tensor: row.ok for row in rows} == {"wasserstein": True, "labels": True, "labels statistics": True}
    moved = content["pseudo"] | {"labels": content["pseudo"]["labels"] | {"mean": 66.0}}
    assert [row.tensor for row in check(_altered(tmp_path, {"pseudo": moved}, "pseudo")) if not row.ok] == [
        "labels statistics"
    ]


def test_another_picture_is_told(tmp_path: Path) -> None:
    spec = json.loads((SHIPPED / FIXTURE_SET).read_text())["spec"] | {"seed": 1}
    assert [row for row in check(_altered(tmp_path, {"spec": spec})) if row.variant == "plain" and not row.ok] != []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"r100_qua": {}}, "nobody reads 'r100_qua'"),
        ({"spec": {"file": "sdd_fiqa.npz", "seed": 0, "input": "BGR"}}, "unknown input 'BGR'"),
    ],
)
def test_what_nobody_reads_is_an_error(tmp_path: Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(ParityError, match=words):
        check(_altered(tmp_path, change))


def test_another_key_is_an_error(tmp_path: Path) -> None:
    network = json.loads((SHIPPED / FIXTURE_SET).read_text())["mfn_qua"]
    network["keys"][0][0] = "conv1.conv.weights"
    with pytest.raises(ParityError, match="do not agree"):
        check(_altered(tmp_path, {"mfn_qua": network}))


def test_a_folder_without_the_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match=r"sdd_fiqa\.json"):
        check(tmp_path)
