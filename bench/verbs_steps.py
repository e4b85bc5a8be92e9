"""The worker of `bench.steps` inside the environment that has the package `verbs`.

Takes how many agents, then creation code and the selectors of `slots` and `write` in hex. Each
line of the input, a number of blocks, is answered by the seconds that they took.
"""

from __future__ import annotations

import sys
import time

from verbs.envs import EmptyEnvGasPriority
from verbs.sim import BaseAgent, Sim

AGENTS, MODULUS = int(sys.argv[1]), 2**64
CREATION, SLOTS, WRITE = (bytes.fromhex(argument) for argument in sys.argv[2:])


def word(number):
    return number.to_bytes(32, "big")


class Adder(BaseAgent):
    def __init__(self, env, contract, slot):
        self.deploy(env, (1_000 + slot).to_bytes(20, "big"), 10**24)
        self.contract = contract
        self.reads = [SLOTS + word(slot), SLOTS + word((slot + 1) % AGENTS)]
        self.head = WRITE + word(slot) + word(1)
        env.execute(self.address, contract, self.head + word(slot + 1), 0)

    def read(self, env, data):
        return int.from_bytes(bytes(env.call(self.address, self.contract, data, 0)[0]), "big")

    def update(self, rng, env):
        content = sum(self.read(env, data) for data in self.reads) % MODULUS
        data = self.head + word(content)
        return [(self.address, self.contract, data, True, 1, None, None)]

    def record(self, env):
        return None


def main() -> None:
    env = EmptyEnvGasPriority(1)
    admin = b"\xad".rjust(20, b"\0")
    env.create_account(admin, 10**30)
    contract = bytes(env.deploy_contract(admin, "Counter", CREATION))
    adders = [Adder(env, contract, slot) for slot in range(AGENTS)]
    sim = Sim(1, env, adders)
    numbers = list(range(1, AGENTS + 1))
    for line in sys.stdin:
        start = time.perf_counter()
        sim.run(int(line), show_progress=False)
        seconds = time.perf_counter() - start
        for _ in range(int(line)):
            following = numbers[1:] + numbers[:1]
            numbers = [(a + b) % MODULUS for a, b in zip(numbers, following, strict=True)]
        got = [adder.read(env, adder.reads[0]) for adder in adders]
        if got != numbers:
            sys.exit(f"verbs has the numbers {got[:3]}..., right are {numbers[:3]}...")
        print(seconds, flush=True)


main()
