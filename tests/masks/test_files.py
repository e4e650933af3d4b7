"""Mask sets that are files: True = hole whatever the polarity, by area or by name, never by position."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from harness.datasets.catalogue import collections
from harness.datasets.decode import ImageError
from harness.datasets.preparing import prepare
from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import MaskSet, Sample
from harness.masks.file_specs import file_mask_specs
from harness.masks.files import MatFiles, MiGanFiles, NvidiaIrregular
from harness.masks.irregular import BINS
from harness.plugins import load_target

HEIGHT, WIDTH = 24, 32


@pytest.fixture
def prepared(twins: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)

    def make(name: str, split: str) -> Path:
        root: Path = twins.build(name, tmp_path / name)
        one = collections()[name]
        prepare(one, one.split(split), root)
        return root

    return make


def sample(id: str, height: int = HEIGHT, width: int = WIDTH) -> Sample:
    return Sample(id, id, np.zeros((height, width, 3), np.uint8))


@pytest.mark.parametrize("spec", file_mask_specs(), ids=lambda spec: spec.name)
def test_the_class_is_what_its_spec_says_and_tells_what_is_not_here(
    spec: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    cls = load_target(spec)  # type: ignore[arg-type]
    params = {name: param.default for name, param in spec.params.items()}  # type: ignore[attr-defined]
    assert cls.name == spec.name  # type: ignore[attr-defined]
    for ask in (cls.available, cls):
        with pytest.raises(MissingRequirement, match=f"^data set {cls.source} is not here: harness data check"):
            ask(**params)


@pytest.mark.parametrize("split", ["test", "train"])
def test_nvidias_masks_are_binned_by_their_own_area_in_both_polarities(
    split: str, prepared: Callable[..., Path]
) -> None:
    prepared("nvidia-masks", split)
    masks = NvidiaIrregular(split)
    assert isinstance(masks, MaskSet)
    assert masks.count == 6
    for k, (low, high) in enumerate(BINS):
        for id in ("a", "b", "c"):
            drawn = masks.draw(sample(id), k)
            assert low < drawn.mean() <= high
            assert drawn[:, 0].all(), "a hole at the left, whatever the file says by white"
            assert not drawn[1:, -1].any()
    with pytest.raises(ValueError, match="there is no mask 6"):
        masks.draw(sample("a"), 6)


def test_which_file_hangs_on_the_sample_and_the_seed_alone(prepared: Callable[..., Path], twins: ModuleType) -> None:
    root = prepared("nvidia-masks", "test")
    for number in range(12, 40):  # more in one bin, each another mask
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[:, : WIDTH // 4] = True
        mask[number // 7, 10 + number % 7] = True
        twins.save(root / "mask" / "testing_mask_dataset" / f"{number:05d}.png", mask)
    before = NvidiaIrregular("test").version
    one = collections()["nvidia-masks"]
    prepare(one, one.split("test"), root)
    masks = NvidiaIrregular("test")
    assert masks.version != before
    ids = [f"s{n}" for n in range(12)]
    drawn = [masks.draw(sample(id), 2).tobytes() for id in ids]
    assert drawn == [NvidiaIrregular("test").draw(sample(id), 2).tobytes() for id in ids]
    assert len(set(drawn)) > 3
    assert drawn != [NvidiaIrregular("test", seed=1).draw(sample(id), 2).tobytes() for id in ids]


def test_a_bin_without_a_file_is_told(prepared: Callable[..., Path]) -> None:
    root = prepared("nvidia-masks", "test")
    for number in (5, 11):
        (root / "mask" / "testing_mask_dataset" / f"{number:05d}.png").unlink()
    one = collections()["nvidia-masks"]
    prepare(one, one.split("test"), root)
    with pytest.raises(HarnessError, match=r"nvidia-irregular: no mask of area 0\.5 to 0\.6"):
        NvidiaIrregular("test").draw(sample("a"), 5)


@pytest.mark.parametrize(
    ("masks", "name", "split"),
    [(MiGanFiles, "mi-gan-masks", "places-512"), (MatFiles, "mat-masks", "places-512-large")],
)
def test_published_masks_are_taken_by_name(
    masks: type[MiGanFiles], name: str, split: str, prepared: Callable[..., Path], twins: ModuleType
) -> None:
    root = prepared(name, split)
    opened = masks(split)
    for number in (1, 8):
        drawn = opened.draw(sample(f"Places365_val_{number:08d}"), 0)
        np.testing.assert_array_equal(drawn, twins.hole(number))
    larger = opened.draw(sample("val/Places365_val_00000002.jpg", 2 * HEIGHT, 2 * WIDTH), 0)
    np.testing.assert_array_equal(larger, twins.hole(2).repeat(2, axis=0).repeat(2, axis=1))
    with pytest.raises(HarnessError, match="masks are never taken by their position"):
        opened.draw(sample("Places365_val_00000009"), 0)
    path = root / split / "Places365_val_00000003.png"
    path.write_bytes((root / split / "Places365_val_00000004.png").read_bytes())
    with pytest.raises(ImageError, match="is no longer the file that was prepared"):
        opened.draw(sample("Places365_val_00000003"), 0)
