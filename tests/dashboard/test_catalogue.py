"""What can be looked at: folders of any name and state, listed at each click, opened once, read again when changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.store.shards import ShardWriter

pytest.importorskip("streamlit", reason="pip install 'iq-harness[dashboard]'")

from harness_dashboard.catalogue import Catalogue, Source
from harness_dashboard.options import Options


@pytest.fixture(autouse=True)
def _no_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness_dashboard.catalogue.boards", lambda: iter(()))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that a user without rights can enter; pytest's own cannot be."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def _write(folder: Path, suite: str = "demo", **more: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"suite": {"name": suite}, **more}))
    return folder


def _shown(*folders: Path) -> dict[str, Source]:
    """Sources by id, as a page that is drawn now has them."""
    return dict(Catalogue(Options(tuple(map(str, folders)))).sources)


ODD = (
    "two\nlines", "right\u202eto-left", "tab\tand\x1b[31mred", "**bold** [x](a.example) $y$", "`code` :red[x]",
    "<img src=x onerror=alert(1)>", "a; touch pwned", "$(touch pwned)", "it's \\ 'quoted'", os.fsdecode(b"no\xfftext"),
    "ein Lauf – größer", " ", "?source=x&task=y",
)  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_a_folder_of_any_name_is_one_line_that_can_be_sent_and_opened(name: str, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "demo-1", tmp_path / name)
    catalogue = Catalogue(Options((str(tmp_path),)))
    (source,) = catalogue.sources.values()
    for text in (source.id, source.title, source.word):
        assert text.isprintable()
        text.encode()
    assert list(catalogue.open(source).views) == ["photos-thick"]


@given(st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=40))
@settings(max_examples=30)
def test_a_path_is_one_word_of_a_command_line(name: str) -> None:
    try:
        path = Path("/", os.fsdecode(os.fsencode(name)))
    except UnicodeEncodeError:  # half a pair: no file is called so
        return
    word = Source("x", "x", "x", path, "run").word
    assert word.isprintable()
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(path)


def test_two_runs_of_one_name_are_two(tmp_path: Path) -> None:
    ours, theirs = _write(tmp_path / "ours" / "night", "a"), _write(tmp_path / "theirs" / "night", "b")
    found = _shown(ours.parent, theirs.parent)
    assert {source.suite: source.path for source in found.values()} == {"a": ours, "b": theirs}
    assert {source.title for source in found.values()} == {f"run {ours}", f"run {theirs}"}


def test_a_folder_that_many_ways_lead_to_is_one(tmp_path: Path) -> None:
    run = _write(tmp_path / "runs" / "night")
    (tmp_path / "runs" / "latest").symlink_to("night")
    (tmp_path / "runs" / "round").symlink_to(".")
    (tmp_path / "runs" / "itself").symlink_to("itself")
    (tmp_path / "runs" / "nowhere").symlink_to("gone")
    assert list(_shown(run.parent, run, tmp_path / "runs" / "round")) == ["night"]
    assert _shown(tmp_path / "not-there") == {}


def test_what_is_hidden_or_no_run_is_left_out_and_the_newest_comes_first(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "older", "oldest", ".hidden")):
        manifest = _write(tmp_path / name) / "manifest.json"
        os.utime(manifest, (10_000 - age, 10_000 - age))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "notes.txt").touch()
    assert list(_shown(tmp_path)) == ["newest", "older", "oldest"]


def test_a_run_that_appears_or_is_rewritten_is_seen_at_the_next_click(runs: Path, tmp_path: Path) -> None:
    assert _shown(tmp_path) == {}
    shutil.copytree(runs / "demo-1", tmp_path / "demo-1")
    source = _shown(tmp_path)["demo-1"]
    opened = Catalogue(Options()).open(source)
    assert Catalogue(Options()).open(source) is opened
    text = (tmp_path / "demo-1" / "manifest.json").read_text()
    (tmp_path / "new").write_text(text.replace('"name": "demo"', '"name": "other"'))
    os.replace(tmp_path / "new", tmp_path / "demo-1" / "manifest.json")
    again = _shown(tmp_path)["demo-1"]
    assert (source.suite, again.suite) == ("demo", "other")
    assert Catalogue(Options()).open(again).manifest["suite"]["name"] == "other"
    shutil.rmtree(tmp_path / "demo-1")
    assert _shown(tmp_path) == {}


def test_a_run_that_goes_on_is_read_again_when_a_cell_begins_but_not_at_each_record(
    fake: ModuleType, tmp_path: Path
) -> None:
    run = fake.build(tmp_path / "going-on", count=4, size=24, fills=fake.FILLS[:2])
    source, catalogue = _shown(tmp_path)["going-on"], Catalogue(Options())
    before = catalogue.open(source)
    assert {row.counts[0] for row in before.views["photos-thick"].rows} == {4}
    shard = ShardWriter(run.path / "records" / "mean" / "other-task")
    begun = source.stamp
    shard.append({"sample": "a", "repeat": 0})
    assert source.stamp == begun
    shard.close()
    assert catalogue.open(source) is not before
    (run.path / "summary.json").write_text("{}")
    ended = source.stamp
    ShardWriter(run.path / "records" / "mean" / "late").close()
    assert source.stamp == ended


BROKEN = {
    "torn": b'{"schema": 1, "suite": {"na', "list": b"[1, 2]", "number": b"7", "empty": b"", "bytes": b"\xff\xfe\x00",
    "deep": b'{"a":' + b"[" * 200_000, "suiteless": b"{}", "odd suite": b'{"schema": 1, "suite": [1]}',
    "nan": b'{"schema": NaN}', "digits": b'{"schema": ' + b"9" * 5000 + b"}",
}  # fmt: skip


@pytest.mark.parametrize("name", [*BROKEN, "folder", "pipe", "huge", "dangling"])
def test_a_manifest_that_cannot_be_read_is_listed_and_costs_the_others_nothing(name: str, tmp_path: Path) -> None:
    _write(tmp_path / "sound")
    (tmp_path / name).mkdir()
    manifest = tmp_path / name / "manifest.json"
    if name in BROKEN:
        manifest.write_bytes(BROKEN[name])
    elif name == "folder":
        manifest.mkdir()
    elif name == "pipe":
        os.mkfifo(manifest)  # nobody writes into it: a reader would wait for ever
    elif name == "huge":
        manifest.touch()
        os.truncate(manifest, 3 << 30)  # sparse: it takes no room
    else:
        manifest.symlink_to("gone")
    found = _shown(tmp_path)
    assert found["sound"].suite == "demo"
    if name == "dangling":
        assert list(found) == ["sound"]
        return
    assert found[name].suite == "?"
    with pytest.raises(HarnessError, match=r"damaged|lacks|no harness wrote"):
        Catalogue(Options()).open(found[name])


def test_what_may_not_be_read_is_listed_or_left_out(place: Path) -> None:
    _write(place / "sound")
    (_write(place / "locked file") / "manifest.json").chmod(0)
    _write(place / "locked folder").chmod(0)
    root = os.geteuid() == 0
    try:
        if root:  # who may read everything
            os.seteuid(65534)
        found = _shown(place)
        with pytest.raises(HarnessError, match="cannot be read: Permission denied"):
            Catalogue(Options()).open(found["locked file"])
    finally:
        if root:
            os.seteuid(0)
        (place / "locked folder").chmod(0o755)
    assert {name: source.suite for name, source in found.items()} == {"sound": "demo", "locked file": "?"}


@pytest.mark.parametrize("card", ["[]", '{"rows": 1}', '{"rows": [7]}', '{"rows": [{"entry": "mean"}]}', "{"])
def test_a_board_with_a_broken_card_says_so(card: str, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "demo-1", tmp_path / "demo-1")
    (tmp_path / "demo-1" / "board.json").write_text(card)
    with pytest.raises(HarnessError, match="harness leaderboard check names what is wrong"):
        Catalogue(Options()).open(_shown(tmp_path)["demo-1"])


def test_a_board_tells_who_vouches_for_its_rows(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.leaderboard.places import boards

    card = {"schema": 1, "rows": [{"entry": "telea", "tier": "third party", "by": "<b>us</b>"}]}
    for name in ("v1-cpu", "v1-\ncuda"):
        shutil.copytree(runs / "demo-1", tmp_path / "measured" / "demo" / name)
        (tmp_path / "measured" / "demo" / name / "board.json").write_text(json.dumps(card))
    monkeypatch.setattr("harness_dashboard.catalogue.boards", lambda: boards([(tmp_path, False)]))
    catalogue = Catalogue(Options(()))
    assert {source.title for source in catalogue.sources.values()} == {
        "demo v1 · cpu · yours", "demo v1 · \\ncuda · yours",
    }  # fmt: skip
    source = catalogue.sources["demo/v1-cpu (yours)"]
    assert catalogue.open(source).tiers == {"telea": "third party"}


def test_two_tasks_of_one_title_and_half_a_character_can_be_chosen(
    open_page: Callable[..., Any], fake: ModuleType, tmp_path: Path
) -> None:
    run = fake.build(
        tmp_path / "twins", count=4, size=24, fills=fake.FILLS[:2], tasks=(("one", "Twin"), ("two", "Twin"))
    )
    text = run.manifest_path.read_text().replace('"title": "Telea"', '"title": "half \\ud800 a pair"')
    run.manifest_path.write_text(text.replace('"name": "demo"', '"name": "de\\udfffmo"'))
    app = open_page("leaderboard", tmp_path, source="run twins", task="Twin (two)")
    assert [one.value for one in app.exception] == []
    assert app.selectbox(key="task").value == "two"
    assert app.selectbox(key="task").options == ["Twin (one)", "Twin (two)"]
    assert "half \\ud800 a pair" in json.loads(app.get("bidi_component")[0].proto.json)


@pytest.mark.parametrize("lost", ["title", "metrics", "metrics_info", "entries", "n", "weights", "tags"])
def test_a_manifest_that_is_not_whole_says_what_to_do(
    lost: str, open_page: Callable[..., Any], runs: Path, tmp_path: Path
) -> None:
    shutil.copytree(runs / "demo-1", tmp_path / "hurt")
    manifest = json.loads((tmp_path / "hurt" / "manifest.json").read_text())
    (task,) = manifest["suite"]["tasks"]
    if lost == "entries":
        manifest["entries"] = 7
    else:
        (task if lost in task else manifest["entries"][0]).pop(lost)
    (tmp_path / "hurt" / "manifest.json").write_text(json.dumps(manifest))
    app = open_page("leaderboard", tmp_path, source="run hurt")
    assert [one.value for one in app.exception] == []
    assert "cannot be read" in app.error[0].value
    assert app.code[1].value == f"harness verify {tmp_path / 'hurt'}"
