"""Label maps to pictures: the floor, the judge, and the suite's own way from labels to scores."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

import harness
import harness_scenes
from harness.errors import HarnessError, RefusedSample
from harness.interfaces import Batch, MetricBatch, Restorer, Setup
from harness_scenes.dataset import SceneHoles
from harness_scenes.label_mean import MEANS, LabelMean
from harness_scenes.label_patches import LabelPatches, training_sheet
from harness_scenes.render import render
from harness_scenes.sampling import sample_scene
from harness_scenes.segmentation import SegmenterAccuracy, SegmenterIou
from harness_scenes.segmenter import WEIGHTS, Segmenter, load_segmenter
from harness_scenes.train_segmenter import confusion

SCENES = SceneHoles()
SEEN = SCENES.ids()[::6]


def _scene(id: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Picture [1,3,H,W] in [0,1] and labels [1,1,H,W]."""
    sample = SCENES.load(id)
    assert sample.labels is not None
    return torch.from_numpy(sample.image).permute(2, 0, 1)[None].float() / 255, torch.from_numpy(sample.labels)[None]


def _batch(output: torch.Tensor, labels: torch.Tensor | None) -> MetricBatch:
    return MetricBatch(tuple("abc"[: len(output)]), output, output, None, labels=labels)


def test_every_class_gets_its_colour_and_no_other_class_any() -> None:
    method = LabelMean(Setup())
    assert isinstance(method, Restorer)
    labels = torch.tensor([[[[0, 1], [2, 3]]]])
    painted = method.restore(Batch(("a",), labels=labels)).image
    assert torch.allclose(painted[0].flatten(1).T * 255, torch.tensor(MEANS), atol=1e-3)
    with pytest.raises(RefusedSample, match="0 to 3"):
        method.restore(Batch(("a",), labels=labels + 1))
    with pytest.raises(HarnessError, match="needs label maps"):
        method.restore(Batch(("a",)))


def test_patches_are_training_scenes_as_rendered_and_of_no_evaluation_scene() -> None:
    pictures, labels = training_sheet()
    assert pictures.shape == (12, 3, 256, 256)
    scene = render(sample_scene(5, "train"), 256, "numpy")
    apart = (pictures[5] * 255).round() - torch.from_numpy(scene.image).permute(2, 0, 1)
    # NumPy's sines and powers differ between processors by their last bit
    assert apart.abs().max() <= 1
    assert apart.count_nonzero() <= 20
    assert torch.equal(labels[5], torch.from_numpy(scene.labels).long())


def test_patches_of_a_scene_that_is_in_the_sheet_are_that_scene() -> None:
    pictures, labels = training_sheet()
    painted = LabelPatches(Setup()).restore(Batch(("a",), labels=labels[5][None, None])).image
    off = (painted[0] - pictures[5]).abs().amax(0)
    inside = torch.nn.functional.avg_pool2d((labels[5] > 0).float()[None], 33, 1, 16, count_include_pad=False)[0] > 0.2
    assert off[inside].median() < 1e-5, "plain ground is anybody's, what has a layout is its own"


def test_patches_have_detail_and_any_size_and_a_batch_is_its_samples() -> None:
    method = LabelPatches(Setup())
    assert isinstance(method, Restorer)
    labels = torch.cat([_scene(id)[1] for id in SEEN[:2]])[..., :101, :90]
    painted = method.restore(Batch(("a", "b"), labels=labels)).image
    assert painted.shape == (2, 3, 101, 90)
    assert 0 <= painted.min() < painted.max() <= 1
    assert torch.allclose(painted[1:], method.restore(Batch(("b",), labels=labels[1:])).image, atol=1e-6)
    ground = painted[0][:, labels[0, 0] == 0]
    assert ground.std() > 0.02
    with pytest.raises(RefusedSample, match="0 to 3"):
        method.restore(Batch(("a", "b"), labels=labels + 1))
    with pytest.raises(HarnessError, match="needs label maps"):
        method.restore(Batch(("a",)))


