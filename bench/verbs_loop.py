"""The worker of `bench.engines` inside the environment that has the package `verbs`.

Takes creation code in hex. Each line of the input, ``size blocks``, is answered by the
seconds that so many blocks of so many calls took.
"""

from __future__ import annotations

import sys
import time

from verbs.envs import EmptyEnvGasPriority

SENDERS = 100


def main() -> None:
    env = EmptyEnvGasPriority(1)
    admin = b"\xad".rjust(20, b"\0")
    env.create_account(admin, 10**30)
    senders = [(1_000 + i).to_bytes(20, "big") for i in range(SENDERS)]
    for sender in senders:
        env.create_account(sender, 10**30)
    contract = bytes(env.deploy_contract(admin, "Slots", bytes.fromhex(sys.argv[1])))
    for line in sys.stdin:
        size, blocks = map(int, line.split())
        calls = [
            [
                (senders[i % SENDERS], contract, b"call", True, 1, None, 100_000)
                for i in range(block * size, (block + 1) * size)
            ]
            for block in range(blocks)
        ]
        start = time.perf_counter()
        for block in calls:
            env.submit_transactions(block)
            env.process_block()
        seconds = time.perf_counter() - start
        if len(env.get_last_events()) != size:
            raise SystemExit("not every call came through")
        print(seconds, flush=True)


main()
