"""`ape compile`, by ape-config.yaml, is the compilation everything else uses."""

from pathlib import Path

import pytest

from sim.chain.artifacts import CONTRACTS, load, names

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(chain):
    import ape

    return ape.Project(ROOT)


@pytest.mark.parametrize("name", ["CollateralizedDebt", "FeeToken"])
def test_ape_compiles_to_the_code_the_simulator_runs(project, name):
    """Without its cache, which does not see a change in a module or an interface."""
    (source,) = CONTRACTS.rglob(f"{name}.vy")
    (contract,) = project.load_contracts(source, use_cache=False).values()
    assert contract.contract_type.deployment_bytecode.bytecode == "0x" + load(name).bytecode.hex()


def test_ape_compiles_what_deploys_and_leaves_modules_out(project):
    sources = [path for path in project.sources.paths if path.suffix == ".vy"]
    assert sorted(path.stem for path in sources) == names()
