"""Someone else's adapter: by its file, with contracts beside it; and what goes wrong with one,
each in a sentence that says what to mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sim.chain.artifacts import load
from sim.cli import main
from sim.protocol.abi import Contract, Event

FEW = ("--blocks", "3", "--set", "traders.count=4", "--set", "liquidators.count=1", "--json")
IMPORTS = """
from agents.intent import Deposit, Open
from sim.protocol import effects as on
from sim.protocol.adapter import Adapter, Reading
from sim.protocol.adapters.vault import Vault
from sim.protocol.names import DEPLOYER
"""
MINE = IMPORTS + "\nclass Mine(Vault):\n    name = 'mine'\n"
BROKEN = """
@deploy
def __init__({arguments}):
    {constructor}

@external
def spin():
    self._spin()

@view
@external
def nope() -> uint256:
    raise "not today"

@view
@external
def endless() -> uint256:
    return self._spin()

@view
@internal
def _spin() -> uint256:
    found: uint256 = 0
    for i: uint256 in range(max_value(uint256)):
        found = unsafe_add(found, isqrt(i))
    return found
"""
WITH_BROKEN = """
    def deploy(self, script):
        super().deploy(script)
        self.broken = script.create(DEPLOYER, self.artifact("Broken"), [])
"""


def run(file: Path, *more: str) -> tuple[int, str, str]:
    """Exit code, output and error of a short run."""
    done = CliRunner(mix_stderr=False).invoke(
        main, ["run", "calm", "--protocol", str(file), *FEW, *more]
    )
    return done.exit_code, done.stdout, done.stderr


def adapter(folder: Path, body: str = "") -> Path:
    file = folder / "mine.py"
    file.write_text(MINE + body)
    return file


def compiled(name: str, **changes: Any) -> dict[str, Any]:
    """A contract as Foundry writes it. There is no Solidity compiler here: the code is that of
    Vyper, and nothing but ABI and bytecode is passed on."""
    artifact = load(name)
    code = {"object": "0x" + artifact.bytecode.hex(), "linkReferences": {}}
    return {"abi": artifact.abi, "bytecode": code, **changes}


def test_adapter_file__abi_and_bytecode_beside_it__runs_as_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "Vault.json").write_text(json.dumps(compiled("Vault")))
    code, out, _ = run(adapter(tmp_path))
    assert code == 0
    shipped = CliRunner().invoke(main, ["run", "calm", "--protocol", "vault", *FEW])
    assert json.loads(out)["fingerprint"] == json.loads(shipped.stdout)["fingerprint"]
    assert json.loads(out)["bytecode"]["Vault"]


def test_adapter_file__vyper_beside_it__is_compiled(tmp_path: Path) -> None:
    source = BROKEN.format(arguments="", constructor="pass")
    (tmp_path / "Broken.vy").write_text(source)
    code, out, error = run(adapter(tmp_path, WITH_BROKEN + _also("self.broken")))
    assert code == 0, error
    assert "Broken" in json.loads(out)["bytecode"]


def _also(contract: str) -> str:
    return f"""
    def contracts(self):
        return [*super().contracts(), {contract}]

    def spenders(self):
        return self.vaults
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no adapter file"),
        ("class Mine(:", "cannot be imported: SyntaxError"),
        ("import nothing_like_it", "cannot be imported: ModuleNotFoundError"),
        ("x = 1", "must define one subclass of Adapter; it defines none"),
        (
            MINE + "\nclass Other(Vault):\n    name = 'other'\n",
            "must define one subclass of Adapter; it defines Mine, Other",
        ),
        (
            IMPORTS + "\nclass Mine(Adapter):\n    name = 'mine'\n",
            "the adapter Mine of {file} lacks contracts, deploy, figures, handlers, "
            "opportunities, position",
        ),
        (
            MINE + "    def order(self, intent, who):\n        return 1 // 0\n",
            "the adapter mine fails at mine.py:11: ZeroDivisionError",
        ),
        (
            MINE + "    def deploy(self, script):\n        self.vault = script.creat()\n",
            "the adapter mine fails at mine.py:11: AttributeError",
        ),
        (
            MINE + "    def handlers(self):\n        return {'Enter': lambda h, books: []}\n",
            "the adapter mine handles the event Enter, which no contract of it logs; they log "
            "Borrowed, Deposited",
        ),
        (
            MINE
            + "    def handlers(self):\n"
            + "        return {'Deposited': lambda h, books: [on.Counted('x', h['sum'])]}\n",
            "the event Deposited has no field 'sum', only owner, payer, amount",
        ),
        (
            MINE + "    orders = {Open: 'vaults.draw(amount)'}\n",
            "Vault has no function draw; it has BONUS, DEBT_CEILING",
        ),
        (
            MINE + "    orders = {Open: 'vault.borrow(amount)'}\n",
            "the order 'vault.borrow(amount)' is for vault, which is no contract of the adapter",
        ),
        (
            MINE + "    orders = {Open: 'vaults.borrow amount'}\n",
            "the order 'vaults.borrow amount' is not of the form contract.function(name, name)",
        ),
        (
            MINE + "    orders = {Open: 'vaults.borrow(amount)'}\n",
            "gives 1 arguments, and borrow takes (uint256, address)",
        ),
        (
            MINE + "    orders = {Deposit: 'vaults.deposit(owner, sum)'}\n",
            "names sum, which Deposit does not have: a field of it, sender, to, owner, token or",
        ),
        (
            MINE + "    orders = {Deposit: 'vaults.deposit(owner, amount)'}\n",
            "the adapter mine has no order for Borrow",
        ),
        (
            MINE + "    def order(self, intent, who):\n        return self.vaults[0].repay(1)\n",
            "the function repay takes (address, uint256) and the adapter gives it 1",
        ),
        (
            MINE + "    def handlers(self):\n        return {}\n",
            "the adapter mine misses an event, or has its effects wrong",
        ),
        (
            MINE + "    def fund(self, script, to, amount):\n        pass\n",
            "set-up: add_liquidity reverts: erc20: insufficient balance",
        ),
    ],
    ids=[
        "no file", "syntax", "import", "no adapter", "two adapters", "methods missing",
        "fault in order", "fault in deploy", "no such event", "no such field", "no such function",
        "no such contract", "not a call", "too few arguments", "no such argument", "order missing",
        "wrong arguments", "events not handled", "no stable for the pools",
    ],
)  # fmt: skip
def test_bad_adapter__one_sentence__exit_code_2(
    tmp_path: Path, text: str | None, says: str
) -> None:
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text)
    code, out, error = run(file)
    assert says.format(file=file) in error
    assert (code, out) == (2, "")
    assert error.count("\n") == 1
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("constructor", "arguments", "body", "says"),
    [
        ("raise 'too late'", "", "", "set-up: the constructor of Broken reverts: too late"),
        ("pass", "x: uint256", "", "the constructor of Broken takes (uint256)"),
        (
            "pass",
            "",
            "        script.send(DEPLOYER, self.broken.spin)\n",
            "set-up: spin uses up all of its 5,000,000 gas: an endless loop, or too much at once",
        ),
        (
            "pass",
            "",
            "    def opportunities(self, account, ledger):\n"
            "        return Reading((self.broken.nope.view(),), lambda answers: [])\n"
            "    def position(self, account, ledger):\n"
            "        return Reading((self.broken.nope.view(),), lambda answers: [])\n",
            "the view nope() reverts: not today",
        ),
        (
            "pass",
            "",
            "    def prices(self):\n"
            "        return Reading((self.broken.endless.view(),), lambda answers: [])\n"
            "    def terms(self, terms):\n"
            "        self.feed = self.broken\n"
            "        return super().terms(terms)\n",
            "the view endless() reverts: out of gas or without a reason",
        ),
    ],
    ids=["constructor", "constructor's arguments", "endless loop", "view reverts", "endless view"],
)
def test_bad_contract__one_sentence__exit_code_2(
    tmp_path: Path, constructor: str, arguments: str, body: str, says: str
) -> None:
    source = BROKEN.format(arguments=arguments, constructor=constructor)
    (tmp_path / "Broken.vy").write_text(source)
    code, _, error = run(adapter(tmp_path, WITH_BROKEN + body), "--set", "traders.late_share=0.9")
    assert says in error
    assert code == 2
    assert error.count("\n") == 1


