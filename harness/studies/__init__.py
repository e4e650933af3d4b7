"""Blind comparisons: what is compared, a seeded plan of trials, answers that survive, and what they say."""

from harness.studies.answers import read_answers, record
from harness.studies.design import Turn, order_for
from harness.studies.model import Study
from harness.studies.places import open_study, save_study, studies, study_folder
from harness.studies.results import study_results
from harness.studies.source import create_study

__all__ = [
    "Study",
    "Turn",
    "create_study",
    "open_study",
    "order_for",
    "read_answers",
    "record",
    "save_study",
    "studies",
    "study_folder",
    "study_results",
]
