"""People and takes come from seeds alone, and people stay apart as parameters."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from harness_faces.identity import LEAST_DISTANCE, Identity, distance, draw_identities
from harness_faces.train_set import rows_of
from harness_faces.view import View

KINDS = ("blur", "noise")


def test_a_seed_draws_the_same_person_and_another_seed_another() -> None:
    assert np.array_equal(Identity.draw(5).vector(), Identity.draw(5).vector())
    assert distance(Identity.draw(5), Identity.draw(5)) == 0.0
    assert distance(Identity.draw(5), Identity.draw(6)) > 0.1


def test_parameters_lie_in_the_unit_interval_and_origins_sum_to_one() -> None:
    for seed in range(50):
        person = Identity.draw(seed)
        assert person.vector().min() >= 0.0
        assert person.vector().max() <= 1.0
        assert np.isclose(sum(person.origin), 1.0)
        assert person.phenotype["age"] >= 0.5  # no children


def test_people_stand_apart_and_more_people_begin_with_the_same_ones() -> None:
    people = draw_identities(40)
    assert min(distance(a, b) for a, b in combinations(people, 2)) >= LEAST_DISTANCE
    assert [p.seed for p in draw_identities(10)] == [p.seed for p in people[:10]]
    assert len({p.seed for p in people}) == 40


def test_some_seed_is_passed_over_for_standing_too_near() -> None:
    people = draw_identities(120)
    assert people[-1].seed > 119


def test_takes_of_a_person_differ_and_come_again() -> None:
    assert View.draw(3, 0) == View.draw(3, 0)
    assert View.draw(3, 0) != View.draw(3, 1)
    assert View.draw(3, 0) != View.draw(4, 0)


def test_poses_stay_where_both_eyes_are_seen_and_light_has_length_one() -> None:
    views = [View.draw(9, number) for number in range(200)]
    assert max(abs(view.yaw) for view in views) <= 1.8 * 13.0
    assert np.allclose([np.linalg.norm(view.light) for view in views], 1.0)


def test_what_is_done_to_a_take_is_known_and_the_first_two_stay_clean() -> None:
    rows = [row for seed in range(40) for row in rows_of(Identity.draw(seed), 16, KINDS)]
    assert all(row.kind == "" for row in rows if row.take < 2)
    assert {row.kind for row in rows} == {"", *KINDS}
    assert all((row.strength == 0.0) == (row.kind == "") for row in rows)
    clean = np.mean([row.kind == "" for row in rows if row.take >= 2])
    assert 0.22 < clean < 0.38
