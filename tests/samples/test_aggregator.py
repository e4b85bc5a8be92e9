"""The oracle in the shape that most lending contracts read."""

from __future__ import annotations

from tests.samples.market import Market


def test_aggregator__valid_price__eight_decimals_updated_now() -> None:
    world = Market("MockToken", [18])
    with world.engine:
        parts = [part.address for part in (world.feed, world.tokens[0])]
        aggregator = world.create("Aggregator", *parts)
        world.price(1_234.567891)
        now, answer = world.engine.timestamp, 123_456_789_100
        assert world.read(aggregator.decimals) == 8
        assert world.read(aggregator.latestAnswer) == answer
        assert world.read(aggregator.latestRoundData) == (1, answer, now, now, 1)
        world.price(0.99e-8)
        assert world.read(aggregator.latestRoundData) == (1, 0, 0, 0, 1)
        world.price(1_000, valid=False)
        assert world.read(aggregator.latestRoundData) == (1, 100_000_000_000, 0, 0, 1)
