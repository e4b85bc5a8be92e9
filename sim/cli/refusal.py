"""What cannot be understood on the command line, in one sentence: what, where, what is allowed."""

from __future__ import annotations

import click


def sentence(error: click.UsageError) -> str:
    """Of an argument that click refuses; its own words are three lines and a usage."""
    more = f"; {error.ctx.command_path} -h says more" if error.ctx else ""
    match error:
        case click.MissingParameter(param=click.Parameter() as param):
            name = _name(param)
            return f"{name if name.startswith('-') else name.upper()} is missing{more}"
        case click.BadParameter(param=click.Parameter() as param):
            return _bad(error, param)
    said = error.format_message().rstrip(".?")
    return f"{said[:1].lower()}{said[1:]}{more}"


def _bad(error: click.BadParameter, param: click.Parameter) -> str:
    name = _name(param)
    said = error.message.rstrip(".")
    if allowed := _allowed(param.type):
        given = said.partition(" is not ")[0].strip("'")
        return f"{name} {given or repr(given)}: {allowed} is needed"
    return f"{name}: {said}"


def _name(param: click.Parameter) -> str:
    return param.opts[0] if isinstance(param, click.Option) else param.human_readable_name


def _allowed(kind: click.ParamType) -> str:
    """Values of a type that has to be told, else nothing."""
    match kind:
        case click.IntRange():
            return f"a whole number{_range(kind)}"
        case click.FloatRange():
            return f"a number{_range(kind)}"
        case click.Choice():
            return f"one of {', '.join(map(str, kind.choices))}"
    return ""


def _range(kind: click.IntRange | click.FloatRange) -> str:
    ends = []
    if kind.min is not None:
        ends.append(f"above {kind.min}" if kind.min_open else f"of at least {kind.min}")
    if kind.max is not None:
        ends.append(f"below {kind.max}" if kind.max_open else f"of at most {kind.max}")
    return " " + " and ".join(ends) if ends else ""
