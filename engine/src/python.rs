//! The door to Python: one crossing a block, with the interpreter free meanwhile.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Mutex, MutexGuard},
};

use pyo3::{
    exceptions::PyRuntimeError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyBytes, PyInt, PyType},
};
use revm::{
    primitives::{Address, Bytes, U256},
    state::AccountInfo,
};

use crate::{
    Fault,
    block::Head,
    branches::Branch,
    dump,
    execute::Chain,
    read::{address, addresses, calls, request, word},
    receipts::{Block, Receipts, show_as},
    state::State,
};

/// What faults are raised as.
static EXCEPTION: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Raise faults as exceptions of this class from now on; only the first to say so is heard.
#[pyfunction]
fn raise_as(exception: Bound<'_, PyType>) {
    let _ = EXCEPTION.set(exception.py(), exception.unbind());
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> PyErr {
        Python::attach(|py| match EXCEPTION.get(py) {
            Some(exception) => PyErr::from_type(exception.bind(py).clone(), fault.0),
            None => PyRuntimeError::new_err(fault.0),
        })
    }
}

/// Work without the interpreter; a panic becomes an exception.
fn apart<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Fault> + Send) -> PyResult<T> {
    let outcome = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    let reason = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Fault(format!("A fault of the engine: {}.", text.unwrap_or("it panicked")))
    };
    Ok(outcome.map_err(reason)??)
}

/// One chain, executed in process; of one thread at a time.
#[pyclass(frozen, module = "plimsoll_engine")]
struct Engine {
    chain: Mutex<Chain>,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(chain_id: u64, timestamp: u64, base_fee: u64, gas_limit: u64) -> Engine {
        let head = Head { number: 0, timestamp, base_fee, gas_limit, coinbase: Address::ZERO };
        Engine::of(Chain::new(chain_id, head, State::default()))
    }

    #[getter]
    fn block_number(&self) -> PyResult<u64> {
        Ok(self.chain()?.head.number)
    }

    #[getter]
    fn timestamp(&self) -> PyResult<u64> {
        Ok(self.chain()?.head.timestamp)
    }

    fn mine(&self, asked: &Bound<'_, PyAny>) -> PyResult<Block> {
        let (py, request) = (asked.py(), request(asked)?);
        let (timestamp, base_fee) = (request.timestamp, request.base_fee);
        let chain = &mut *self.chain()?;
        let mined = apart(py, move || chain.mine(request))?;
        let receipts = Py::new(py, Receipts(mined.receipts))?;
        Ok(Block { number: mined.number, timestamp, base_fee, gas_used: mined.gas_used, receipts })
    }

    fn call<'py>(
        &self,
        batch: &Bound<'py, PyAny>,
        gas: u64,
    ) -> PyResult<Vec<(bool, Bound<'py, PyBytes>)>> {
        let (py, reads) = (batch.py(), calls(batch)?);
        let chain = &*self.chain()?;
        let results = apart(py, move || chain.call(reads, gas))?;
        let result = |(ok, output): (bool, Bytes)| (ok, PyBytes::new(py, &output));
        Ok(results.into_iter().map(result).collect())
    }

    fn balances<'py>(&self, of: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let chain = self.chain()?;
        let balance = |account: Option<&AccountInfo>| account.map_or(U256::ZERO, |a| a.balance);
        let balances = addresses(of)?.into_iter().map(|who| balance(chain.state.account(&who)));
        balances.map(|balance| int(of.py(), balance)).collect()
    }

    fn nonces(&self, of: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
        let chain = self.chain()?;
        let nonce = |who| chain.state.account(&who).map_or(0, |account| account.nonce);
        Ok(addresses(of)?.into_iter().map(nonce).collect())
    }

    fn set_balance(&self, of: &Bound<'_, PyAny>, amount: &Bound<'_, PyAny>) -> PyResult<()> {
        let (of, balance) = (address("address", of)?, word("amount", amount)?);
        let state = &mut self.chain()?.state;
        let account = state.account(&of).cloned().unwrap_or_default();
        let account = AccountInfo { balance, ..account };
        state.set_account(of, (!account.is_empty()).then_some(account));
        Ok(())
    }

    fn snapshot(&self) -> PyResult<u64> {
        Ok(self.chain()?.snapshot())
    }

    fn restore(&self, snapshot: &Bound<'_, PyAny>) -> PyResult<()> {
        // Whatever is not a number of 64 bits was not given out either.
        let (py, id) = (snapshot.py(), snapshot.extract().unwrap_or(u64::MAX));
        let chain = &mut *self.chain()?;
        apart(py, move || chain.restore(id))
    }

    fn watch_branches(&self) -> PyResult<()> {
        self.chain()?.watch_branches();
        Ok(())
    }

    /// (address, offset of the jump, whether it was taken) of each.
    fn new_branches<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Vec<(Bound<'py, PyBytes>, usize, bool)>> {
        let branches = self.chain()?.new_branches().into_iter();
        let row = |(address, at, taken): Branch| (PyBytes::new(py, &address[..]), at, taken);
        Ok(branches.map(row).collect())
    }

    fn fork(&self, py: Python<'_>) -> PyResult<Engine> {
        let chain = &mut *self.chain()?;
        Ok(Engine::of(apart(py, move || Ok(chain.fork()))?))
    }

    fn dump(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let chain = &*self.chain()?;
        apart(py, move || dump::dump(chain, &path))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Engine> {
        Ok(Engine::of(apart(py, move || dump::load(&path))?))
    }
}

impl Engine {
    fn of(chain: Chain) -> Engine {
        Engine { chain: Mutex::new(chain) }
    }

    fn chain(&self) -> Result<MutexGuard<'_, Chain>, Fault> {
        let busy =
            |_| Fault("The engine is busy in another thread: give each its own fork.".into());
        self.chain.try_lock().map_err(busy)
    }
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
    use super::{Block, Engine, Receipts, raise_as, show_as};
}
