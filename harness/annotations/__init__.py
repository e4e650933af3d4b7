"""Artifacts in fills, marked by people in two rounds: kept, compared between annotators, exported as a data set."""

from harness.annotations.agreement import Agreement, EntryRatio, agreement, entry_ratios, iou, majority
from harness.annotations.fills import Fill, Gone, dilated_box, fills_of
from harness.annotations.pal import PalItem, export_pal, read_pal, zipped
from harness.annotations.rounds import ROUNDS, Mark, Progress, latest, progress, wanted_round
from harness.annotations.store import Annotations, annotation_names, create_annotations, open_annotations

__all__ = [
    "ROUNDS",
    "Agreement",
    "Annotations",
    "EntryRatio",
    "Fill",
    "Gone",
    "Mark",
    "PalItem",
    "Progress",
    "agreement",
    "annotation_names",
    "create_annotations",
    "dilated_box",
    "entry_ratios",
    "export_pal",
    "fills_of",
    "iou",
    "latest",
    "majority",
    "open_annotations",
    "progress",
    "read_pal",
    "wanted_round",
    "zipped",
]