def _without(name: str) -> dict[str, Any]:
    abi = [entry for entry in load("Vault").abi if entry.get("name") != name]
    return compiled("Vault", abi=abi)


def _longer() -> dict[str, Any]:
    """The ABI says that a view answers more than it does."""
    abi = [dict(entry) for entry in load("Vault").abi]
    for entry in abi:
        if entry.get("name") == "preview_liquidate" or entry.get("name") == "position_of":
            entry["outputs"] = [*entry["outputs"], *entry["outputs"]]
    return compiled("Vault", abi=abi)


LARGE = {"abi": [], "bytecode": "0x6160015ff3" + "00" * 24_600}
"""Creation code that leaves 24,577 bytes."""
TOO_LARGE = {"abi": [], "bytecode": "0x5f5ff3" + "00" * 49_152}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("not JSON", "is not a compiled contract"),
        ({"abi": []}, "is not a compiled contract"),
        ({"abi": [], "bytecode": "0x"}, "has no bytecode: an interface or an abstract contract"),
        ({"abi": [], "bytecode": "0x60__$1234$__"}, "is not linked"),
        ({"abi": [], "bytecode": "0x6"}, "the ABI or the bytecode is not valid"),
        (_without("borrow"), "Vault has no function borrow"),
        (_without("Deposited"), "handles the event Deposited, which no contract of it logs"),
        (_longer(), "bytes where its ABI says 256 or more: the ABI is not that of the code"),
    ],
    ids=[
        "not JSON", "no bytecode", "interface", "not linked", "half a byte", "function missing",
        "event missing", "ABI of another build",
    ],
)  # fmt: skip
def test_bad_artifact__one_sentence__exit_code_2(tmp_path: Path, found: Any, says: str) -> None:
    text = found if isinstance(found, str) else json.dumps(found)
    (tmp_path / "Vault.json").write_text(text)
    code, _, error = run(adapter(tmp_path), "--set", "traders.late_share=0.9")
    assert says in error
    assert code == 2
    assert error.count("\n") == 1


