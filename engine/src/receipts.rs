//! Receipts as Python sees them: a sequence that makes its objects where someone looks.

use pyo3::{
    exceptions::PyIndexError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyBytes, PyIterator, PySequence, PyString, PyTuple, PyType},
};
use revm::primitives::Log;

use crate::block::{Execution, Receipt};

/// What makes a receipt of (succeeded, gas used, price, logs, output, contract), or of the
/// number of the refusal.
static RECEIPT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// What makes a named tuple of the fields of a block.
static BLOCK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Show receipts as `receipt` makes them, and blocks, where they are to be one of many, as
/// `block` does; only the first to say so is heard.
#[pyfunction]
pub fn show_as(receipt: Bound<'_, PyAny>, block: Bound<'_, PyAny>) {
    let py = receipt.py();
    let _ = RECEIPT.set(py, receipt.unbind());
    let _ = BLOCK.set(py, block.unbind());
}

/// A block, whose numbers become Python's when looked at; equal to the named tuple of them.
#[pyclass(frozen, get_all, module = "plimsoll_engine")]
pub struct Block {
    /// One more than the last.
    pub number: u64,
    /// Seconds.
    pub timestamp: u64,
    /// Wei per gas.
    pub base_fee: u64,
    /// Of all its transactions together.
    pub gas_used: u64,
    /// One for each transaction of the request.
    pub receipts: Py<Receipts>,
}

#[pymethods]
impl Block {
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let block = self.named(other.py())?;
        match other.cast::<Block>() {
            Ok(other) => block.eq(other.get().named(other.py())?),
            Err(_) => block.eq(other),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.named(py)?.hash()
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.named(py)?.repr()
    }

    /// The named tuple when it comes back.
    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let make = BLOCK.get(py).map(|make| make.bind(py).clone());
        Ok((make.unwrap_or(py.get_type::<PyTuple>().into_any()), self.fields(py)?))
    }
}

impl Block {
    fn named<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match BLOCK.get(py) {
            Some(block) => block.bind(py).call1(self.fields(py)?),
            None => Ok(self.fields(py)?.into_any()),
        }
    }

    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let receipts = self.receipts.clone_ref(py);
        (self.number, self.timestamp, self.base_fee, self.gas_used, receipts).into_pyobject(py)
    }
}

/// The receipts of a block, made when looked at; equal to any sequence of the same ones.
#[pyclass(frozen, sequence, module = "plimsoll_engine")]
pub struct Receipts(pub Vec<Receipt>);

#[pymethods]
impl Receipts {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match index.extract::<isize>() {
            Ok(place) => self.at(index.py(), place),
            Err(_) => self.all(index.py())?.as_any().get_item(index),
        }
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.all(py)?.try_iter()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<PySequence>() {
            Ok(others) => self.all(other.py())?.eq(others.to_tuple()?),
            Err(_) => Ok(false),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.all(py)?.hash()
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.all(py)?.repr()
    }

    /// A tuple when it comes back.
    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyTuple>,))> {
        Ok((py.get_type::<PyTuple>(), (self.all(py)?,)))
    }

    fn index(&self, receipt: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.all(receipt.py())?.index(receipt)
    }

    fn count(&self, receipt: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.all(receipt.py())?.as_sequence().count(receipt)
    }
}

impl Receipts {
    fn all<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let made = self.0.iter().map(|receipt| shown(py, receipt));
        PyTuple::new(py, made.collect::<PyResult<Vec<_>>>()?)
    }

    fn at<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyAny>> {
        let from_end = if index < 0 { self.0.len() } else { 0 };
        let receipt = from_end.checked_add_signed(index).and_then(|index| self.0.get(index));
        shown(py, receipt.ok_or_else(|| PyIndexError::new_err("There is no such receipt."))?)
    }
}

fn shown<'py>(py: Python<'py>, receipt: &Receipt) -> PyResult<Bound<'py, PyAny>> {
    let row = match receipt {
        Err(refusal) => (*refusal as u8).into_pyobject(py)?.into_any(),
        Ok(execution) => row(py, execution)?.into_any(),
    };
    match RECEIPT.get(py) {
        Some(receipt) => receipt.bind(py).call1((row,)),
        None => Ok(row),
    }
}

fn row<'py>(py: Python<'py>, execution: &Execution) -> PyResult<Bound<'py, PyTuple>> {
    let logs = execution.logs.iter().map(|entry| log(py, entry));
    let row = (
        execution.succeeded,
        execution.gas_used,
        execution.price,
        PyTuple::new(py, logs.collect::<PyResult<Vec<_>>>()?)?,
        PyBytes::new(py, &execution.output),
        execution.contract.map(|contract| PyBytes::new(py, contract.as_slice())),
    );
    row.into_pyobject(py)
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
