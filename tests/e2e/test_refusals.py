"""Arguments that make no sense, over all commands: one sentence, exit code 2, nothing done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sim.cli import main


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(*arguments: str) -> str:
    """The sentence."""
    result = CliRunner(mix_stderr=False).invoke(main, arguments, prog_name="plimsoll")
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    assert not result.stdout
    assert not any(Path().iterdir())
    (line,) = result.stderr.splitlines()
    assert line.startswith("plimsoll: ")
    return line.removeprefix("plimsoll: ")


def numbers() -> Iterator[tuple[str, str, click.IntRange | click.FloatRange]]:
    """Command, option and type of every option that is a number."""
    for name, command in main.commands.items():
        for param in command.params:
            if isinstance(param.type, click.IntRange | click.FloatRange):
                yield name, param.opts[0], param.type


@pytest.mark.parametrize(("command", "option", "kind"), numbers())
def test_number__below_what_is_allowed_or_none__says_what_is(
    command: str, option: str, kind: click.IntRange | click.FloatRange
) -> None:
    assert kind.min is not None
    below = kind.min - 1 if isinstance(kind, click.IntRange) else float(kind.min)
    for given in (str(below), str(below - 7), "many", "1e400x", ""):
        said = refused(command, "severity", option, given)
        assert said.startswith(f"{option} {given or repr('')}: a ")
        assert f"{'above' if kind.min_open else 'at least'} {kind.min}" in said
        assert said.endswith(" is needed")


@pytest.mark.parametrize("option", ["--seeds", "--workers", "--blocks", "--trials", "--confirm"])
def test_study__its_numbers__are_among_those_tried(option: str) -> None:
    command = "optimize" if option in ("--trials", "--confirm") else "sweep"
    assert (command, option) in [(name, each) for name, each, _ in numbers()]


@pytest.mark.parametrize("command", main.commands)
def test_every_command__unknown_option__is_named_with_where_to_look(command: str) -> None:
    said = refused(command, "--tulips")
    assert "--tulips" in said
    assert f"plimsoll {command} -h says more" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("tulips",), "no such command 'tulips'; plimsoll -h says more"),
        (("--tulips",), "no such option: --tulips; plimsoll -h says more"),
        (("run",), "SCENARIO is missing; plimsoll run -h says more"),
        (("report",), "DIR… is missing; plimsoll report -h says more"),
        (("compare", "calm"), "--vary is missing; plimsoll compare -h says more"),
        (("run", "calm", "storm"), "got unexpected extra argument (storm); plimsoll run -h"),
        (("sweep", "severity", "--seeds"), "option '--seeds' requires an argument"),
        (("sweep", "severity", "--design", "hex"), "--design hex: one of grid, lhs, sobol"),
        (("sweep", "severity", "--until", "ci=0"), "ci above 0 and below 1"),
        (("sweep", "severity", "--until", "ci=-1"), "ci above 0 and below 1"),
        (("sweep", "severity", "--until", "ci=nan"), "ci above 0 and below 1"),
        (("sweep", "severity", "--until", "ci=0.1,most=1"), "most from 2"),
        (("sweep", "severity", "--sampling", "importance:0"), "Z above 0, up to 10, is needed"),
        (("optimize", "severity", "--param", "penalty.fixed=0.02:0.03:0"), "penalty.fixed"),
    ],
)
def test_argument__wrong__is_one_sentence(arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(*arguments)
