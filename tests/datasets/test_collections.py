"""Every layout that the harness knows is found, paired, read and verified, on generated twins of it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness import plugins
from harness.datasets.catalogue import collections
from harness.datasets.checking import check_split
from harness.datasets.decode import ImageError
from harness.datasets.finding import find
from harness.datasets.layouts import Collection, class_name
from harness.datasets.manifest import manifest_file
from harness.datasets.named import class_of
from harness.datasets.preparing import Prepared, prepare
from harness.datasets.specs import known_dataset_specs
from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.plugins import build_registry, load_target
from harness.testing import cases

_SPEC = importlib.util.spec_from_file_location("twins", Path(__file__).with_name("twins.py"))
assert _SPEC
assert _SPEC.loader
_TWINS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_TWINS)
MASKS_ONLY = ("nvidia-masks", "mi-gan-masks", "mat-masks")
Make = Callable[..., tuple[Path, Prepared]]


def test_every_collection_has_a_twin() -> None:
    assert sorted(_TWINS.SPLITS) == sorted(collections())


@pytest.mark.parametrize("name", list(_TWINS.SPLITS))
def test_every_split_of_a_twin_is_found_and_loads(name: str, prepared: Make, data_home: Path) -> None:
    root, _ = prepared(name)
    spec = build_registry().specs["datasets"].get(name)
    for split, keys in _TWINS.SPLITS[name].items():
        _, done = prepared(name, split, root)
        assert list(done.manifest.rows) == keys
        if name in MASKS_ONLY:
            continue
        opened = class_of(name)(split)
        assert opened.ids() == tuple(keys)
        for key in (keys[0], keys[-1]):
            sample = opened.load(key)
            row = done.manifest.rows[key]
            assert sample.id == key
            assert sample.image.shape == (row.height, row.width // (2 if "pair" in row.paths else 1), 3)
            assert spec is not None
            assert all(getattr(sample, field) is not None for field in spec.gives)  # type: ignore[union-attr]
        with pytest.raises(UnknownName):
            opened.load("no-such-key")


@pytest.mark.parametrize("name", ["places365", "cityscapes", "cmp-facades", "lama-eval"])
def test_a_copy_under_another_folder_has_the_same_ids_and_hash(name: str, prepared: Make, tmp_path: Path) -> None:
    root, first = prepared(name)
    split = first.manifest.header.split
    hashed = class_of(name)(split).content_hash()
    below = tmp_path / "elsewhere" / (collections()[name].tops or ("any",))[0]
    shutil.copytree(root, below)
    _, again = prepared(name, split, tmp_path / "elsewhere")
    assert again.manifest.root == below
    assert list(again.manifest.rows) == list(first.manifest.rows)
    assert class_of(name)(split).content_hash() == hashed


def test_the_folder_of_pictures_itself_may_be_named(prepared: Make) -> None:
    root, _ = prepared("places365", "val")
    _, again = prepared("places365", "val", root / "val_large")
    assert again.manifest.root == root


def test_two_archives_unpacked_into_two_folders_are_one_set(twins: ModuleType, prepared: Make, tmp_path: Path) -> None:
    root = twins.build("cityscapes", tmp_path / "one")
    for folder, archive in (("leftImg8bit", "a"), ("gtFine", "b")):
        (tmp_path / "two" / archive).mkdir(parents=True)
        (root / folder).rename(tmp_path / "two" / archive / folder)
    _, done = prepared("cityscapes", "val", tmp_path / "two")
    row = done.manifest.rows["munster_000000_000019"]
    assert row.paths["image"].startswith("a/leftImg8bit/val/munster/")
    assert row.paths["labels"].startswith("b/gtFine/val/munster/")
    assert class_of("cityscapes")("val").load("munster_000000_000019").labels is not None


def test_pictures_saved_as_png_are_as_good(prepared: Make, twins: ModuleType, tmp_path: Path) -> None:
    root = twins.build("div2k", tmp_path / "div2k")
    path = root / "DIV2K_valid_HR" / "0801.png"
    Image.open(path).save(path.with_suffix(".jpg"))
    path.unlink()
    _, done = prepared("div2k", "valid", root)
    assert list(done.manifest.rows) == twins.SPLITS["div2k"]["valid"]


# ---- what the facts warn of


def test_celeba_hq_is_counted_from_nought_whatever_the_archive_says(
    prepared: Make, twins: ModuleType, tmp_path: Path
) -> None:
    """`data256x256` begins with 00001.jpg, CelebAMask-HQ with 0.jpg: picture 7 is the same face."""
    root, _ = prepared("celeba-hq", "lama-test")
    one = class_of("celeba-hq")("lama-test").load("7").image
    other = tmp_path / "other"
    for number in range(8):
        twins.save(other / "CelebA-HQ-img" / f"{number}.jpg", twins.picture(number))
    shutil.copy(root / "val_shuffled.flist", other)
    prepared("celeba-hq", "lama-test", other)
    np.testing.assert_array_equal(class_of("celeba-hq")("lama-test").load("7").image, one)


def test_reindexed_five_digit_names_are_not_taken_for_counted_from_one(data_home: Path, tmp_path: Path) -> None:
    """LaMa's script renames in place: 10000.jpg is then picture 10000, not 9999."""
    for number in (0, 9999, 10000):
        _TWINS.save(tmp_path / "data256x256" / f"{number}.jpg", _TWINS.picture(number))
    one = collections()["celeba-hq"]
    assert [item.key for item in find(one, one.split("all"), tmp_path).items] == ["0", "9999", "10000"]