@pytest.mark.parametrize("engine", ["py-evm", "auto"])
@pytest.mark.parametrize(
    ("found", "says"),
    [
        (LARGE, "24,605 bytes it leaves more code than the 24,576 a contract may have"),
        (TOO_LARGE, "is refused: creation code above 49152 bytes"),
    ],
    ids=["code", "creation code"],
)
def test_contract_too_large__one_sentence__exit_code_2(
    tmp_path: Path, found: Any, says: str, engine: str
) -> None:
    (tmp_path / "Broken.json").write_text(json.dumps(found))
    code, _, error = run(adapter(tmp_path, WITH_BROKEN), "--engine", engine)
    assert says in error
    assert code == 2


def test_way_to_liquidate__the_protocol_allows_none__one_sentence() -> None:
    flash = ("--set", 'liquidators.strategies=["flash", "split"]')
    done = CliRunner(mix_stderr=False).invoke(main, ["run", "calm", "--protocol", "vault", *flash])
    assert done.exit_code == 2
    assert "liquidators.strategies flash, split: the protocol vault allows none" in done.stderr


# ------------------------------------------------------------------------- other ABIs


def test_overloaded_functions__each_by_its_signature() -> None:
    from sim.chain.artifacts import from_abi

    def function(*kinds: str) -> dict[str, Any]:
        inputs = [{"name": f"x{i}", "type": kind} for i, kind in enumerate(kinds)]
        return {"type": "function", "name": "f", "inputs": inputs, "outputs": []}

    abi = [function("uint256"), function("uint256", "address"), function("uint256[2]", "string")]
    contract = Contract(from_abi("F", abi, b"\x00"), b"\x11" * 20)
    one, two = contract["f(uint256)"](1), contract["f(uint256,address)"](1, b"\x22" * 20)
    assert one[:4] != two[:4]
    assert (len(one), len(two)) == (36, 68)
    assert len(contract.f([1, 2], "text")) == 4 + 32 * 5


def test_event__with_text_and_arrays__its_integers_are_read() -> None:
    from eth_abi.abi import encode

    inputs = [
        {"name": "who", "type": "address", "indexed": True},
        {"name": "note", "type": "string", "indexed": False},
        {"name": "amount", "type": "uint256", "indexed": False},
    ]
    event = Event.of({"name": "Noted", "inputs": inputs})
    topics = [b"\x00" * 32, b"\x01".rjust(32, b"\0")]
    assert event.read(topics, encode(["string", "uint256"], ["hello", 7])) == {
        "who": 1,
        "amount": 7,
    }
