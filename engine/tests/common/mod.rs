//! A chain with some ether on it, and small contracts written out in bytes.
#![allow(dead_code, reason = "each test file uses its part")]

use plimsoll_engine::{
    block::{Block, Execution, Head, Request},
    execute::Chain,
    state::{Slot, State},
};
use revm::{
    context::TxEnv,
    primitives::{Address, Bytes, TxKind, U256, hex, keccak256},
    state::{AccountInfo, Bytecode},
};

pub const GWEI: u128 = 1_000_000_000;
pub const SENDER: Address = Address::repeat_byte(0xaa);
pub const OTHER: Address = Address::repeat_byte(0xbb);
pub const COINBASE: Address = Address::repeat_byte(0xcc);
pub const CONTRACT: Address = Address::repeat_byte(0xdd);
pub const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Stores the second word of the data in the slot of the first.
pub const WRITE: &str = "6020355f3555";
/// Loads the slot of the first word of the data, returns it.
pub const READ: &str = "5f35545f5260205ff3";
/// CREATE2 with the data as init code, the value passed on, salt 0; then calls what it made.
pub const MAKE_AND_CALL: &str = "365f5f375f365f34f55f5f5f5f5f855af100";
/// The same without the call.
pub const MAKE: &str = "365f5f375f365f34f500";

pub fn head() -> Head {
    Head {
        number: 0,
        timestamp: 1_000,
        base_fee: 1,
        gas_limit: 30_000_000,
        coinbase: Address::ZERO,
    }
}

pub fn chain() -> Chain {
    let mut chain = Chain::new(31_337, head(), State::default());
    for sender in [SENDER, OTHER] {
        give(&mut chain, sender, ETHER * U256::from(1_000));
    }
    chain
}

pub fn give(chain: &mut Chain, address: Address, balance: U256) {
    let account = AccountInfo { balance, ..AccountInfo::default() };
    chain.state.set_account(address, Some(account));
}

pub fn place(chain: &mut Chain, address: Address, code: &str) {
    let code = Bytecode::new_raw(hex::decode(code).unwrap().into());
    let account = AccountInfo::new(U256::ZERO, 1, code.hash_slow(), code);
    chain.state.set_account(address, Some(account));
}

pub fn transaction(to: Address, data: impl Into<Bytes>, nonce: u64) -> TxEnv {
    TxEnv {
        tx_type: 2,
        caller: SENDER,
        kind: TxKind::Call(to),
        data: data.into(),
        gas_limit: 1_000_000,
        gas_price: 20 * GWEI,
        gas_priority_fee: Some(GWEI),
        nonce,
        ..TxEnv::default()
    }
}

pub fn words(words: &[u64]) -> Bytes {
    let bytes = words.iter().flat_map(|word| U256::from(*word).to_be_bytes::<32>());
    bytes.collect::<Vec<u8>>().into()
}

pub fn request(chain: &Chain, transactions: Vec<TxEnv>) -> Request {
    Request {
        transactions,
        timestamp: chain.head.timestamp + 12,
        base_fee: 10 * GWEI as u64,
        gas_limit: 30_000_000,
        coinbase: COINBASE,
    }
}

pub fn mine(chain: &mut Chain, transactions: Vec<TxEnv>) -> Block {
    chain.mine(request(chain, transactions)).unwrap()
}

/// Mine one block and expect every transaction to be in it.
pub fn executed(chain: &mut Chain, transactions: Vec<TxEnv>) -> Vec<Execution> {
    let block = mine(chain, transactions);
    block.receipts.into_iter().map(Result::unwrap).collect()
}

pub fn slot(address: Address, key: u64) -> Slot {
    Slot { address, key: U256::from(key) }
}

pub fn balance(chain: &Chain, address: Address) -> U256 {
    chain.state.account(&address).map_or(U256::ZERO, |account| account.balance)
}

/// Where a factory's CREATE2 with salt 0 puts a contract.
pub fn made_by(factory: Address, init_code: &[u8]) -> Address {
    factory.create2([0; 32], keccak256(init_code))
}
