"""Execute a scenario's blocks on Ape's local node and in process, and compare.

ape run crosscheck black-thursday --blocks 200
"""

import click

from sim.cli import main


@click.command()
@click.argument("scenario", default="black-thursday")
@click.option("--network", default="ethereum:local:foundry", show_default=True)
@click.option("--blocks", type=click.IntRange(min=1), default=200, show_default=True)
def cli(scenario: str, network: str, blocks: int) -> None:
    """Run SCENARIO in process and execute the same blocks on an Ape network."""
    from sim.chain import in_process

    options = ["--engines", f"{in_process()},{network}", "--blocks", str(blocks)]
    main(["crosscheck", scenario, *options], prog_name="crosscheck")
