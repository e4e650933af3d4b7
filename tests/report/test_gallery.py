"""What the picture viewer is given: pixels as they were kept, windows, outlines, reasons; and what it is refused."""

from __future__ import annotations

import base64
import json
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.report import gallery
from harness.report.gallery import middle_of, outline_path, viewer_data, window_on
from harness.report.listing import failures, orders, sample_page
from harness.report.opened import Opened
from harness.report.pictures import ERROR_GAIN, hole_layer
from harness.store import RunFolder
from harness.store.artifacts import Artifacts
from harness.store.keys import pixels_hash, slug
from harness.store.lines import ShardWriter, read_jsonl
from harness.store.shards import parquet_path, read_parquet, write_parquet

TASK = "photos-thick"
SAMPLE = "photo00@lama-thick-256/0"
FAILED = "photo05@lama-thick-256/0"
ENTRIES = ["telea", "navier-stokes", "coordfill@mini"]


@pytest.fixture(scope="module")
def opened(run: RunFolder) -> Opened:
    return Opened(run.path)


@pytest.fixture
def own(fake: Any, tmp_path: Path) -> RunFolder:
    """A run of this test's own, to damage."""
    built: RunFolder = fake.build(tmp_path / "own", count=2, size=32, fills=fake.FILLS[1:3])
    return built


