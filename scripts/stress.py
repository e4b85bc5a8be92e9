"""The model for Ape people: the same as `plimsoll run`, the engine named as an Ape network.

ape run stress black-thursday --network ethereum:local:foundry
"""

from pathlib import Path

import click

from sim.cli import main


@click.command()
@click.argument("scenario", default="black-thursday")
@click.option("--network", default="ethereum:local:foundry", show_default=True)
@click.option("--seed", type=click.IntRange(min=0))
@click.option("--blocks", type=click.IntRange(min=1))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
@click.option("--out", type=click.Path(path_type=Path))
def cli(
    scenario: str,
    network: str,
    seed: int | None,
    blocks: int | None,
    overrides: tuple[str, ...],
    out: Path | None,
) -> None:
    """Run SCENARIO on an Ape network."""
    given = {"--seed": seed, "--blocks": blocks, "--out": out}
    options = [str(part) for key, to in given.items() if to is not None for part in (key, to)]
    sets = [part for override in overrides for part in ("--set", override)]
    main(["run", scenario, "--engine", network, *options, *sets], prog_name="stress")
