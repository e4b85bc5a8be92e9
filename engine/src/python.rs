//! The door to Python: one crossing a block, with the interpreter free meanwhile, and no
//! more objects made of the results than someone looks at.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use pyo3::{
    create_exception,
    exceptions::{PyException, PyIndexError},
    prelude::*,
    types::{PyBytes, PyInt, PyTuple},
};
use revm::{
    primitives::{Address, Bytes, Log, U256},
    state::AccountInfo,
};

use crate::{
    Fault,
    block::{Head, Receipt},
    dump,
    execute::Chain,
    read::{address, calls, request, word},
    state::State,
};

create_exception!(plimsoll_engine, EngineError, PyException);

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> PyErr {
        EngineError::new_err(fault.0)
    }
}

/// Work without the interpreter; a panic becomes an exception.
fn apart<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Fault> + Send) -> PyResult<T> {
    let outcome = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    let reason = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Fault(format!("a fault of the engine: {}", text.unwrap_or("it panicked")))
    };
    Ok(outcome.map_err(reason)??)
}

/// One chain, executed in process.
#[pyclass(module = "plimsoll_engine")]
struct Engine {
    chain: Chain,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(chain_id: u64, timestamp: u64, base_fee: u64, gas_limit: u64) -> Engine {
        let head = Head { number: 0, timestamp, base_fee, gas_limit, coinbase: Address::ZERO };
        Engine { chain: Chain::new(chain_id, head, State::default()) }
    }

    #[getter]
    fn block_number(&self) -> u64 {
        self.chain.head.number
    }

    #[getter]
    fn timestamp(&self) -> u64 {
        self.chain.head.timestamp
    }

    fn mine(&mut self, block: &Bound<'_, PyAny>) -> PyResult<Block> {
        let (py, request) = (block.py(), request(block)?);
        let chain = &mut self.chain;
        let block = apart(py, move || chain.mine(request))?;
        Ok(Block { number: block.number, gas_used: block.gas_used, receipts: block.receipts })
    }

    fn call<'py>(
        &self,
        batch: &Bound<'py, PyAny>,
        gas: u64,
    ) -> PyResult<Vec<(bool, Bound<'py, PyBytes>)>> {
        let (py, reads) = (batch.py(), calls(batch)?);
        let chain = &self.chain;
        let results = apart(py, move || chain.call(reads, gas))?;
        let result = |(ok, output): (bool, Bytes)| (ok, PyBytes::new(py, &output));
        Ok(results.into_iter().map(result).collect())
    }

    fn balances<'py>(&self, addresses: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let balance = |address: Bound<'py, PyAny>| {
            let account = self.account(&address)?;
            int(address.py(), account.map_or(U256::ZERO, |account| account.balance))
        };
        addresses.try_iter()?.map(|address| balance(address?)).collect()
    }

    fn nonces(&self, addresses: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
        let nonce = |address: Bound<'_, PyAny>| {
            PyResult::Ok(self.account(&address)?.map_or(0, |account| account.nonce))
        };
        addresses.try_iter()?.map(|address| nonce(address?)).collect()
    }

    fn set_balance(&mut self, of: &Bound<'_, PyAny>, amount: &Bound<'_, PyAny>) -> PyResult<()> {
        let account = self.account(of)?.cloned().unwrap_or_default();
        let account = AccountInfo { balance: word("amount", amount)?, ..account };
        let some = (!account.is_empty()).then_some(account);
        self.chain.state.set_account(address("address", of)?, some);
        Ok(())
    }

    fn snapshot(&mut self) -> u64 {
        self.chain.snapshot()
    }

    fn restore(&mut self, py: Python<'_>, snapshot: u64) -> PyResult<()> {
        let chain = &mut self.chain;
        apart(py, move || chain.restore(snapshot))
    }

    fn fork(&mut self, py: Python<'_>) -> PyResult<Engine> {
        let chain = &mut self.chain;
        let chain = apart(py, move || Ok(chain.fork()))?;
        Ok(Engine { chain })
    }

    fn dump(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let chain = &self.chain;
        apart(py, move || dump::dump(chain, &path))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Engine> {
        let chain = apart(py, move || dump::load(&path))?;
        Ok(Engine { chain })
    }
}

impl Engine {
    fn account(&self, of: &Bound<'_, PyAny>) -> PyResult<Option<&AccountInfo>> {
        Ok(self.chain.state.account(&address("address", of)?))
    }
}

/// A block that was executed; a sequence of its receipts, each a tuple made when asked for.
#[pyclass(frozen, module = "plimsoll_engine")]
struct Block {
    #[pyo3(get)]
    number: u64,
    #[pyo3(get)]
    gas_used: u64,
    receipts: Vec<Receipt>,
}

#[pymethods]
impl Block {
    fn __len__(&self) -> usize {
        self.receipts.len()
    }

    /// (succeeded, gas used, price, logs, output, contract), or the number of the refusal.
    fn __getitem__<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
        let receipt = self.receipts.get(index);
        let execution = match receipt.ok_or_else(|| PyIndexError::new_err("no such receipt"))? {
            Err(refusal) => return Ok((*refusal as u8).into_pyobject(py)?.into_any()),
            Ok(execution) => execution,
        };
        let logs = execution.logs.iter().map(|entry| log(py, entry));
        let row = (
            execution.succeeded,
            execution.gas_used,
            execution.price,
            PyTuple::new(py, logs.collect::<PyResult<Vec<_>>>()?)?,
            PyBytes::new(py, &execution.output),
            execution.contract.map(|contract| PyBytes::new(py, contract.as_slice())),
        );
        Ok(row.into_pyobject(py)?.into_any())
    }
}

fn log<'py>(py: Python<'py>, log: &Log) -> PyResult<Bound<'py, PyTuple>> {
    let topics = log.topics().iter().map(|topic| PyBytes::new(py, topic.as_slice()));
    let row = (
        PyBytes::new(py, log.address.as_slice()),
        PyTuple::new(py, topics.collect::<Vec<_>>())?,
        PyBytes::new(py, &log.data.data),
    );
    row.into_pyobject(py)
}

fn int(py: Python<'_>, word: U256) -> PyResult<Bound<'_, PyAny>> {
    if let Ok(small) = u128::try_from(word) {
        return Ok(small.into_pyobject(py)?.into_any());
    }
    let bytes = PyBytes::new(py, &word.to_be_bytes::<32>());
    py.get_type::<PyInt>().call_method1("from_bytes", (bytes, "big"))
}

/// Executes blocks of Ethereum transactions in process, under Prague rules.
#[pymodule]
mod plimsoll_engine {
    #[pymodule_export]
    use super::{Block, Engine, EngineError};
}
