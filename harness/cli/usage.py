"""What a user typed wrong, in one line: click says it in three to six."""

from __future__ import annotations

import re

import click

__all__ = ["usage_line"]


def usage_line(error: click.UsageError) -> str:
    """What is wrong, the nearest words where there are any, and the help that tells more.

    >>> usage_line(click.UsageError("Got unexpected extra argument (x)."))
    'Got unexpected extra argument (x); harness --help'
    """
    command = error.ctx.command_path if error.ctx else "harness"
    said = " ".join(_said(error).split()).removesuffix(".") + _meant(error)
    return f"{said}{'' if said.endswith('?') else ';'} {command} --help"


def _said(error: click.UsageError) -> str:
    """Click's words; a value that is not one of a list is told of the argument's name, not of the list again."""
    if isinstance(error, click.BadParameter) and _choices(error) and error.message:
        assert error.param is not None, "only a parameter has choices"
        option = isinstance(error.param, click.Option)
        return f"{max(error.param.opts, key=len) if option else str(error.param.name).upper()}: {error.message}"
    return error.format_message()


def _meant(error: click.UsageError) -> str:
    import difflib  # here: every command imports this, few are typed wrong

    typed = re.match(r"['\"](.*?)['\"] is not", error.message)
    choices = _choices(error)
    near = difflib.get_close_matches(typed[1], choices, n=2, cutoff=0.5) if typed else []
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def _choices(error: click.UsageError) -> list[str]:
    known = error.param.type if isinstance(error, click.BadParameter) and error.param else None
    return [str(choice) for choice in known.choices] if isinstance(known, click.Choice) else []