def test_the_committed_judge_is_small_and_says_where_it_comes_from() -> None:
    path = Path(harness_scenes.__file__).parent / WEIGHTS
    assert path.stat().st_size <= 600_000
    assert sum(p.numel() for p in Segmenter().parameters()) <= 300_000
    with safe_open(path, "pt") as file:
        assert "scenes.npy" in file.metadata()["harness"]


def test_the_judge_reads_real_renders_as_well_as_the_card_says() -> None:
    iou, accuracy = SegmenterIou(), SegmenterAccuracy()
    pairs = [_scene(id) for id in SEEN]
    real = [float(iou(_batch(image, labels))["seg_miou"]) for image, labels in pairs]
    right = [float(accuracy(_batch(image, labels))["seg_accuracy"]) for image, labels in pairs]
    flat = [
        float(iou(_batch(LabelMean(Setup()).restore(Batch(("a",), labels=labels)).image, labels))["seg_miou"])
        for _, labels in pairs
    ]
    assert sum(real) / len(real) > 0.8
    assert sum(right) / len(right) > 0.95
    assert sum(real) > sum(flat)


def test_iou_and_accuracy_are_what_a_confusion_table_gives() -> None:
    network, (image, labels) = load_segmenter("cpu"), _scene(SEEN[0])
    table = confusion(network(image).argmax(1)[0], labels[0, 0]).double()
    given = table.sum(1) > 0
    shares = table.diagonal() / (table.sum(0) + table.sum(1) - table.diagonal()).clamp(min=1)
    batch = _batch(image, labels)
    assert float(SegmenterIou()(batch)["seg_miou"]) == pytest.approx(float(shares[given].mean()), abs=1e-6)
    accuracy = float(SegmenterAccuracy()(batch)["seg_accuracy"])
    assert accuracy == pytest.approx(float(table.diagonal().sum() / table.sum()), abs=1e-6)


def test_a_batch_is_its_samples_and_odd_sizes_keep_theirs() -> None:
    (a, la), (b, lb) = _scene(SEEN[0]), _scene(SEEN[1])
    images, labels = torch.cat([a, b])[..., :101, :90], torch.cat([la, lb])[..., :101, :90]
    together = SegmenterIou()(_batch(images, labels))["seg_miou"]
    alone = [SegmenterIou()(_batch(images[i : i + 1], labels[i : i + 1]))["seg_miou"] for i in range(2)]
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)
    assert load_segmenter("cpu")(images).shape == (2, 4, 101, 90)


def test_what_the_judge_does_not_know_it_refuses() -> None:
    image, labels = _scene(SEEN[0])
    with pytest.raises(HarnessError, match="knows the classes 0 to 3"):
        SegmenterIou()(_batch(image, labels + 9))
    with pytest.raises(HarnessError, match="needs label maps"):
        SegmenterIou()(_batch(image, None))
    with pytest.raises(HarnessError, match="whole pictures"):
        SegmenterAccuracy(region="hole")


def test_a_run_gives_labels_and_nothing_else_and_judges_by_them(tmp_path: Path) -> None:
    run = harness.run("translation", "label-mean", tasks="scenes", limit=2, out=tmp_path / "run", device="cpu")
    records = run.records
    assert list(records["status"]) == ["ok", "ok"]
    _, labels = _scene(SCENES.ids()[0])
    painted = (LabelMean(Setup()).restore(Batch(("a",), labels=labels)).image * 255).round() / 255
    found = records.set_index("sample").loc[SCENES.ids()[0], "score:seg_miou"]
    assert found == pytest.approx(float(SegmenterIou()(_batch(painted, labels))["seg_miou"]), abs=1e-6)
    shown = run.folder.artifacts.get(run.folder.samples()["shown"].iloc[0])
    assert shown is not None
    assert len({tuple(pixel) for pixel in shown.reshape(-1, 3)}) == len(labels.unique())
    page = (run.path / "report.html").read_text()
    assert not [words for words in ("median hole", "hole first", "hole area", "input with hole") if words in page]
