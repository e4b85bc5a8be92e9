"""A fit as the part of a scenario that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite

from sim.price.calibration.mle import Fit, Unidentified
from sim.price.calibration.sample import Sample


def block(fit: Fit) -> str:
    """A `[price]` section in TOML, a standard error beside every estimate."""
    lines = ["[price]", f'model = "{fit.model}"']
    lines += [f"{name} = {_number(given)}" for name, given in fit.known.items()]
    for name, estimate in fit.estimates.items():
        told = f"{name} = {_number(estimate.value)}"
        lines.append(f"{told:<28}# ± {_number(estimate.error)}")
    return "\n".join(lines)


def header(name: str, sample: Sample, fits: Mapping[str, Fit | Unidentified], chosen: Fit) -> str:
    """What was fitted to what, as comments: all models, the lowest AIC first."""
    count = len(sample.returns)
    last = sample.first + count * sample.seconds
    lines = [
        f"# {name}: {count:,} returns of {sample.seconds:,.0f} s, {_day(sample.first)} to "
        f"{_day(last)}; ± is one standard error",
        "# model     log likelihood             AIC, the lower the better",
    ]
    rated = [fit for fit in fits.values() if isinstance(fit, Fit) and fit.aic is not None]
    for fit in sorted(rated, key=lambda fit: fit.aic or 0.0):
        mark = "  <- below" if fit.model == chosen.model else ""
        lines.append(f"# {fit.model:<9} {fit.log_likelihood:>14,.1f}  {fit.aic:>14,.1f}{mark}")
    for model, other in fits.items():
        if isinstance(other, Unidentified):
            lines.append(f"# {model:<9} cannot be fitted: {other}")
        elif other.aic is None:
            mark = "  <- below" if model == chosen.model else f"; ask for it: --model {model}"
            lines.append(f"# {model:<9} fitted to the times of its jumps{mark}")
    return "\n".join(lines)


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _number(figure: float) -> str:
    """To six digits, as TOML wants it."""
    if figure == int(figure) and abs(figure) < 1e15:
        return str(int(figure)) if isinstance(figure, int) else f"{figure:.1f}"
    return f"{float(f'{figure:.6g}')!r}" if isfinite(figure) else "nan"
