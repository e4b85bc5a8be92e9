"""Price models fitted to a file of prices: maximum likelihood, with standard errors."""

from sim.price.calibration.mle import Estimate, Fit, Unidentified
from sim.price.calibration.models import FITS, best, fit, fit_all
from sim.price.calibration.sample import Sample, read_sample

__all__ = [
    "FITS",
    "Estimate",
    "Fit",
    "Sample",
    "Unidentified",
    "best",
    "fit",
    "fit_all",
    "read_sample",
]
