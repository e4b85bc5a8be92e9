# pragma version 0.4.3
"""
@title Counter
@notice Does, on demand, each thing a transaction can do: what the engines are compared on.
"""

event Counted:
    caller: indexed(address)
    count: uint256


struct Environment:
    number: uint256
    timestamp: uint256
    basefee: uint256
    coinbase: address
    gas_limit: uint256
    chain_id: uint256
    gas_price: uint256
    origin: address


count: public(uint256)
slots: public(HashMap[uint256, uint256])
seen: public(Environment)


@external
@payable
def increment() -> uint256:
    self.count += 1
    log Counted(caller=msg.sender, count=self.count)
    return self.count


@external
def write(first: uint256, number: uint256, content: uint256):
    """
    @notice Set `number` storage slots from `first`; zero content clears them.
    """
    for i: uint256 in range(number, bound=4096):
        self.slots[first + i] = content


@external
def write_then_clear(slot: uint256):
    self.slots[slot] = 1
    self.slots[slot] = 0


@external
@view
def sum(first: uint256, number: uint256) -> uint256:
    total: uint256 = 0
    for i: uint256 in range(number, bound=4096):
        total += self.slots[first + i]
    return total


@external
def fail(reason: String[256]):
    self.count += 1
    log Counted(caller=msg.sender, count=self.count)
    raise reason


@external
def fail_silently():
    raise


@external
def burn():
    """
    @notice Run until the gas is gone.
    """
    for i: uint256 in range(max_value(uint256)):
        self.count += 1


@external
def emit(topics: uint256, data: Bytes[1024]):
    """
    @notice One log with 0 to 4 topics.
    """
    if topics == 0:
        raw_log([], data)
    elif topics == 1:
        raw_log([keccak256("a")], data)
    elif topics == 2:
        raw_log([keccak256("a"), keccak256("b")], data)
    elif topics == 3:
        raw_log([keccak256("a"), keccak256("b"), keccak256("c")], data)
    else:
        raw_log([keccak256("a"), keccak256("b"), keccak256("c"), keccak256("d")], data)


@external
@payable
def forward(to: address):
    """
    @notice Pass the ether sent on.
    """
    raw_call(to, b"", value=msg.value)


@external
def swallow(reason: String[256]) -> bool:
    """
    @notice A nested call that fails, its logs and writes undone, in a transaction that does not.
    """
    success: bool = raw_call(
        self, abi_encode(reason, method_id=method_id("fail(string)")), revert_on_failure=False
    )
    self.count += 10
    return success


@external
def clone() -> address:
    """
    @notice Create a contract from a contract.
    """
    return create_minimal_proxy_to(self)


@internal
@view
def _environment() -> Environment:
    return Environment(
        number=block.number,
        timestamp=block.timestamp,
        basefee=block.basefee,
        coinbase=block.coinbase,
        gas_limit=block.gaslimit,
        chain_id=chain.id,
        gas_price=tx.gasprice,
        origin=tx.origin,
    )


@external
def look():
    """
    @notice Store what the block looks like from inside.
    """
    self.seen = self._environment()


@external
@view
def environment() -> Environment:
    return self._environment()