@pytest.mark.parametrize(
    ("name", "split", "keys"),
    [
        ("lama-eval", "places-thick-512", lambda n: f"Places365_val_{n:08d}_crop000"),
        ("mat-eval", "places", str),
        ("cm-gan-eval", "places-512", lambda n: f"Places365_val_{n:08d}"),
    ],
)
def test_masks_mean_hole_by_true_whatever_the_file_says(
    name: str, split: str, keys: Callable[[int], str], prepared: Make, twins: ModuleType
) -> None:
    prepared(name, split)
    opened = class_of(name)(split)
    for number in (1, 5):
        sample = opened.load(keys(number))
        assert sample.mask is not None
        np.testing.assert_array_equal(sample.mask, twins.hole(number))
    turned = class_of(name)(split, hole="white" if collections()[name].split(split).hole == "black" else "black")
    other = turned.load(keys(1)).mask
    assert other is not None
    np.testing.assert_array_equal(other, ~twins.hole(1))
    assert turned.content_hash() != opened.content_hash()


def test_masks_are_paired_by_key_and_what_has_no_partner_is_told(prepared: Make, twins: ModuleType) -> None:
    """Paired by position, every mask behind the missing picture would be its neighbour's."""
    root, _ = prepared("mat-eval", "places")
    (root / "Places" / "images" / "test3.jpg").unlink()
    (root / "Places" / "masks" / "mask5.png").unlink()
    _, done = prepared("mat-eval", "places", root)
    assert done.found.unpaired == ("Places/masks/mask3.png: no image", "Places/images/test5.jpg: no mask")
    np.testing.assert_array_equal(class_of("mat-eval")("places").load("8").mask, twins.hole(8))
    checked = check_split(collections()["mat-eval"], collections()["mat-eval"].split("places"), root)
    assert not checked.whole
    assert "unpaired: Places/masks/mask3.png: no image" in checked.lines


def test_a_removal_pair_shows_the_object_and_is_judged_without_it(prepared: Make, twins: ModuleType) -> None:
    root, _ = prepared("rord", "val")
    sample = class_of("rord")("val").load("clip1/00006")
    assert sample.cluster == "clip1"
    assert sample.target is not None
    for array, folder in ((sample.image, "img"), (sample.target, "gt")):
        saved = np.asarray(Image.open(root / "val" / folder / "clip1" / "00006.jpg"))
        np.testing.assert_array_equal(array, saved)
    np.testing.assert_array_equal(sample.mask, twins.hole(6))


def test_an_instruction_comes_with_its_pair(prepared: Make, twins: ModuleType) -> None:
    root, _ = prepared("gqa-inpaint", "test")
    sample = class_of("gqa-inpaint")("test").load("i7-o11")
    assert (sample.cluster, sample.prompt) == ("7", "remove the dog at the left of the cat")
    assert dict(sample.truth) == {"reference": "7", "name": "dog", "box": "0 0 9 9", "kind": "relation"}
    for array, file in ((sample.image, "images/7.jpg"), (sample.target, "images_inpainted/7/11.jpg")):
        np.testing.assert_array_equal(array, np.asarray(Image.open(root / file)))
    np.testing.assert_array_equal(sample.mask, np.asarray(Image.open(root / "masks" / "7" / "11.jpg")) > 127)
    gives = build_registry().dataset("gqa-inpaint").gives
    assert gives == {"image", "mask", "prompt"}
    prepared("gqa-inpaint", "train", root)
    drawn = class_of("gqa-inpaint")("train").load("i7-o12").prompt
    assert drawn in ("remove the cat", "remove the cat at the right")


