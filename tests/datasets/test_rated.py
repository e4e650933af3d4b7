"""Opinion scores as published: what a sample knows, which way it points, and what is said of a table that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from harness.datasets.catalogue import collections
from harness.datasets.checking import check_split
from harness.datasets.named import class_of
from harness.datasets.preparing import Prepared
from harness.datasets.rated import key_of, rated_pictures
from harness.errors import HarnessError, MissingRequirement

Make = Callable[..., tuple[Path, Prepared]]

# what the twins' tables say, turned where lower was better: key, mos, reference, kind, level
KNOWN = [
    ("kadid-10k", "all", "i03_10_04", {"mos": 1.37, "reference": "i03", "kind": "jpeg", "level": 4}),
    ("tid2013", "all", "i25_08_4", {"mos": 7.4, "reference": "i25", "kind": "gaussian blur", "level": 4}),
    ("live-iqa", "all", "gblur/img4", {"mos": 86.0, "reference": "sailing1", "kind": "gblur"}),
    ("live-iqa", "realigned", "jp2k/img1", {"mos": 84.0, "reference": "bikes", "kind": "jp2k"}),
    ("csiq", "all", "boston.awgn.4", {"mos": 0.2, "reference": "boston", "kind": "awgn", "level": 4}),
    ("koniq-10k", "test", "826375", {"mos": 35.5}),
    ("spaq", "all", "00003", {"mos": 33.0}),
    ("pipal", "train", "a0185_02_03", {"mos": 1420.5, "reference": "a0185", "kind": "02", "level": 3}),
]


@pytest.mark.parametrize(("name", "split", "key", "known"), KNOWN, ids=[f"{n}-{s}" for n, s, _, _ in KNOWN])
def test_a_picture_knows_its_opinion_reference_and_distortion(
    name: str, split: str, key: str, known: dict[str, object], prepared: Make
) -> None:
    prepared(name, split)
    opened = class_of(name)(split)
    sample = opened.load(key)
    assert {k: v for k, v in sample.truth.items() if k != "mos"} == {k: v for k, v in known.items() if k != "mos"}
    assert sample.truth["mos"] == pytest.approx(known["mos"])
    assert sample.cluster == known.get("reference", key)
    if "reference" in known:
        assert sample.reference is not None
        assert np.array_equal(sample.image, sample.reference // 2)  # of this picture and no other
    else:
        assert sample.reference is None
    assert "higher is better" in opened.split.pick.words  # type: ignore[union-attr]


def test_the_hidden_references_of_live_are_left_out(prepared: Make) -> None:
    prepared("live-iqa")
    assert "jpeg/img3" not in class_of("live-iqa")("all").ids()


def test_another_opinion_is_another_data_set(prepared: Make) -> None:
    root, _ = prepared("csiq")
    before = class_of("csiq")("all").content_hash()
    table = root / "csiq.DMOS.csv"
    kinds = ("AWGN", "contrast")
    lines = [f"{n}.{kind}.{k}.png {k / 5:.3f}" for n in ("1600", "boston") for kind in kinds for k in (1, 4)]
    (root / "csiq_label.txt").write_text("\n".join([*lines, "1600.jpeg2000.1.png 0.2"]))
    _, fewer = prepared("csiq", "all", root)  # the text list is as good, and comes first
    assert len(fewer.manifest.rows) == len(lines) + 1
    (root / "csiq_label.txt").unlink()
    prepared("csiq", "all", root)
    assert class_of("csiq")("all").content_hash() == before
    table.write_text(table.read_text().replace("0.800", "0.810"))
    _, again = prepared("csiq", "all", root)
    assert again.read == 6  # those that were told something else of
    assert class_of("csiq")("all").content_hash() != before


def test_what_is_missing_is_told_in_a_line(prepared: Make, twins: ModuleType, tmp_path: Path, data_home: Path) -> None:
    root = twins.build("csiq", tmp_path / "set")
    (root / "src_imgs" / "boston.png").unlink()
    (root / "dst_imgs" / "awgn" / "1600.AWGN.1.png").rename(root / "dst_imgs" / "awgn" / "1600_AWGN_1.png")
    one = collections()["csiq"]
    told = check_split(one, one.splits[0], root)
    assert not told.whole
    assert "5 samples" in told.lines[0]
    assert "absent: 1600.awgn.1" in told.lines
    assert any("boston.AWGN.1.png: no reference boston" in line for line in told.lines)
    (root / "csiq.DMOS.csv").rename(root / "csiq.DMOS.xlsx")
    with pytest.raises(MissingRequirement, match=r"csiq_label.txt or csiq.DMOS.csv is not in it: save .*xlsx as CSV"):
        prepared("csiq", "all", root)


@pytest.mark.parametrize(
    ("table", "text", "line"),
    [
        ("kadid-10k", "dist_img,ref_img,mos\n", "no row with the columns dist_img, ref_img, dmos"),
        ("kadid-10k", "dist_img,ref_img,dmos\nI01_26_01.png,I01.png,2\n", "row 2: there is no distortion 26"),
        ("kadid-10k", "dist_img,ref_img,dmos\nholiday.png,I01.png,2\n", "row 2: 'holiday' is no name of this set"),
        ("kadid-10k", "dist_img,ref_img,dmos\nI01_01_01.png,I01.png,many\n", "row 2: 'many' is no number"),
        ("kadid-10k", "dist_img,ref_img,dmos\nI01_01_01.png,I01.png,nan\n", "the opinion of i01_01_01 is nan"),
        ("kadid-10k", "dist_img,ref_img,dmos\nI01_01_01.png\n", "row 2 has 1 cells"),
        ("kadid-10k", "dist_img,ref_img,dmos\n", "it rates no picture"),
        ("tid2013", "5.5 i01_01_1.bmp\n5.4 I01_01_1.bmp\n", "i01_01_1 is rated twice"),
        ("tid2013", "5.5 i01 01 1.bmp\n", "line 1 has 4 words"),
        ("koniq-10k", "image_name,MOS,set\n1.jpg,3,test\n", "it rates no picture of the training part"),
        ("spaq", "\xff", "cannot be read as CSV"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_one_line_that_names_it(table: str, text: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(HarnessError, match=line) as error:
        rated_pictures(table, [path], "training" if table == "koniq-10k" else "")
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_wrong_matlab_file_is_one_line_that_names_it(tmp_path: Path) -> None:
    scores, names = tmp_path / "dmos.mat", tmp_path / "refnames_all.mat"
    savemat(names, {"refnames_all": np.zeros(3)})
    for content, line in ((b"\x80\x04K\x01.", "cannot be read as MATLAB's"), (b"0" * ((1 << 20) + 1), "not LIVE's")):
        scores.write_bytes(content)
        with pytest.raises(HarnessError, match=line):
            rated_pictures("live", [scores, names])
    savemat(scores, {"dmos": np.zeros(3), "orgs": np.zeros(3)})
    with pytest.raises(HarnessError, match=r"have \[3\] entries instead of 982"):
        rated_pictures("live", [scores, names])
    with pytest.raises(HarnessError, match="it has no variable dmos_new"):
        rated_pictures("live-realigned", [scores, names])


@given(st.text(st.characters(codec="ascii", exclude_characters="/\\."), min_size=1).map(str.strip).filter(bool))
def test_a_key_is_the_name_whatever_its_case_and_folder(name: str) -> None:
    assert key_of(f"jpeg\\{name}.PNG") == key_of(f"a/{name.upper()}.png") == name.lower()
