"""Lists of pairs: as published, and as exchanged."""

from __future__ import annotations

import math
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.verification.exchange import (
    read_pair_list,
    read_pairs_csv,
    read_scores,
    read_scores_csv,
    write_pair_list,
    write_pairs_csv,
    write_scores,
    write_scores_csv,
)
from harness.verification.lists import (
    Pair,
    PairList,
    adience_identities,
    all_pairs,
    compared,
    read_lfw_pairs,
    read_verification_pairs,
)

LFW = "1\t2\nAnn\t1\t2\nBo\t3\t11\nAnn\t1\tBo\t3\nCy\t1\tAnn\t2\n"
NAMES = st.text("ab/.,;\"'é\u3000 ", min_size=1, max_size=6)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("text", [LFW, "fold pairs, XQLFW\n" + LFW.partition("\n")[2].replace("\t", "  ")])
def test_lfw_and_xqlfw_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    found = read_lfw_pairs(tmp_path / "pairs.txt")
    assert found.pairs[1:3] == (
        Pair("Bo/Bo_0003.jpg", "Bo/Bo_0011.jpg", True),
        Pair("Ann/Ann_0001.jpg", "Bo/Bo_0003.jpg", False),
    )
    of, names = compared(found, [0.9, 0.8, 0.1, 0.2])
    assert [found.identity[name] for name in names] == ["Ann", "Ann", "Bo", "Bo", "Cy"]
    assert of.identity.tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LFW.replace("1\t2\n", "10\t300\n", 1), "4 pairs, its header says 6,000"),
        (LFW.replace("\t11", "\televen"), "pairs.txt:3: expected"),
        (LFW.replace("Cy", "../Cy"), "pairs.txt:5: expected"),
        ("1\t0\n", "no pair"),
        ("", "no list of pairs"),
    ],
)
def test_a_damaged_list_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(HarnessError, match=words):
        read_lfw_pairs(tmp_path / "pairs.txt")


def test_an_image_that_a_bin_holds_twice_is_one_image(tmp_path: Path) -> None:
    (tmp_path / "lfw.bin").write_bytes(pickle.dumps(([b"a", b"b", b"a", b"c", b"d", b"c"], [True, True, False])))
    pairs, files = read_verification_pairs(tmp_path / "lfw.bin")
    assert pairs.pairs == (Pair("00000", "00001", True), Pair("00000", "00003", True), Pair("00004", "00003", False))
    assert files == {"00000": b"a", "00001": b"b", "00003": b"c", "00004": b"d"}
    assert compared(pairs, [1, 1, 0])[0].identity.tolist() == [0, 0, 0, 1]


def test_all_pairs_of_adience_are_by_the_person_in_a_name() -> None:
    names = [f"landmark_aligned_face.{person}.{n}_o.jpg" for n, person in enumerate((7, 7, 12))]
    of, order = compared(all_pairs(adience_identities(names)), [0.9, 0.1, 0.2])
    assert order == tuple(names)
    assert of.genuine.tolist() == [True, False, False]
    with pytest.raises(HarnessError, match="expected `landmark"):
        adience_identities(["portrait.jpg"])


def test_an_impostor_pair_inside_a_person_is_refused() -> None:
    pairs = PairList((Pair("a", "b", True), Pair("b", "c", True), Pair("a", "c", False)), {})
    with pytest.raises(ValueError, match="one identity"):
        compared(pairs, [1, 1, 0])


@settings(max_examples=40)
@given(st.lists(st.tuples(NAMES, NAMES, st.booleans(), NUMBERS), min_size=1, max_size=5), st.booleans())
def test_what_is_written_is_read(rows: list[tuple[str, str, bool, float]], known: bool) -> None:
    pairs = tuple(Pair(*row[:3]) for row in rows)
    of = PairList(pairs, {name: name[::-1] for pair in pairs for name in pair[:2]} if known else {})
    similarity = tuple(row[3] for row in rows)
    scores = {row[0]: row[3] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write_pairs_csv(path, of, similarity)
        assert read_pairs_csv(path) == (of, similarity)
        write_pairs_csv(path, of)
        assert read_pairs_csv(path) == (of, None)
        write_scores_csv(path, scores)
        assert read_scores_csv(path) == scores
        words = [name for name in of.images() if name.split() == [name]]
        if len(words) == len(of.images()):
            write_pair_list(path, of)
            assert read_pair_list(path) == PairList(pairs, {})
            write_scores(path, scores)
            assert read_scores(path) == scores
        else:
            with pytest.raises(HarnessError, match="white space"):
                write_pair_list(path, of)


def test_a_refusal_has_a_place_in_ours_only(tmp_path: Path) -> None:
    write_scores_csv(tmp_path / "scores.csv", {"a": 1.5, "b": math.nan})
    assert math.isnan(read_scores_csv(tmp_path / "scores.csv")["b"])
    with pytest.raises(HarnessError, match="b has no score"):
        write_scores(tmp_path / "m_d.txt", {"a": 1.5, "b": math.nan})


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_pairs_csv, "first,second\na,b\n", "expected the columns"),
        (read_pairs_csv, "first,second,genuine\na,b,yes\n", ":2: whether a pair is genuine"),
        (read_pairs_csv, "first,second,genuine,similarity\na,b,1,nan\n", ":2: 'nan' is no finite number"),
        (read_pairs_csv, "first,second,genuine\na,b\n", ":2: 2 cells under 3 columns"),
        (
            read_pairs_csv,
            "first,second,genuine,first_identity,second_identity\na,b,1,x,x\na,c,0,y,z\n",
            ":3: a was x, here it is y",
        ),
        (read_scores_csv, "image,score\na,1\na,2\n", ":3: a has a score already"),
        (read_pair_list, "a b 1\na b\n", ":2: expected `a b 0|1`"),
        (read_scores, "a high\n", ":1: 'high' is no finite number"),
    ],
)
def test_what_cannot_be_read_names_its_line(
    tmp_path: Path, read: Callable[[Path], object], text: str, words: str
) -> None:
    (tmp_path / "f").write_text(text)
    with pytest.raises(HarnessError) as told:
        read(tmp_path / "f")
    assert words in str(told.value)
