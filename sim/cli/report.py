"""`plimsoll report`: what runs, comparisons and sweeps say, on one page."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.app import main, prepare_folder


@main.command("report")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR…")
@click.option("--format", "formats", default="html", show_default=True,
              help="html, md, csv, png; several with commas.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default the first DIR.")
def report_command(folders: tuple[Path, ...], formats: str, out: Path | None) -> None:
    """Write the report of each DIR that run, compare, sweep or optimize left, all in one.

    \b
    plimsoll report out/sweep-severity --format html,png
    """
    from sim.report.collect import collect, writers

    chosen = writers(formats)
    documents = [collect(folder) for folder in folders]
    target = out or folders[0]
    prepare_folder(target)
    for write in chosen:
        for path in write(documents, target):
            click.echo(str(path))