def test_a_pair_without_an_instruction_is_absent_and_a_list_of_another_kind_is_named(
    prepared: Make, twins: ModuleType
) -> None:
    root, _ = prepared("gqa-inpaint", "test")
    one = collections()["gqa-inpaint"]
    (root / "test_instructions.json").write_text('{"i7-o11": "remove the dog"}')
    found = find(one, one.split("test"), root)
    assert [item.key for item in found.items] == ["i7-o11"]
    assert found.absent == ("i7-o12", "in80-o23")
    for text, told in (("[]", "no table"), ("{", "cannot be read"), ('{"7": {"width": 3}}', "'7' is not a scene")):
        (root / "test_scenes.json").write_text(text)
        with pytest.raises(HarnessError, match=f"test_scenes.json: .*{told}"):
            find(one, one.split("test"), root)


def test_label_maps_are_the_files_own_numbers(prepared: Make, twins: ModuleType) -> None:
    prepared("cmp-facades", "base")
    labels = class_of("cmp-facades")("base").load("cmp_b0061").labels
    assert labels is not None
    np.testing.assert_array_equal(labels, twins.classes(61)[None])
    prepared("facades-pix2pix", "test")
    sample = class_of("facades-pix2pix")("test").load("3")
    np.testing.assert_array_equal(sample.labels, twins.classes(3)[None])
    np.testing.assert_array_equal(sample.image, twins.picture(3))
    prepared("cityscapes", "val")
    street = class_of("cityscapes")("val").load("frankfurt_000001_000538")
    assert street.cluster == "frankfurt_000001"
    np.testing.assert_array_equal(street.labels, twins.classes(2, 33)[None])
    np.testing.assert_array_equal(street.truth["instances"], twins.classes(2, 33).astype(int) * 1000)


def test_a_label_map_of_colours_is_refused(prepared: Make, twins: ModuleType) -> None:
    root, _ = prepared("cmp-facades", "base")
    twins.save(root / "base" / "cmp_b0002.png", twins.picture(2))
    with pytest.raises(HarnessError, match=r"base/cmp_b0002\.png: a label map of colours \(RGB\)"):
        prepared("cmp-facades", "base", root)


def test_asapnets_two_folders_are_the_same_split(prepared: Make, twins: ModuleType, tmp_path: Path) -> None:
    prepared("cmp-facades", "asapnet-val")
    hashed = class_of("cmp-facades")("asapnet-val").content_hash()
    for number in (1, 2, 60):
        for kind, suffix in (("img", ".jpg"), ("label", ".png")):
            target = tmp_path / "facadesHR" / f"val_{kind}" / f"cmp_b{number:04d}{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tmp_path / "cmp-facades" / "base" / target.name, target)
    _, done = prepared("cmp-facades", "asapnet-val", tmp_path / "facadesHR")
    assert list(done.manifest.rows) == ["cmp_b0001", "cmp_b0002", "cmp_b0060"]
    assert class_of("cmp-facades")("asapnet-val").content_hash() == hashed


def test_the_list_of_imagenet_gives_its_order_and_classes(prepared: Make) -> None:
    root, _ = prepared("imagenet-1k-list", "list")
    opened = class_of("imagenet-1k-list")("list")
    assert [opened.load(key).truth["class"] for key in opened.ids()] == [0, 1, 2]
    (root / "imagenet_val_1k.txt").write_text("ILSVRC2012_val_00000293.JPEG nought\n")
    with pytest.raises(HarnessError, match="line 1 names no new file, or more than a class number"):
        prepared("imagenet-1k-list", "list", root)
    (root / "imagenet_val_1k.txt").unlink()
    with pytest.raises(MissingRequirement, match=r"the list imagenet_val_1k\.txt is not in it"):
        prepared("imagenet-1k-list", "list", root)


