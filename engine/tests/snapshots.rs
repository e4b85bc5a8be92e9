//! Snapshots, forks and dumps: what comes back is what was there.

mod common;

use common::*;
use plimsoll_engine::{dump, execute::Chain};
use revm::{
    primitives::{Address, U256},
    state::AccountInfo,
};

#[test]
fn restoring_brings_back_balances_storage_and_the_block() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, WRITE);
    let before = dump::encode(&chain);
    let snapshot = chain.snapshot();
    for repeat in 0..3 {
        executed(&mut chain, vec![transaction(CONTRACT, words(&[1, 2]), 0)]);
        assert!(dump::encode(&chain) != before, "repeat {repeat}");
        chain.restore(snapshot).unwrap();
        assert!(dump::encode(&chain) == before, "repeat {repeat}");
    }
}

#[test]
fn restoring_an_older_snapshot_forgets_the_younger_ones() {
    let mut chain = chain();
    let (old, young) = (chain.snapshot(), chain.snapshot());
    chain.restore(old).unwrap();
    let fault = chain.restore(young).unwrap_err();
    assert!(fault.0.contains("There is no snapshot 2"), "{fault}");
    chain.restore(old).unwrap();
}

#[test]
fn any_order_of_writes_snapshots_and_forks_equals_copies_of_everything() {
    let mut seed = 1_u64;
    let mut below = move |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % bound
    };
    let mut chain = chain();
    let mut copies: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut forked: Vec<(Chain, Vec<u8>)> = Vec::new();
    for step in 0..3_000 {
        match below(12) {
            0 => copies.push((chain.snapshot(), dump::encode(&chain))),
            1 if !copies.is_empty() => {
                copies.truncate(below(copies.len() as u64) as usize + 1);
                let (id, copy) = copies.last().unwrap();
                chain.restore(*id).unwrap();
                assert!(dump::encode(&chain) == *copy, "step {step}");
            }
            2 => {
                let fork = chain.fork();
                forked.push((fork, dump::encode(&chain)));
                if forked.len() > 3 {
                    let (fork, copy) = forked.swap_remove(0);
                    assert!(dump::encode(&fork) == copy, "step {step}");
                }
            }
            3 if !forked.is_empty() => {
                // Go on with a fork: what was left behind must not matter to it.
                let (fork, copy) = forked.pop().unwrap();
                assert!(dump::encode(&fork) == copy, "step {step}");
                (chain, copies) = (fork, Vec::new());
            }
            4..8 => {
                let balance = U256::from(below(3));
                let account = AccountInfo { balance, ..AccountInfo::default() };
                let some = (!account.is_empty()).then_some(account);
                chain.state.set_account(Address::with_last_byte(below(20) as u8), some);
            }
            _ => {
                let slot = slot(CONTRACT, below(20));
                chain.state.set_word(slot, U256::from(below(3)));
            }
        }
    }
}

#[test]
fn a_dump_read_back_is_the_same_chain_and_goes_on_the_same_way() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, WRITE);
    executed(&mut chain, vec![transaction(CONTRACT, words(&[1, 2]), 0)]);
    let bytes = dump::encode(&chain);
    let mut again = dump::decode(&bytes).unwrap();
    let more = || vec![transaction(CONTRACT, words(&[1, 3]), 1)];
    assert_eq!(executed(&mut chain, more()), executed(&mut again, more()));
    assert!(dump::encode(&chain) == dump::encode(&again));
}

#[test]
fn a_dump_with_any_byte_changed_or_its_end_cut_off_is_refused() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, WRITE);
    let bytes = dump::encode(&chain);
    for index in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 1;
        assert!(dump::decode(&damaged).is_err(), "byte {index}");
        assert!(dump::decode(&bytes[..index]).is_err(), "cut at {index}");
    }
}

#[test]
fn a_file_that_is_not_there_or_not_a_dump_is_a_sentence() {
    let missing = dump::load("/no/such/file".as_ref()).err().unwrap();
    assert!(missing.0.contains("/no/such/file cannot be read"), "{missing}");
    let foreign = dump::decode(b"something else").err().unwrap();
    assert_eq!(foreign.0, "is not a dump of a chain.");
}
