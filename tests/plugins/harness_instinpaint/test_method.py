"""The editor as the harness calls it, and what it is measured against."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, LoadedWeights, Setup
from harness.nn.first_stage import first_stage_sha256
from harness_instinpaint import method
from harness_instinpaint.baselines import Identity, OracleMask
from harness_instinpaint.checkpoint import load_network, random_network
from harness_instinpaint.method import Editor, Keep, MaskedEditor, SourcelessEditor
from harness_instinpaint.network import mini
from harness_instinpaint.refer import Finder, ReferThenInpaint


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, first_stage: Path) -> LoadedWeights:
    """The small network on small pictures."""
    config = replace(mini(), side=32)
    network = random_network(config).network
    path = tmp_path_factory.mktemp("weights") / "mini.safetensors"
    facts = {"network": asdict(config), "first_stage": first_stage_sha256(first_stage)}
    save_file(network.state_dict(), path, metadata={"harness": json.dumps(facts)})
    return LoadedWeights("mini", "mini", path, "")


@pytest.fixture
def setup(weights: LoadedWeights, first_stage: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setattr(method, "load_network", lambda path: load_network(path, first_stage))
    return Setup(weights=weights)


def _batch(height: int = 32, width: int = 32, count: int = 1, **more: object) -> Batch:
    draw = torch.Generator().manual_seed(height + width)
    image = torch.rand(count, 3, height, width, generator=draw)
    given = {"prompt": ("remove the red cube",) * count, "seeds": tuple(range(count)), **more}
    return Batch(tuple(map(str, range(count))), image=image, **given)  # type: ignore[arg-type]


def test_any_size_comes_back_with_its_steps(setup: Setup) -> None:
    editor = Editor(setup, steps=2)
    for size in ((32, 32), (20, 49)):
        made = editor.inpaint(_batch(*size))
        assert made.image.shape == (1, 3, *size)
        assert made.maps["where"].shape == (1, 1, *size)
        assert 0 <= made.image.min() <= made.image.max() <= 1
        assert made.facts == {"steps": [2]}


def test_words_seed_and_mask_decide_and_the_batch_does_not(setup: Setup) -> None:
    editor, batch = Editor(setup, steps=2), _batch(count=2)
    both = editor.inpaint(batch).image
    alone = editor.inpaint(_batch(count=2)).image
    assert torch.equal(both, alone)
    for other in (_batch(count=2, prompt=("remove the sphere",) * 2), _batch(count=2, seeds=(5, 6))):
        assert not torch.allclose(editor.inpaint(other).image, both, atol=1e-3)
    masked = MaskedEditor(setup, steps=2)
    told = [masked.inpaint(_batch(mask=torch.full((1, 1, 32, 32), value))).image for value in (0.0, 1.0)]
    assert not torch.allclose(*told, atol=1e-3)


def test_without_a_source_the_picture_is_of_no_account(setup: Setup) -> None:
    editor, batch = SourcelessEditor(setup, steps=2), _batch()
    first = editor.inpaint(batch).image
    batch.image = 1 - batch.image
    assert torch.equal(editor.inpaint(batch).image, first)


@pytest.mark.parametrize("keep", ["nothing", "unchanged"])
def test_a_picture_that_no_edit_changed_is_kept_bit_for_bit_if_asked(keep: Keep) -> None:
    """As released, what the first stage makes of it comes back."""
    editor, batch = Editor(Setup(), steps=2, keep=keep), _batch()
    for value in editor.network.model.diffusion_model.out[2].parameters():  # type: ignore[union-attr]
        value.zero_()
    assert torch.equal(editor.inpaint(batch).image, batch.image) == (keep == "unchanged")


def test_what_cannot_be_is_refused_in_one_line(setup: Setup) -> None:
    with pytest.raises(HarnessError, match="cannot keep 0 "):
        Editor(setup, steps=0)
    editor = Editor(setup, steps=1)
    with pytest.raises(HarnessError, match="an image and an instruction"):
        editor.inpaint(_batch(prompt=None))
    with pytest.raises(HarnessError, match="needs a seed"):
        editor.inpaint(_batch(seeds=()))
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        MaskedEditor(setup, steps=1).inpaint(_batch())


def test_another_first_stage_is_refused(weights: LoadedWeights, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"another")
    assert weights.path is not None
    with pytest.raises(HarnessError, match="another first stage"):
        load_network(weights.path, other)


class Grey:
    """Fills with grey, and remembers what it was given."""

    seen: list[tuple[Tensor, Tensor]]

    def __init__(self) -> None:
        self.seen = []

    def inpaint(self, batch: Batch) -> Images:
        image, mask = batch.image_and_mask("grey")
        self.seen.append((image, mask))
        return Images(torch.full_like(image, 0.5))


def test_the_true_mask_grown_is_filled_and_an_empty_one_is_left() -> None:
    inner, batch = Grey(), _batch(16, 16)
    batch.mask = torch.zeros(1, 1, 16, 16)
    oracle = OracleMask(Setup(inner=inner), grow=2)
    assert torch.equal(oracle.inpaint(batch).image, batch.image)
    assert inner.seen == []
    batch.mask[..., 8, 8] = 1
    made = oracle.inpaint(batch).image
    image, hole = inner.seen[0]
    assert int(hole.sum()) == 25
    assert bool((image[:, :, 6:11, 6:11] == 0).all())
    assert bool((made[:, :, 6:11, 6:11] == 0.5).all())
    assert torch.equal(made * (1 - hole), batch.image * (1 - hole))
    assert torch.equal(Identity(Setup()).inpaint(batch).image, batch.image)


def test_what_is_found_is_filled_and_the_true_mask_is_never_looked_at(tmp_path: Path) -> None:
    torch.manual_seed(0)
    finder = Finder()
    for block in finder.reading:  # which start as if there were no text
        torch.nn.init.normal_(block.proj_out.weight, std=0.1)  # type: ignore[arg-type, union-attr]
    path = tmp_path / "refer.safetensors"
    save_file(finder.state_dict(), path, metadata={"harness": json.dumps({"network": asdict(finder.config)})})
    inner, batch = Grey(), _batch(40, 56, mask=torch.ones(1, 1, 40, 56))
    setup = Setup(weights=LoadedWeights("mini", "mini", path, ""), inner=inner)
    found = ReferThenInpaint(setup).inpaint(batch)
    middle = float(found.maps["where"].median())
    some = ReferThenInpaint(setup, grow=0, threshold=middle).inpaint(batch)
    region = (some.maps["where"] > middle).expand_as(some.image)
    assert bool((some.image[region] == 0.5).all())
    assert torch.equal(some.image[~region], batch.image[~region])
    assert torch.equal(inner.seen[-1][1] > 0, region[:, :1])
    other = ReferThenInpaint(setup).inpaint(_batch(40, 56, prompt=("remove the sphere",)))
    assert not torch.equal(other.maps["where"], found.maps["where"])
    with pytest.raises(HarnessError, match="wraps another method"):
        ReferThenInpaint(Setup())