# ---- what is damaged, in the way, or somebody else's


@pytest.fixture
def places(prepared: Make) -> tuple[Path, Collection]:
    return prepared("places365", "val")[0], collections()["places365"]


def test_a_truncated_picture_is_named_and_nothing_is_written(places: tuple[Path, Collection], data_home: Path) -> None:
    root, one = places
    manifest = manifest_file("places365", "val")
    old = manifest.read_bytes()
    path = root / "val_large" / "Places365_val_00000004.jpg"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        HarnessError, match=r"^1 samples cannot be read: val_large/Places365_val_00000004\.jpg: damaged"
    ):
        prepare(one, one.split("val"), root)
    assert manifest.read_bytes() == old
    path.write_bytes(whole)
    assert prepare(one, one.split("val"), root).read == 1  # its time is another; the others were not read again


def test_a_file_that_changed_since_is_refused_when_it_is_loaded(places: tuple[Path, Collection]) -> None:
    root, one = places
    path = root / "val_large" / "Places365_val_00000002.jpg"
    path.write_bytes((root / "val_large" / "Places365_val_00000003.jpg").read_bytes())
    opened = class_of("places365")("val")
    with pytest.raises(ImageError, match="is not the manifest's"):
        opened.load("Places365_val_00000002")
    checked = check_split(one, one.split("val"), root)
    assert any(line.startswith("changed: val_large/Places365_val_00000002.jpg: sha256") for line in checked.lines)
    path.unlink()
    with pytest.raises(ImageError, match=r"cannot be read: No such file.*harness data prepare places365 --split val"):
        opened.load("Places365_val_00000002")


def test_counts_are_told_and_a_subset_is_not_whole(places: tuple[Path, Collection]) -> None:
    root, one = places
    checked = check_split(one, one.split("val"), root)
    assert (checked.whole, checked.missing) == (False, True)
    assert checked.lines[1] == "36,492 missing"
    drawn = check_split(one, one.split("val-30k"), root)
    assert "absent: 36,492 of the 36,500 that it is drawn from" in drawn.lines


def test_other_files_are_left_alone_and_twice_the_same_key_is_not(places: tuple[Path, Collection]) -> None:
    root, one = places
    (root / "val_large" / "Thumbs.db").write_bytes(b"x")
    _TWINS.save(root / "val_large" / "copy of Places365_val_00000001.jpg", _TWINS.picture(0))
    assert len(find(one, one.split("val"), root).items) == 8
    _TWINS.save(root / "val_large" / "Places365_val_00000001.png", _TWINS.picture(0))
    with pytest.raises(HarnessError, match="are both image of 'Places365_val_00000001'; remove one"):
        find(one, one.split("val"), root)


def test_links_that_lead_out_are_refused(places: tuple[Path, Collection], tmp_path: Path) -> None:
    root, one = places
    outside = tmp_path / "outside.jpg"
    shutil.move(root / "val_large" / "Places365_val_00000001.jpg", outside)
    (root / "val_large" / "Places365_val_00000001.jpg").symlink_to(outside)
    found = find(one, one.split("val"), root)
    assert len(found.items) == 7
    assert found.skipped == ("val_large/Places365_val_00000001.jpg: a link that leads out of the folder",)
    shutil.move(root / "val_large", tmp_path / "elsewhere")
    (root / "val_large").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HarnessError, match="val_large is a link that leads out of"):
        find(one, one.split("val"), root)


def test_a_picture_and_a_mask_of_two_sizes_are_no_sample(prepared: Make, twins: ModuleType) -> None:
    root, _ = prepared("cm-gan-eval")
    twins.save(root / "masks" / "Places365_val_00000002.png", twins.hole(2, 12, 16))
    with pytest.raises(HarnessError, match="Places365_val_00000002: sizes differ: image 32 x 24, mask 16 x 12"):
        prepared("cm-gan-eval", "", root)


def test_what_is_not_there_is_told_with_what_was_looked_for(data_home: Path, tmp_path: Path) -> None:
    one = collections()["lama-eval"]
    with pytest.raises(MissingRequirement, match=r"no image folder evaluation/random_thick_512 or .* and mask folder"):
        find(one, one.splits[0], tmp_path)
    with pytest.raises(MissingRequirement, match="no such folder"):
        find(one, one.splits[0], tmp_path / "gone")
    with pytest.raises(MissingRequirement, match=r"^data set lama-eval is not here: harness data check lama-eval$"):
        class_of("lama-eval").available("places-thick-512")


