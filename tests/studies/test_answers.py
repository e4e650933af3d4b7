"""Answers survive a kill, two writers and a second click; what is no answer is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.errors import HarnessError
from harness.studies import Study, Turn, order_for, read_answers, record, study_folder, study_results

WRITER = """
import sys
from harness.studies import open_study, order_for, record
study, rater = open_study("fills"), sys.argv[1]
print("ready", flush=True)
for turn in order_for(study.trials, study.seed, rater):
    record(study, rater, turn, "left", seconds=1.0)
    print(turn.trial.id, flush=True)
"""


def _answer_all(study: Study, rater: str, best: str = "") -> None:
    """Prefers `best`, else the left; passes every catch trial."""
    for turn in order_for(study.trials, study.seed, rater):
        good = {"truth", best} - {""}
        record(study, rater, turn, "right" if turn.right in good else "left", seconds=1.5)


def test_an_answer_is_there_at_once_and_the_first_one_stands(make_study: Callable[..., Study]) -> None:
    study = make_study()
    turn = order_for(study.trials, study.seed, "heron-7")[0]
    assert read_answers(study) == []
    assert record(study, "heron-7", turn, "same", seconds=2.25, zoom=3, panned=True)
    assert not record(study, "heron-7", turn, "left", seconds=9)
    assert record(study, "otter", turn, "left", seconds=1)
    first, _ = read_answers(study)
    assert (first["answer"], first["seconds"], first["zoom"], first["panned"]) == ("same", 2.25, 3, True)
    assert (first["left"], first["right"], first["rater"]) == (turn.left, turn.right, "heron-7")
    assert first["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"answer": "both"}, "answer"), ({"rater": "a b"}, "rater"), ({"rater": "x" * 33}, "rater"),
        ({"seconds": -1.0}, "seconds"), ({"seconds": float("nan")}, "numbers"), ({"zoom": 0.5}, "zoom"),
        ({"zoom": 99.0}, "zoom"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_not_written(
    change: dict[str, object], why: str, make_study: Callable[..., Study]
) -> None:
    study = make_study()
    turn = order_for(study.trials, study.seed, "heron")[0]
    given = {"rater": "heron", "answer": "left", "seconds": 1.0, "zoom": 1.0, **change}
    with pytest.raises(HarnessError, match=why):
        record(study, given.pop("rater"), turn, given.pop("answer"), **given)  # type: ignore[arg-type]
    with pytest.raises(HarnessError, match="is none of study"):
        record(study, "heron", Turn(turn.trial, turn.left, "lama"), "left", seconds=1)
    assert not (study_folder("fills") / "answers.jsonl").exists()


def test_two_processes_and_many_threads_lose_nothing(make_study: Callable[..., Study]) -> None:
    study = make_study(per_pair=3)
    command = [sys.executable, "-c", WRITER]
    writers = [subprocess.Popen([*command, name], stdout=subprocess.DEVNULL) for name in ("heron", "otter")]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(_answer_all, study, f"thread-{n}") for n in range(3)]:
            done.result()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    rows = read_answers(study)
    assert len(rows) == 5 * len(study.trials)
    assert (study_folder("fills") / "answers.jsonl").read_bytes().count(b"\n") == len(rows)


def test_a_kill_loses_no_answer_that_was_taken(make_study: Callable[..., Study]) -> None:
    study = make_study(per_pair=6)
    process = subprocess.Popen([sys.executable, "-c", WRITER, "heron"], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    taken = [process.stdout.readline().strip() for _ in range(4)][1:]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert {row["trial"] for row in read_answers(study)} >= set(taken)


def test_a_torn_line_is_cut_and_a_damaged_one_is_named(make_study: Callable[..., Study]) -> None:
    study = make_study()
    turns = order_for(study.trials, study.seed, "heron")
    record(study, "heron", turns[0], "left", seconds=1)
    path = study_folder("fills") / "answers.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    with pytest.warns(UserWarning, match="torn last line"):
        assert len(read_answers(study)) == 1
    record(study, "heron", turns[1], "left", seconds=1)
    assert len(read_answers(study)) == 2
    path.write_bytes(path.read_bytes().replace(b'"left", "seconds"', b'"same", "seconds"', 1))
    with pytest.raises(HarnessError, match="line 1 is damaged"):
        read_answers(study)


def test_results_follow_from_the_answers(make_study: Callable[..., Study]) -> None:
    study = make_study(per_pair=8, repeats=3, catches=4)
    for rater in ("heron", "otter"):
        _answer_all(study, rater, best="telea")
    for turn in order_for(study.trials, study.seed, "sleepy"):
        record(study, "sleepy", turn, "same", seconds=0.2)
    found = study_results(study, read_answers(study))
    assert found.excluded == 1
    assert found.preferences
    assert found.preferences.strengths[0].entry == "telea"
    assert found.preferences.strengths[0].wins == 2 * 15  # of 8 and 7: Navier–Stokes failed on a photograph
    assert (found.raters[0].passed, found.raters[0].catches, found.raters[0].repeats) == (4, 4, 3)
    assert {one.column for one in found.metrics} == {"psnr@hole", "l1@hole", "psnr"}
    assert found.ceiling.others.value > 0.5


def test_without_answers_it_says_why_there_are_no_strengths(make_study: Callable[..., Study]) -> None:
    found = study_results(make_study(), [])
    assert (found.preferences, found.raters, found.metrics) == (None, (), ())
    assert found.reason == "nobody has compared any two entries yet"
