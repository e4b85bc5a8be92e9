//! What comes from Python, checked: each mistake is one sentence that names the field, the
//! value and what is allowed.

use pyo3::{
    Bound, PyAny, PyErr, PyResult, Python,
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    types::{PyBytes, PyInt, PyTuple},
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
    let [transactions, timestamp, base_fee, gas_limit, coinbase] =
        fields("block", block, "a BlockRequest")?;
    Ok(Request {
        timestamp: number("timestamp", timestamp)?,
        base_fee: number("base_fee", base_fee)?,
        gas_limit: number("gas_limit", gas_limit)?,
        coinbase: address("coinbase", coinbase)?,
        transactions: each("transaction", transactions, transaction)?,
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
    let [sender, to, input, gas, max_fee, priority_fee, nonce, value] =
        fields("it", item, "a Transaction")?;
    Ok(TxEnv {
        tx_type: DYNAMIC_FEE,
        caller: address("sender", sender)?,
        kind: match to.is_none() {
            true => TxKind::Create,
            false => TxKind::Call(address("to", to)?),
        },
        data: data(input)?,
        gas_limit: number("gas", gas)?,
        gas_price: fee("max_fee", max_fee)?,
        gas_priority_fee: Some(fee("priority_fee", priority_fee)?),
        nonce: number("nonce", nonce)?,
        value: word("value", value)?,
        ..TxEnv::default()
    })
}

/// Those of a named tuple, in its order.
fn fields<'a, 'py, const COUNT: usize>(
    name: &str,
    tuple: &'a Bound<'py, PyAny>,
    wanted: &str,
) -> PyResult<&'a [Bound<'py, PyAny>; COUNT]> {
    let fields = tuple.cast::<PyTuple>().ok().map(PyTupleMethods::as_slice);
    let fields = fields.and_then(|fields| fields.try_into().ok());
    fields.ok_or_else(|| mistyped(name, tuple, wanted))
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

fn number(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    value.extract().or_else(|_| Ok(u64::from_le_bytes(whole::<8>(name, value)?)))
}

/// A fee of more than 128 bits is as good as the largest: nobody can pay either.
fn fee(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u128> {
    Ok(word(name, value)?.saturating_to())
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
