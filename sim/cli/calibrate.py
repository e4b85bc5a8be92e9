"""`plimsoll calibrate`: a price model from a file of prices."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.app import main

MODELS = ("gbm", "ou", "merton", "kou", "garch", "hawkes")


@main.command("calibrate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--model", type=click.Choice(MODELS), help="Default: the one that the prices prefer (AIC)."
)
def calibrate_command(file: Path, model: str | None) -> None:
    """Fit price models to FILE and print a [price] section with standard errors.

    FILE is a CSV of `time,price` or `time,open,high,low,close`; closes are fitted.
    """
    from sim.price.calibration import best, fit, fit_all, read_sample
    from sim.price.calibration.block import block, header

    sample = read_sample(file)
    fits = fit_all(sample)
    chosen = fit(model, sample) if model else best(fits)
    click.echo(header(file.name, sample, fits, chosen))
    click.echo(block(chosen))