# ---- stopped and gone on


def test_a_stopped_call_goes_on_where_it_was(
    prepared: Make, twins: ModuleType, data_home: Path, tmp_path: Path
) -> None:
    root, one = twins.build("places365", tmp_path / "p"), collections()["places365"]

    class Stop(Exception):
        pass

    def stop_at_five(done: int, of: int) -> None:
        if done == 5:
            raise Stop

    with pytest.raises(Stop):
        prepare(one, one.split("val"), root, stop_at_five)
    part = manifest_file("places365", "val").with_suffix(".part.jsonl")
    assert not manifest_file("places365", "val").exists()
    part.write_bytes(part.read_bytes()[:-20])  # the last line as a kill leaves it
    done = prepare(one, one.split("val"), root)
    assert (done.read, len(done.manifest.rows)) == (4, 8)
    assert not part.exists()
    assert prepare(one, one.split("val"), root).read == 0


def test_a_new_time_is_read_again_and_changes_nothing(places: tuple[Path, Collection]) -> None:
    root, one = places
    content = class_of("places365")("val").content_hash()
    os.utime(root / "val_large" / "Places365_val_00000001.jpg", ns=(1, 1))
    assert prepare(one, one.split("val"), root).read == 1
    assert class_of("places365")("val").content_hash() == content


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"not json\n"])
def test_a_damaged_manifest_is_one_line_and_is_made_again(damage: bytes, places: tuple[Path, Collection]) -> None:
    root, one = places
    path = manifest_file("places365", "val")
    lines = path.read_bytes().splitlines(keepends=True)
    for broken in (damage, b"".join(lines[:-1]), lines[0] + damage, path.read_bytes().replace(b"val_large/", b"../x/")):
        path.write_bytes(broken)
        with pytest.raises(HarnessError, match=r"cannot be used: .*prepare places365 --split val$") as told:
            class_of("places365")("val")
        assert "\n" not in str(told.value)
        assert prepare(one, one.split("val"), root).read == 8


def test_the_hash_hangs_on_split_and_view(places: tuple[Path, Collection], prepared: Make) -> None:
    prepared("places365", "val-30k", places[0])
    views = ("native", "square-256", "resize16", "resize16-bilinear", "short16+crop8")
    hashes = {class_of("places365")(split, view).content_hash() for split in ("val", "val-30k") for view in views}
    assert len(hashes) == 10
    same = [class_of("places365")("val", view).content_hash() for view in ("resize16", "resize16-bicubic")]
    assert same[0] == same[1]


# ---- as the rest of the harness sees them

QUICK = ("spec", "parameters", "samples", "threads", "attribution", "unknown-id", "no-writes", "silent")


@pytest.mark.parametrize("name", ["cmp-facades", "lama-eval", "rord"])
def test_a_prepared_set_conforms(name: str, prepared: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A split that is not prepared is no fault of the parameter that names it."""
    monkeypatch.setattr(plugins, "_cached", [])
    prepared(name)
    asked = [case for case in cases(f"dataset:{name}") if case.check.name in QUICK]
    outcomes = {case.check.name: case.run() for case in asked}
    assert {check: outcome.line for check, outcome in outcomes.items() if outcome.status != "ok"} == {}
    assert sorted(outcomes) == sorted(QUICK)
    lacking = len(collections()[name].splits) - 1
    assert outcomes["parameters"].line.endswith(f"; what {lacking} choices need is not here")


def test_every_spec_leads_to_the_class_of_its_collection(data_home: Path) -> None:
    known = collections()
    specs = [spec for spec in known_dataset_specs() if spec.name in known]
    assert len(specs) == len(known) - len(MASKS_ONLY)
    assert [spec.name for spec in specs if load_target(spec).collection is not known[spec.name]] == []
    assert [spec.name for spec in specs if not spec.licence or not known[spec.name].get] == []


@given(st.sets(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]*", fullmatch=True), max_size=6))
@settings(max_examples=25)
def test_every_name_has_a_class_name_of_its_own(names: set[str]) -> None:
    made = {class_name(name) for name in names}
    assert len(made) == len(names)
    assert all(name.isidentifier() for name in made)
