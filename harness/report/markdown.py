"""A method's card, written in Markdown by a plugin's author, as HTML that cannot act.

A small subset: headings, paragraphs, lists, tables, fenced code; in a line `code`, **bold**, *italic* and links. All
text is escaped first, and only constant tags without attributes are put around it: an address is shown, not linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["Section", "sections"]

_INLINE = (
    (re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)"), r"\1 <small>(\2)</small>"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<!\w)\*(?=\S)([^*]+?)(?<=\S)\*(?!\w)"), r"<em>\1</em>"),
)
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ITEM = re.compile(r"[-*+] +(.*)")
_RULE = re.compile(r"[\s|:-]+")


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the first or second level; `title` is empty before any heading."""

    title: Markup
    body: Markup


def sections(text: str) -> list[Section]:
    """The card in sections, in order; its top heading is the first one's title."""
    found, title, lines, fenced = list[Section](), Markup(), list[str](), False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else _HEADING.fullmatch(line.rstrip())
        if heading and len(heading[1]) <= 2:
            found.append(Section(title, _body(lines)))
            title, lines = _line(heading[2]), []
        else:
            lines.append(line)
    found.append(Section(title, _body(lines)))
    return [section for section in found if section.title or section.body]


def _body(lines: Sequence[str]) -> Markup:
    return Markup("\n").join(map(_block, _blocks(lines)))


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Lines in groups: a fence with what it holds, a heading, or what stands between blank lines."""
    group, fenced = list[str](), False
    for line in lines:
        if line.startswith("```"):
            if not fenced and group:
                yield group
                group = []
            group.append(line)
            if fenced:
                yield group
                group = []
            fenced = not fenced
        elif not fenced and _HEADING.fullmatch(line.rstrip()):
            if group:
                yield group
            yield [line]
            group = []
        elif line.strip() or fenced:
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _block(lines: list[str]) -> Markup:
    if lines[0].startswith("```"):
        code = lines[1:-1] if lines[-1].startswith("```") and len(lines) > 1 else lines[1:]
        return Markup("<pre>{}</pre>").format("\n".join(code))
    if heading := _HEADING.fullmatch(lines[0].rstrip()):
        return Markup("<h4>{}</h4>").format(_line(heading[2]))
    if len(lines) > 1 and "|" in lines[0] and "-" in lines[1] and _RULE.fullmatch(lines[1]):
        return _table(lines)
    if _ITEM.match(lines[0]):
        items = Markup().join(Markup("<li>{}</li>").format(_line(item)) for item in _items(lines))
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(_line(" ".join(lines)))


def _items(lines: Sequence[str]) -> list[str]:
    """List items; a line that begins none goes on with the one before it."""
    items = list[str]()
    for line in lines:
        if item := _ITEM.match(line):
            items.append(item[1])
        else:
            items[-1] += f" {line.strip()}"
    return items


def _table(lines: Sequence[str]) -> Markup:
    head, rows = _cells(lines[0], "th"), [_cells(line, "td") for line in lines[2:]]
    body = Markup().join(Markup("<tr>{}</tr>").format(row) for row in rows)
    return Markup(
        '<div class="scroll"><table class="small"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(head, body)


def _cells(line: str, tag: str) -> Markup:
    cell = Markup("<th>{}</th>" if tag == "th" else "<td>{}</td>")
    return Markup().join(cell.format(_line(text.strip())) for text in line.strip().strip("|").split("|"))


def _line(text: str) -> Markup:
    """One line of text: code spans as they are, the rest with its emphasis."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick that nothing closes is a character
        parts = [*parts[:-2], f"{parts[-2]}`{parts[-1]}"]
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else _emphasised(part) for number, part in enumerate(parts)
    )


def _emphasised(text: str) -> Markup:
    html = str(escape(text))
    for pattern, tags in _INLINE:
        html = pattern.sub(tags, html)
    return Markup(html)
