//! What comes from Python, checked: each mistake is one sentence that names the field, the
//! value and what is allowed.

use pyo3::{
    Bound, PyAny, PyErr, PyResult, Python,
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    types::{PyBytes, PyInt, PyString},
};
use revm::{
    context::TxEnv,
    primitives::{Address, Bytes, TxKind, U256},
};

use crate::block::{Call, Request};

/// The type of an EIP-1559 transaction.
const DYNAMIC_FEE: u8 = 2;

/// The value of a BlockRequest.
pub fn request(block: &Bound<'_, PyAny>) -> PyResult<Request> {
    let py = block.py();
    Ok(Request {
        timestamp: number(block, intern!(py, "timestamp"))?,
        base_fee: number(block, intern!(py, "base_fee"))?,
        gas_limit: number(block, intern!(py, "gas_limit"))?,
        coinbase: address("coinbase", &block.getattr(intern!(py, "coinbase"))?)?,
        transactions: each(
            "transaction",
            &block.getattr(intern!(py, "transactions"))?,
            transaction,
        )?,
    })
}

/// The values of a list of Calls.
pub fn calls(batch: &Bound<'_, PyAny>) -> PyResult<Vec<Call>> {
    each("call", batch, |item| {
        let py = item.py();
        Ok(Call {
            to: address("to", &item.getattr(intern!(py, "to"))?)?,
            data: data(&item.getattr(intern!(py, "data"))?)?,
            sender: address("sender", &item.getattr(intern!(py, "sender"))?)?,
        })
    })
}

fn transaction(item: &Bound<'_, PyAny>) -> PyResult<TxEnv> {
    let py = item.py();
    let to = item.getattr(intern!(py, "to"))?;
    Ok(TxEnv {
        tx_type: DYNAMIC_FEE,
        caller: address("sender", &item.getattr(intern!(py, "sender"))?)?,
        kind: match to.is_none() {
            true => TxKind::Create,
            false => TxKind::Call(address("to", &to)?),
        },
        data: data(&item.getattr(intern!(py, "data"))?)?,
        gas_limit: number(item, intern!(py, "gas"))?,
        gas_price: fee(item, intern!(py, "max_fee"))?,
        gas_priority_fee: Some(fee(item, intern!(py, "priority_fee"))?),
        nonce: number(item, intern!(py, "nonce"))?,
        value: word("value", &item.getattr(intern!(py, "value"))?)?,
        ..TxEnv::default()
    })
}

fn each<'py, T>(
    what: &str,
    list: &Bound<'py, PyAny>,
    read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let mut out = Vec::with_capacity(list.len()?);
    for (index, item) in list.try_iter()?.enumerate() {
        out.push(read(&item?).map_err(|error| located(list.py(), what, index, &error))?);
    }
    Ok(out)
}

/// The same error, of the same type, saying which of the list it is about.
fn located(py: Python<'_>, what: &str, index: usize, error: &PyErr) -> PyErr {
    let text = format!("{what} {index}: {}", error.value(py));
    PyErr::from_type(error.get_type(py), text)
}

/// Twenty bytes.
pub fn address(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Address> {
    let bytes = raw(name, value)?.as_bytes();
    Address::try_from(bytes).map_err(|_| {
        let length = bytes.len();
        PyValueError::new_err(format!("{name} has {length} bytes: an address has 20"))
    })
}

/// A list of them.
pub fn addresses(list: &Bound<'_, PyAny>) -> PyResult<Vec<Address>> {
    each("address", list, |item| address("it", item))
}

fn data(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    Ok(Bytes::copy_from_slice(raw("data", value)?.as_bytes()))
}

fn raw<'a, 'py>(name: &str, value: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyBytes>> {
    value.cast::<PyBytes>().map_err(|_| mistyped(name, value, "bytes"))
}

fn number(of: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> PyResult<u64> {
    let value = of.getattr(name)?;
    value.extract().or_else(|_| {
        let bytes = whole::<8>(name.to_str()?, &value)?;
        Ok(u64::from_le_bytes(bytes))
    })
}

/// A fee of more than 128 bits is as good as the largest: nobody can pay either.
fn fee(of: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> PyResult<u128> {
    Ok(word(name.to_str()?, &of.getattr(name)?)?.saturating_to())
}

/// A whole number of at most 256 bits.
pub fn word(name: &str, value: &Bound<'_, PyAny>) -> PyResult<U256> {
    match value.extract::<u64>() {
        Ok(small) => Ok(U256::from(small)),
        Err(_) => Ok(U256::from_le_bytes(whole::<32>(name, value)?)),
    }
}

fn whole<const SIZE: usize>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<[u8; SIZE]> {
    let int = value.cast::<PyInt>().map_err(|_| mistyped(name, value, "a whole number"))?;
    let bytes = int.call_method1(intern!(value.py(), "to_bytes"), (SIZE, "little"));
    let bytes = bytes.map_err(|_| {
        let bits = SIZE * 8;
        PyValueError::new_err(format!("{name} is {value}: allowed are 0 to 2**{bits} - 1"))
    })?;
    let sized = bytes.cast::<PyBytes>()?.as_bytes().try_into();
    sized.map_err(|_| mistyped(name, value, "a whole number"))
}

fn mistyped(name: &str, value: &Bound<'_, PyAny>, wanted: &str) -> PyErr {
    let given = value.get_type();
    let given = given.name().map_or_else(|_| "something else".into(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} is {given}: it must be {wanted}"))
}
