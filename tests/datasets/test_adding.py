"""`config.toml` keeps what a user wrote, and names of data sets lead to folders."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.datasets.adding import remember
from harness.errors import HarnessError
from harness.places import config_file, data_folder, named_data


def test_other_lines_stay(data_home: Path, tmp_path: Path) -> None:
    data_home.mkdir()
    before = (
        '# mine\n[other]\nkey = "[data]"\n\n[data] # where\nold = "/o"\n# a remark that goes\n\n[last]\nx = [\n 1,\n]\n'
    )
    config_file().write_text(before)
    assert remember("new", tmp_path) == config_file()
    told = tomllib.loads(config_file().read_text())
    assert told == {"other": {"key": "[data]"}, "data": {"old": "/o", "new": str(tmp_path)}, "last": {"x": [1]}}
    assert config_file().read_text().startswith('# mine\n[other]\nkey = "[data]"\n')
    assert named_data() == {"old": Path("/o"), "new": tmp_path}


@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1), max_size=3
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_folder_comes_back_as_it_was(names: list[str], data_home: Path, tmp_path: Path) -> None:
    folders = {}
    for number, name in enumerate(names):
        folder = tmp_path / "f" / name.encode()[:60].decode(errors="ignore").strip(".")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # a name that this file system does not take
            continue
        remember(f"set{number}", folder)
        folders[f"set{number}"] = folder
    assert {name: named_data()[name] for name in folders} == folders


def test_a_named_folder_comes_before_the_usual_place(
    data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    assert data_folder("div2k") is None
    (tmp_path / "data" / "div2k").mkdir(parents=True)
    assert data_folder("div2k") == tmp_path / "data" / "div2k"
    (tmp_path / "other").mkdir()
    remember("div2k", tmp_path / "other")
    assert data_folder("div2k") == tmp_path / "other"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[data\n", "cannot be read"),
        ('[data]\nx = ["/a"]\n', r"\[data\] holds lines NAME"),
        ('[data]\n"../x" = "/a"\n', "cannot name a file"),
        ("data = 3\n", r"\[data\] holds lines NAME"),
    ],
)
def test_a_wrong_file_is_one_line(text: str, line: str, data_home: Path, tmp_path: Path) -> None:
    data_home.mkdir()
    config_file().write_text(text)
    for ask in (named_data, lambda: remember("new", tmp_path)):
        with pytest.raises(HarnessError, match=line) as told:
            ask()
        assert "\n" not in str(told.value)
    assert config_file().read_text() == text


def test_a_form_that_is_not_edited_is_left_alone(data_home: Path, tmp_path: Path) -> None:
    data_home.mkdir()
    for text in ('data.old = "/o"\n', 'data = { old = "/o" }\n'):
        config_file().write_text(text)
        with pytest.raises(HarnessError, match="is written in a form that is not edited here"):
            remember("new", tmp_path)
        assert config_file().read_text() == text
    with pytest.raises(HarnessError, match="no such folder"):
        remember("new", tmp_path / "gone")
