"""Deploy the whole protocol of a scenario and print its addresses.

ape run deploy black-thursday --network ethereum:local:foundry
"""

import sys

import click
import numpy as np

from sim.errors import PlimsollError
from sim.model import price_paths
from sim.protocol.deploy import deploy
from sim.scenario import load


@click.command()
@click.argument("scenario", default="calm")
@click.option("--network", default="ethereum:local:foundry", show_default=True)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
def cli(scenario: str, network: str, overrides: tuple[str, ...]) -> None:
    """Deploy SCENARIO's contracts with its parameters, pools seeded at its first prices."""
    from sim.chain.ape import ApeEngine

    try:
        chosen = load(scenario, overrides)
        with ApeEngine(network) as engine:
            paths = price_paths(chosen, np.random.SeedSequence(chosen.run.seed))
            system, script = deploy(engine, chosen, paths[:, 0].tolist())
            system.begin(script)
            script.flush()
            for contract in system.everything():
                click.echo(f"{contract.name:20} 0x{contract.address.hex()}")
    except PlimsollError as error:
        click.echo(f"deploy: {error}", err=True)
        sys.exit(2)