def pixels(uri: str) -> NDArray[np.uint8]:
    """What a data URI shows, RGB or RGBA."""
    assert uri.startswith("data:image/png;base64,")
    stored = cv2.imdecode(np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(stored, cv2.COLOR_BGRA2RGBA) if stored.shape[2] == 4 else stored[..., ::-1]


def test_every_picture_is_the_kept_one_bit_for_bit(opened: Opened) -> None:
    view = opened.views[TASK]
    data = viewer_data(opened, view, SAMPLE, ENTRIES)
    assert json.loads(json.dumps(data)) == data
    known = opened.samples.set_index("sample").loc[SAMPLE]
    truth, mask = opened.picture(known["truth"]), opened.picture(known["mask"])
    assert np.array_equal(pixels(data["truth"]), truth)
    assert np.array_equal(pixels(data["hole"]), hole_layer(mask > 127))
    assert (data["size"], data["window"], data["gain"]) == ([64, 64], "", ERROR_GAIN)
    for pane in data["panes"]:
        record = opened.rows(pane["entry"], TASK).set_index("sample").loc[SAMPLE]
        output = opened.picture(record["output_hash"])
        assert np.array_equal(pixels(pane["picture"]), output)
        assert pane["scores"][0] == ["psnr@hole", f"{record['score:psnr@hole']:.2f} dB"]
        black = pixels(pane["error"]).sum(axis=2) == pixels(pane["error"])[~(mask > 127)].sum(axis=1).min()
        assert black[mask <= 127].all(), "an inpainter leaves what is known alone: no error there"


def test_what_has_no_picture_says_why_and_what_gets_it(own: RunFolder, opened: Opened) -> None:
    pane = viewer_data(opened, opened.views[TASK], FAILED, ["navier-stokes"])["panes"][0]
    assert (pane["note"], pane["picture"], pane["scores"]) == ("failed: ValueError: made to fail", "", [])
    own.artifacts.prune(set(own.samples()["truth"]) | set(own.samples()["mask"]))
    mine = Opened(own.path)
    pane = viewer_data(mine, mine.views[TASK], SAMPLE, ["telea"])["panes"][0]
    assert pane["note"] == "picture not kept"
    assert pane["command"] == "harness run --suite demo --keep all"
    assert pane["scores"], "what was measured is known without the picture"
    board = Opened(own.path, {"telea": "measured here"})
    assert "a board keeps no pictures" in viewer_data(board, board.views[TASK], SAMPLE, ["telea"])["panes"][0]["note"]
    own.artifacts.prune(set())
    data = viewer_data(mine, mine.views[TASK], SAMPLE, ["telea"])
    assert (data["truth"], data["hole"], data["outline"]) == ("", "", "")


def test_outputs_of_random_weights_are_never_shown(fake: Any, tmp_path: Path) -> None:
    random = (fake.entry("telea@random", "Telea · random", "random"), fake.FILLS[1][1])
    mine = Opened(fake.build(tmp_path, count=2, size=32, fills=[*fake.FILLS[:2], random]).path)
    with pytest.raises(HarnessError, match="no outputs of 'telea@random'"):
        viewer_data(mine, mine.views[TASK], SAMPLE, ["telea@random"])
    with pytest.raises(HarnessError, match="no sample of this name"):
        viewer_data(mine, mine.views[TASK], "../../etc/passwd", ["telea"])


def test_of_a_large_picture_the_window_around_the_hole_is_sent_and_said(opened: Opened) -> None:
    data = viewer_data(opened, opened.views[TASK], SAMPLE, ["telea"], side=24)
    left, top = map(int, re.findall(r"from \((\d+), (\d+)\)", data["window"])[0])
    truth = opened.picture(opened.samples.set_index("sample").loc[SAMPLE, "truth"])
    assert truth is not None
    assert "of 64 × 64; nothing is resampled" in data["window"]
    assert np.array_equal(pixels(data["truth"]), truth[top : top + 24, left : left + 24])
    assert pixels(data["panes"][0]["picture"]).shape == (24, 24, 3)


holes = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(holes, st.integers(1, 14))
def test_a_window_lies_inside_and_holds_the_middle_of_the_hole(mask: NDArray[np.bool_], side: int) -> None:
    x, y = middle_of(mask.shape, mask)
    window = window_on(mask.shape, (x, y), side)
    assert (window.width, window.height) == (min(side, mask.shape[1]), min(side, mask.shape[0]))
    assert window.cut(mask).shape == (window.height, window.width)
    assert window.top <= y <= window.top + window.height
    assert window.left <= x <= window.left + window.width
    if mask.any():
        low, high = np.argwhere(mask).min(axis=0), np.argwhere(mask).max(axis=0) + 1
        assert ((low + high) / 2).tolist() == [y, x]


@given(holes)
def test_an_outline_parts_the_hole_from_everything_else(mask: NDArray[np.bool_]) -> None:
    """Crossing a drawn edge changes sides, and nothing else does: the hole is regained from its outline alone."""
    left_of = np.zeros((mask.shape[0], mask.shape[1] + 1), bool)
    for x, start, end in re.findall(r"M(\d+) (\d+)V(\d+)", outline_path(mask)):
        left_of[int(start) : int(end), int(x)] = True
    above = np.zeros((mask.shape[0] + 1, mask.shape[1]), bool)
    for start, y, end in re.findall(r"M(\d+) (\d+)H(\d+)", outline_path(mask)):
        above[int(y), int(start) : int(end)] = True
    assert np.array_equal(np.logical_xor.accumulate(left_of, axis=1)[:, :-1], mask)
    assert np.array_equal(np.logical_xor.accumulate(above, axis=0)[:-1], mask)


def test_an_outline_of_noise_is_left_out() -> None:
    noise = np.random.default_rng(0).random((400, 400)) < 0.5
    assert outline_path(noise) == ""
    assert outline_path(noise[:100])


def test_a_map_that_a_record_names_is_a_layer(own: RunFolder) -> None:
    levels = np.zeros((32, 32), np.uint8)
    levels[4:9, 4:9] = 200
    Artifacts(own.path / "artifacts").put(pixels_hash(levels), levels)
    _edit(own, "telea", lambda frame: frame.assign(**{gallery.MAP_FACT + "artifact": pixels_hash(levels)}))
    mine = Opened(own.path)
    panes = viewer_data(mine, mine.views[TASK], SAMPLE, ["telea", "navier-stokes"])["panes"]
    assert [list(pane["maps"]) for pane in panes] == [["artifact"], []]
    assert np.array_equal(pixels(panes[0]["maps"]["artifact"])[..., 3], levels)


# ---- orders and pages


def test_orders_go_by_what_they_say(opened: Opened) -> None:
    view = opened.views[TASK]
    assert [*orders(view, ["telea", "mean"])] == [
        "smallest",
        "largest",
        "hardest",
        "differ",
        "worst:telea",
        "worst:mean",
    ]
    assert [*orders(view, [])] == ["smallest", "largest"]

    def values(order: str) -> list[float]:
        return [item.value for item in sample_page(opened, view, order, ["telea", "navier-stokes"]).items]

    assert values("smallest") == sorted(opened.samples["ratio"])
    assert values("largest") == sorted(opened.samples["ratio"], reverse=True)
    telea = opened.rows("telea", TASK)["score:psnr@hole"]
    assert values("worst:telea") == sorted(telea)
    apart = values("differ")
    assert apart[:-1] == sorted(apart[:-1], reverse=True)
    assert np.isnan(apart[-1]), "Navier–Stokes failed there: no difference, so it comes last"
    assert len(values("hardest")) == 6
    with pytest.raises(HarnessError, match="no order 'worst:nobody'"):
        values("worst:nobody")


def test_pages_cover_every_sample_once_and_never_more_than_their_size(opened: Opened) -> None:
    view = opened.views[TASK]
    pages = [sample_page(opened, view, "hardest", ["telea"], number, 4) for number in (1, 2)]
    names = [item.sample for page in pages for item in page.items]
    assert sorted(names) == sorted(opened.samples["sample"])
    assert (pages[0].pages, pages[0].total, len(pages[0].items)) == (2, 6, 4)
    assert sample_page(opened, view, "hardest", ["telea"], 99, 4) == pages[1]
    thumb = pixels(pages[0].items[0].thumb)
    assert max(thumb.shape[:2]) <= 96


def test_only_the_cells_that_an_order_is_about_are_read(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, asked = Opened(run.path), list[str]()
    _ = mine.views
    read = Opened.rows
    monkeypatch.setattr(Opened, "rows", lambda self, entry, task: asked.append(entry) or read(self, entry, task))
    sample_page(mine, mine.views[TASK], "smallest", ENTRIES)
    assert asked == []
    sample_page(mine, mine.views[TASK], "worst:telea", ENTRIES)
    assert asked == ["telea"]


def test_failures_are_counted_and_the_first_are_named(opened: Opened) -> None:
    found = failures(opened, opened.views[TASK], ["telea", "navier-stokes"])
    assert (found.total, found.shown) == (1, (("Navier–Stokes", FAILED, "failed", "ValueError: made to fail"),))
    assert failures(opened, opened.views[TASK], ["navier-stokes"], most=0).shown == ()


# ---- folders made to do harm (F26)


def _edit(run: RunFolder, entry: str, change: Callable[[Any], Any]) -> None:
    path = parquet_path(run.path / "records" / slug(entry) / TASK)
    write_parquet(path, change(read_parquet(path)))


def _png(width: int, height: int, rows: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


NAME = "ab" * 32
SECRET = "root:x:0:0:secret"


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../../secret", f"../{NAME}", "file:///etc/passwd", f"{NAME}\0.png", f"{NAME}\n", NAME.upper(),
     "..%2f..%2fsecret", "", "x" * 5000, "<img src=x onerror=alert(1)>"],
)  # fmt: skip
def test_a_name_that_is_no_hash_is_refused_and_not_repeated(own: RunFolder, name: str) -> None:
    (own.path.parent / "secret").write_text(SECRET)
    with pytest.raises(HarnessError, match="something that is no hash") as refused:
        Opened(own.path).picture(name)
    assert str(refused.value) == "a record names its picture by something that is no hash"
    _edit(own, "telea", lambda frame: frame.assign(output_hash=name))
    mine = Opened(own.path)
    data = viewer_data(mine, mine.views[TASK], SAMPLE, ["telea", "navier-stokes"])
    assert data["panes"][0]["picture"] == ""
    assert data["panes"][1]["picture"], "the other pane lives"
    assert "passwd" not in json.dumps(data)
    assert "secret" not in json.dumps(data)


def _link_out(run: RunFolder) -> None:
    (run.path.parent / "secret.png").write_bytes((run.path / "artifacts" / f"{NAME}.png").read_bytes())
    (run.path / "artifacts" / f"{NAME}.png").unlink()
    (run.path / "artifacts" / f"{NAME}.png").symlink_to(run.path.parent / "secret.png")


def _link_folder(run: RunFolder) -> None:
    (run.path / "artifacts").rename(run.path.parent / "elsewhere")
    (run.path / "artifacts").symlink_to(run.path.parent / "elsewhere")


def _put(content: bytes) -> Callable[[RunFolder], None]:
    def put(run: RunFolder) -> None:
        (run.path / "artifacts" / f"{NAME}.png").write_bytes(content)

    return put


def _loop(run: RunFolder) -> None:
    path = run.path / "artifacts" / f"{NAME}.png"
    path.unlink()
    path.symlink_to(path.name)


def _pipe(run: RunFolder) -> None:
    path = run.path / "artifacts" / f"{NAME}.png"
    path.unlink()
    os.mkfifo(path)


HARM: dict[str, tuple[Callable[[RunFolder], None], str]] = {
    "a link out of the folder": (_link_out, "leads out of the run's folder"),
    "the folder is a link": (_link_folder, "leads out of the run's folder"),
    "a loop of links": (_loop, "cannot be read"),
    "a pipe that nobody writes to": (_pipe, "is no file"),
    "no PNG": (_put(SECRET.encode()), "is no PNG"),
    "empty": (_put(b""), "is no PNG"),
    "a bomb by its header": (_put(_png(65_000, 65_000)), "65000 × 65000 pixels"),
    "a torn PNG": (_put(_png(32, 32)), "damaged picture"),
    "other pixels than its name": (_put(_png(2, 2, bytes(14))), "not what its name says"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_made_to_do_harm_costs_its_own_pane_only(own: RunFolder, harm: str) -> None:
    act, told = HARM[harm]
    (own.path / "artifacts" / f"{NAME}.png").write_bytes(_png(32, 32, bytes(32 * 97)))
    _edit(own, "telea", lambda frame: frame.assign(output_hash=NAME))
    act(own)
    mine = Opened(own.path)
    with pytest.raises(HarnessError, match=re.escape(told)):
        mine.picture(NAME)
    pane = viewer_data(mine, mine.views[TASK], SAMPLE, ["telea"])["panes"][0]
    assert (pane["picture"], pane["error"]) == ("", "")
    assert pane["note"].startswith("picture refused: ")
    assert pane["command"] == f"harness verify {own.path}"


def test_rows_and_samples_are_not_read_through_links_out_of_the_folder(own: RunFolder) -> None:
    path = parquet_path(own.path / "records" / slug("telea") / TASK)
    path.rename(own.path.parent / "rows.parquet")
    path.symlink_to(own.path.parent / "rows.parquet")
    with pytest.raises(HarnessError, match="leads out of the run's folder"):
        Opened(own.path).rows("telea", TASK)
    with pytest.raises(HarnessError, match="leads out of the run's folder"):
        _ = Opened(own.path).summary
    samples = own.path / "samples.jsonl"
    samples.rename(own.path.parent / "samples.jsonl")
    samples.symlink_to(own.path.parent / "samples.jsonl")
    with pytest.raises(HarnessError, match="leads out of the run's folder"):
        _ = Opened(own.path).samples


def test_evil_truths_and_masks_are_refused_as_well(own: RunFolder) -> None:
    rows = read_jsonl(own.path / "samples.jsonl")
    (own.path / "samples.jsonl").unlink()
    shard = ShardWriter(own.path / "samples")
    for row in rows:
        shard.append({**row, "truth": "/etc/passwd", "mask": "../../secret", "title": None})
    shard.close()
    mine = Opened(own.path)
    data = viewer_data(mine, mine.views[TASK], SAMPLE, ["telea"])
    assert (data["truth"], data["hole"], data["title"]) == ("", "", SAMPLE)
    assert [fact for fact in data["facts"] if "no hash" in fact] == data["facts"][1:]
    assert data["panes"][0]["picture"], "the output is kept and sound"
    assert [item.thumb for item in sample_page(mine, mine.views[TASK], "smallest", [], 1).items] == ["", ""]
