"""One broken plugin breaks nothing else, and says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import HarnessError, UnknownName
from harness.plugins import Registry, build_registry

GOOD = """
    from harness import MethodSpec, hookimpl

    @hookimpl
    def harness_register_methods(register):
        register(MethodSpec(
            name="{name}", capabilities=("inpaint",), target="{name}.method:M", version="1", summary="s", licence="MIT",
        ))
"""
BROKEN = {
    "no_import": ("import not_there_at_all", "No module named"),
    "raises": ("raise ValueError('bad day')", "bad day"),
    "exits": ("import sys; sys.exit(3)", "sys.exit(3)"),
    "prints": ("print('hello, user')", "prints at import"),
    "misspelt": ("from harness import hookimpl\n@hookimpl\ndef harness_register_method(register): ...", "unknown hook"),
    "unmarked": ("def harness_register_methods(register): ...", "lacks the @hookimpl mark"),
    "repeats": (
        """
        from harness import MethodSpec, hookimpl
        @hookimpl
        def harness_register_methods(register):
            for _ in range(2):
                register(MethodSpec(name="twice", capabilities=("inpaint",), target="a:B", version="1", summary="s",
                                    licence="MIT"))
        """,
        "already registered",
    ),
    "wrong_kind": (
        """
        from harness import SuiteSpec, hookimpl
        @hookimpl
        def harness_register_methods(register):
            register(SuiteSpec("a", "b:c", "d"))
        """,
        "was given a SuiteSpec",
    ),
    "shadows": (
        """
        from harness import MethodSpec, Param, hookimpl
        @hookimpl
        def harness_register_methods(register):
            register(MethodSpec(name="planner", capabilities=("inpaint",), target="a:B", version="1", summary="s",
                                licence="MIT", params={"strategy": Param("greedy", "which plan")}))
        """,
        "method planner has a parameter 'strategy', which every reference has already: give it another name",
    ),
}


def _report(registry: Registry, name: str) -> tuple[str, str]:
    report = next(r for r in registry.reports if r.name == name)
    return report.state, report.cause


def test_a_third_party_plugin_registers_as_ours_do(make_plugin: Callable[[str, str], None]) -> None:
    make_plugin("fine", GOOD.format(name="fine"))
    registry = build_registry()
    assert registry.method("fine").version == "1"
    assert _report(registry, "fine") == ("ok", "")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_set_aside_with_its_cause(make_plugin: Callable[[str, str], None], name: str) -> None:
    code, cause = BROKEN[name]
    make_plugin(name, code)
    make_plugin("fine", GOOD.format(name="fine"))
    registry = build_registry()
    state, told = _report(registry, name)
    assert state == "broken"
    assert cause in told
    assert "\n" not in told
    assert registry.method("fine").name == "fine"
    assert "twice" not in registry.specs["methods"]


def test_asking_for_the_method_of_a_broken_plugin_shows_its_traceback(make_plugin: Callable[[str, str], None]) -> None:
    make_plugin("raises", BROKEN["raises"][0])
    with pytest.raises(HarnessError, match=r"(?s)bad day.*Traceback"):
        build_registry().method("raises")


def test_strict_mode_raises(make_plugin: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    make_plugin("raises", BROKEN["raises"][0])
    monkeypatch.setenv("HARNESS_STRICT_PLUGINS", "1")
    with pytest.raises(ValueError, match="bad day"):
        build_registry()


def test_two_plugins_with_one_name_keep_the_first(make_plugin: Callable[[str, str], None]) -> None:
    make_plugin("aaa", GOOD.format(name="same"))
    make_plugin("bbb", GOOD.format(name="same"))
    registry = build_registry()
    assert _report(registry, "aaa")[0] == "ok"
    assert "already registered by plugin 'aaa'" in _report(registry, "bbb")[1]


def test_environment_chooses_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "")
    assert [r.name for r in build_registry().reports] == ["harness.builtin"]


def test_unknown_names_give_their_neighbours() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean telea.*harness list methods"):
        build_registry().method("telee")
