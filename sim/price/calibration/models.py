"""Which models can be fitted, and which one the data prefer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.errors import DataError
from sim.price.calibration import diffusions, garch, hawkes, jumps
from sim.price.calibration.mle import Fit, Unidentified
from sim.price.calibration.sample import Sample

FITS: Mapping[str, Callable[[Sample], Fit]] = {
    "gbm": diffusions.gbm,
    "ou": diffusions.ou,
    "merton": jumps.merton,
    "kou": jumps.kou,
    "garch": garch.fit,
    "hawkes": hawkes.fit,
}


def fit(model: str, sample: Sample) -> Fit:
    """Raises DataError when the data do not say what the parameters are."""
    try:
        return FITS[model](sample)
    except Unidentified as reason:
        raise DataError(f"{model} cannot be fitted to these prices: {reason}") from None


def fit_all(sample: Sample) -> dict[str, Fit | Unidentified]:
    found: dict[str, Fit | Unidentified] = {}
    for model, fitter in FITS.items():
        try:
            found[model] = fitter(sample)
        except Unidentified as reason:
            found[model] = reason
    return found


def best(fits: Mapping[str, Fit | Unidentified]) -> Fit:
    """The lowest AIC of those that have one; gbm always has."""
    rated = [(f.aic, name) for name, f in fits.items() if isinstance(f, Fit) and f.aic is not None]
    chosen = fits[min(rated)[1]]
    if not isinstance(chosen, Fit):
        raise TypeError("what has an AIC is a fit")
    return chosen
