"""Streamlit reads Markdown in labels, titles and notices: what stands there is written in our code, never in data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DASHBOARD = Path(__file__).parents[2] / "dashboard" / "harness_dashboard"
MARKDOWN = {
    "title", "header", "subheader", "markdown", "write", "write_stream", "caption", "metric", "badge", "info",
    "warning", "error", "success", "exception", "toast", "button", "form_submit_button", "download_button",
    "link_button", "page_link", "popover", "expander", "tabs", "radio", "checkbox", "toggle", "selectbox",
    "multiselect", "slider", "select_slider", "text_input", "number_input", "text_area", "file_uploader",
    "segmented_control", "pills", "spinner", "status", "dialog", "choose", "choose_several", "switch",
}  # fmt: skip
"""Calls whose first argument is read as Markdown (`choose` and its like hand it on)."""
ALSO = ("help", "text", "label", "body", "caption", "placeholder")
"""Arguments by name that are read as Markdown by some of them."""
NEVER = {"html", "latex", "iframe", "unsafe_allow_html", "graphviz_chart"}
NUMBERS = {"pages", "total", "found.total", "stands.done", "missing"}
"""Names of numbers that stand in such texts."""
HANDED = ("label", "help")
"""Names of texts that a function was given, or has set: the call that gives them, or the line that sets them, is
looked at too."""
FILES = sorted(DASHBOARD.rglob("*.py"))


def _ours(node: ast.expr) -> bool:
    """Whether a text is written in our code, but for numbers."""
    match node:
        case ast.Constant():
            return True
        case ast.JoinedStr():
            return all(_ours(part) for part in node.values)
        case ast.FormattedValue():
            return _ours(node.value) or ast.unparse(node.value) in NUMBERS
        case ast.Name():
            return node.id.isupper() or node.id in HANDED
        case ast.Subscript():
            return (isinstance(node.value, ast.Name) and node.value.id.isupper()) or _ours(node.value)
        case ast.Call():
            return ast.unparse(node.func) == "len"
        case ast.IfExp():
            return _ours(node.body) and _ours(node.orelse)
        case ast.List() | ast.Tuple():
            return all(_ours(part) for part in node.elts)
        case ast.Dict():
            return all(_ours(part) for part in node.values)
    return False


def _read(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Every text that is read as Markdown, with what reads it: Streamlit, our widgets, a function that hands it on."""
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in HANDED:
            yield f"line {node.lineno}: {node.targets[0].id}", node.value
        if not isinstance(node, ast.Call):
            continue
        where = f"line {node.lineno}: {ast.unparse(node.func)}"
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if name in functions:
            given = zip([arg.arg for arg in functions[name].args.args], node.args, strict=False)
            yield from ((where, value) for argument, value in given if argument in HANDED)
            yield from ((where, key.value) for key in node.keywords if key.arg in HANDED)
        elif name in MARKDOWN:
            yield from ((where, value) for value in node.args[:1])
            yield from ((where, key.value) for key in node.keywords if key.arg in ALSO)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(DASHBOARD)) for path in FILES])
def test_what_is_read_as_markdown_is_written_in_our_code(path: Path) -> None:
    read = _read(ast.parse(path.read_text(encoding="utf-8")))
    foreign = [f"{where}({ast.unparse(text)})" for where, text in read if not _ours(text)]
    assert foreign == []


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(DASHBOARD)) for path in FILES])
def test_nothing_that_shows_html_of_data_is_called(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    named = {key.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for key in node.keywords}
    assert {name for name in called if name.removeprefix("st.") in NEVER and name.startswith("st.")} == set()
    assert named & NEVER == set()
    assert not re.search(r"components\.v1|st\.image\((?!.*output_format)", text)


def test_the_rules_find_what_they_are_for() -> None:
    code = """
def draw(x, label): st.button(label)
st.title(view.title)
first.button(f"Go {name}")
st.info("x", help=text)
st.radio("of", [1])
st.text(any)
draw(1, row.title)
label = row.title
"""
    foreign = [ast.unparse(text) for _, text in _read(ast.parse(code)) if not _ours(text)]
    assert sorted(foreign) == ["f'Go {name}'", "row.title", "row.title", "text", "view.title"]
    assert _ours(ast.parse("f'{len(x)} of {total}'", mode="eval").body)
    assert not _ours(ast.parse("f'{len(x)} of {total} {row.title}'", mode="eval").body)
