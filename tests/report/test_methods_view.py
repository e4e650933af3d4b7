"""Cards of methods: what is said of weights, parity and places, what a search finds, Markdown that cannot act."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from harness.plugins import missing, registry
from harness.report.cards import MethodCard, Published, capabilities, chosen, method_cards
from harness.report.markdown import sections
from harness.report.opened import Opened
from harness.report.views.methods import methods
from harness.specs import MethodSpec, Paper, Requirement, WeightsSpec
from harness.store import RunFolder
from harness.suites import load_suites

EVIL = "<img src=x onerror=\"document.title='owned'\">"


class Known:
    """A registry of one made-up method."""

    def __init__(self, *specs: MethodSpec) -> None:
        self.specs = specs

    def all(self, kind: str) -> Any:
        return iter(self.specs if kind == "methods" else ())

    get = metric = None


@pytest.fixture(scope="module")
def cards(run: RunFolder) -> list[MethodCard]:
    opened, known = Opened(run.path), registry()
    board = Published("our board", opened.views, opened.manifest["suite"], lambda view: f"?task={view.summary.task}")
    suites = [asdict(suite) for suite in load_suites(known.all("suites"))[0]]
    return method_cards(known, missing, suites, [board])


def card(found: list[MethodCard], name: str) -> MethodCard:
    return next(one for one in found if one.spec.name == name)


def made(**more: Any) -> MethodSpec:
    return MethodSpec("made", ("inpaint",), "nowhere:Made", "1", "s", "MIT", **more)


def lone(spec: MethodSpec) -> MethodCard:
    (found,) = method_cards(Known(spec), missing, [], [])
    return found


def test_every_registered_method_has_a_card_that_says_whose_it_is(cards: list[MethodCard]) -> None:
    page = methods(cards)
    for spec in registry().all("methods"):
        assert f'id="method-{spec.name}"' in page
    coordfill = methods([card(cards, "coordfill")])
    for words in ("AAAI 2023", "arXiv:2303.08524", "Apache-2.0", "parity: full", "31.64 M parameters"):
        assert words in coordfill
    assert "<h3>From the paper</h3>" in coordfill
    assert "HARNESS_HOME/weights/coordfill/official.pth" in coordfill
    assert "drawn on use; timing only, never a result" in coordfill


def test_no_path_of_this_machine_is_told(
    cards: list[MethodCard], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    assert str(tmp_path) not in methods([lone(made(weights=(WeightsSpec("w", "official", "MIT", "o", file="w.pt"),)))])
    assert str(Path.home()) + "/" not in methods(cards)


def test_a_file_that_is_fetched_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    spec = made(weights=(WeightsSpec("w", "official", "MIT", "o", file="w.pt", fetch="ask them"),))
    assert "not here: ask them" in methods([lone(spec)])
    (tmp_path / "weights" / "made").mkdir(parents=True)
    (tmp_path / "weights" / "made" / "w.pt").write_bytes(b"")
    assert "not here" not in methods([lone(spec)])


def test_where_it_stands_is_its_rank_and_primary_score_with_a_link(cards: list[MethodCard]) -> None:
    (place,) = card(cards, "telea").places
    assert (place.board, place.task) == ("our board", "Photographs, LaMa thick masks")
    assert place.rank.endswith("of 4")
    assert "dB psnr@hole" in place.score
    assert 'href="?task=photos-thick"' in methods([card(cards, "telea")])
    assert card(cards, "nearest").places == ()


def test_commands_repeat_what_is_claimed(cards: list[MethodCard]) -> None:
    told = [command for _, command in card(cards, "coordfill").commands]
    assert "harness run --suite inpainting -m coordfill" in told
    assert {"harness train coordfill --recipe mini", "harness parity coordfill"} <= set(told)
    assert not any(c.startswith(("harness train", "harness parity")) for _, c in card(cards, "telea").commands)


@pytest.mark.parametrize(
    ("parity", "text", "tone"),
    [("full", "parity: full", "good"), ("base only", "parity: base only", "kind"), ("", "parity: not shown", "alert")],
)
def test_parity_is_told_with_its_scope(parity: Any, text: str, tone: str) -> None:
    spec = made(parity=parity, weights=(WeightsSpec("r", "random", "MIT", "o"),))
    badge = next(badge for badge in lone(spec).badges if badge.text.startswith("parity"))
    assert (badge.text, badge.tone) == (text, tone)


def test_what_is_missing_here_and_an_unreadable_card_are_said() -> None:
    spec = made(requires=(Requirement("no_such_module", "no-such"),), card="no_such_package:README.md")
    page = methods([lone(spec)])
    assert "needs no_such_module: pip install no-such" in page
    assert "no_such_package:README.md cannot be read" in page


def test_search_and_capability(cards: list[MethodCard]) -> None:
    assert [one.spec.name for one in chosen(cards, text="COORD aaai")] == ["coordfill"]
    assert {one.spec.name for one in chosen(cards, text="floor")} >= {"mean", "telea"}
    judges = {one.spec.name for one in chosen(cards, capability="assess")}
    assert judges >= {"scat-detect", "sddfiqa", "par"}
    assert judges.isdisjoint({"coordfill", "gdp"})
    assert chosen(cards) == cards
    assert capabilities(cards) == ["assess", "inpaint", "restore"]
    assert "No method fits" in methods([])


def test_hostile_words_of_a_plugin_stay_words() -> None:
    paper = Paper(EVIL, EVIL, 2020, EVIL)
    spec = MethodSpec("made", ("inpaint",), "nowhere:Made", "1", EVIL, EVIL, paper=paper, tags=frozenset({EVIL}))
    page = methods([lone(spec)])
    assert "<img" not in page
    assert escape(EVIL) in page


# ---- the author's card


@given(st.text(alphabet=st.sampled_from("<>&\"'`*_[]()|#-+ \nabc/:!="), max_size=200))
def test_markdown_makes_no_tag_but_our_own(text: str) -> None:
    import re

    known = "p|b|em|ul|li|h4|pre|code|small|div|table|thead|tbody|tr|th|td"
    ours = rf'</?(?:{known})>|<div class="scroll">|<table class="small">'
    for section in sections(text):
        rest = re.sub(ours, "", f"{section.title}{section.body}")
        assert "<" not in rest
        assert ">" not in rest


def test_markdown_says_what_its_author_wrote() -> None:
    card_text = (
        "# Name *x*\n\nA **b** `<c>` [d](http://e).\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n## Ours\n- one\n  more\n- two\n\n```\n# no heading\n```\n### Small\nend"
    )
    first, second = sections(card_text)
    assert first.title == "Name <em>x</em>"
    assert "<p>A <b>b</b> <code>&lt;c&gt;</code> d <small>(http://e)</small>.</p>" in first.body
    assert "<th>a</th><th>b</th>" in first.body
    assert "<td>1</td><td>2</td>" in first.body
    assert second.title == "Ours"
    assert "<ul><li>one more</li><li>two</li></ul>" in second.body
    assert "<pre># no heading</pre>" in second.body
    assert "<h4>Small</h4>" in second.body
