//! What the same blocks cost without Python, for `bench/engines.py`.
//!
//! Takes the runtime code of a contract in hex. Each line of the input, `way size blocks`, is
//! answered by the seconds that so many blocks of so many calls took: way `chain` mines them
//! with this crate, way `revm` commits one transaction after another into revm's own map.

use std::{
    error::Error,
    io::{BufRead, stdin},
    time::Instant,
};

use plimsoll_engine::{
    block::{Head, Request},
    execute::Chain,
    state::State,
};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, TxEnv},
    database::InMemoryDB,
    primitives::{Address, Bytes, TxKind, U256, hardfork::SpecId, hex},
    state::{AccountInfo, Bytecode},
};

const SENDERS: u64 = 100;
const BASE_FEE: u64 = 1_000_000_000;
const CONTRACT: Address = Address::repeat_byte(0xdd);

fn main() -> Result<(), Box<dyn Error>> {
    let code = std::env::args().nth(1).ok_or("the contract's runtime code is missing")?;
    let code = Bytecode::new_raw(hex::decode(code)?.into());
    for line in stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let way = words.next().ok_or("way, size, blocks")?;
        let [size, blocks] = [words.next(), words.next()].map(|word| word.unwrap_or("1").parse());
        let (size, blocks) = (size?, blocks?);
        let seconds =
            if way == "chain" { chain(&code, size, blocks)? } else { plain(&code, size, blocks)? };
        println!("{seconds}");
    }
    Ok(())
}

fn accounts(code: &Bytecode) -> impl Iterator<Item = (Address, AccountInfo)> {
    let contract = AccountInfo::new(U256::ZERO, 1, code.hash_slow(), code.clone());
    let rich = AccountInfo { balance: U256::MAX >> 64, ..AccountInfo::default() };
    let senders = (0..SENDERS).map(move |index| (sender(index), rich.clone()));
    senders.chain([(CONTRACT, contract)])
}

fn sender(index: u64) -> Address {
    Address::left_padding_from(&(index + 1_000).to_be_bytes())
}

/// The calls of one block, the senders taking turns.
fn calls(size: u64, block: u64) -> Vec<TxEnv> {
    let call = |index: u64| TxEnv {
        tx_type: 2,
        caller: sender(index % SENDERS),
        nonce: index / SENDERS,
        kind: TxKind::Call(CONTRACT),
        data: Bytes::copy_from_slice(b"call"),
        gas_limit: 100_000,
        gas_price: u128::from(2 * BASE_FEE),
        gas_priority_fee: Some(1),
        chain_id: Some(1),
        ..TxEnv::default()
    };
    (block * size..(block + 1) * size).map(call).collect()
}

fn chain(code: &Bytecode, size: u64, blocks: u64) -> Result<f64, Box<dyn Error>> {
    let mut state = State::default();
    accounts(code).for_each(|(address, account)| state.set_account(address, Some(account)));
    let coinbase = Address::ZERO;
    let gas_limit = 100_000 * size;
    let head = Head { number: 0, timestamp: 0, base_fee: BASE_FEE, gas_limit, coinbase };
    let mut chain = Chain::new(1, head, state);
    let transactions: Vec<_> = (0..blocks).map(|block| calls(size, block)).collect();
    let start = Instant::now();
    for transactions in transactions {
        let timestamp = chain.head.timestamp + 12;
        let block = chain.mine(Request {
            transactions,
            timestamp,
            base_fee: BASE_FEE,
            gas_limit,
            coinbase,
        })?;
        if !block.receipts.iter().all(|receipt| receipt.as_ref().is_ok_and(|one| one.succeeded)) {
            return Err("a call did not succeed".into());
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn plain(code: &Bytecode, size: u64, blocks: u64) -> Result<f64, Box<dyn Error>> {
    let mut state = InMemoryDB::default();
    accounts(code).for_each(|(address, account)| state.insert_account_info(address, account));
    let mut evm = Context::mainnet()
        .with_db(state)
        .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE))
        .build_mainnet();
    let transactions: Vec<_> = (0..blocks).map(|block| calls(size, block)).collect();
    let start = Instant::now();
    for (number, transactions) in (1_u64..).zip(transactions) {
        let number = U256::from(number);
        evm.set_block(BlockEnv { number, basefee: BASE_FEE, ..BlockEnv::default() });
        for transaction in transactions {
            if !evm.transact_commit(transaction)?.is_success() {
                return Err("a call did not succeed".into());
            }
        }
    }
    Ok(start.elapsed().as_secs_f64())
}
