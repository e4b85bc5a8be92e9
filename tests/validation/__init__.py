"""The simulator against closed forms and published facts: `make validate`, and in `make test`.

A law is a function that measures and returns what it found beside what it should have found.
With few paths it is an ordinary test of `make test`; with many it is a row of the table that
`make validate` prints and of the page it writes to `out/validation/`.

To add one, write it in a file `test_*.py` of this package:

    @law(12, "Merton: kurtosis of an hour")
    def test_merton__kurtosis(effort: Effort) -> Iterator[Check]:
        \"\"\"Formula, source.\"\"\"
        paths = effort.of(quick=20_000, full=1_000_000)
        ...
        yield mean("calm", expected, samples)              # tolerance from the sample
        yield share("not the other", other, hits, paths, IS_NOT)   # must be rejected
        yield exact("to the unit", expected, measured)

A law that needs minutes to say anything has a name without `test_`: pytest leaves it alone.

`effort` is quick under pytest and full under `make validate`; the only parameter. Tolerances
are `Z` standard errors and follow from the number of paths; what is exact has none. Quick
must stay within seconds, and all full ones together within ten minutes on two cores. A
check that names a wrong answer and must reject it (`IS_NOT`) shows that the tolerance is
tight enough to tell.
"""
