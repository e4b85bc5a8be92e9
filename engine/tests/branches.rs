//! Branches: what was gone is told once, and looking changes nothing.

mod common;

use common::*;
use revm::primitives::Bytes;

/// Jumps over a revert when there is data.
const DATA_OR_REVERT: &str = "366007575f5ffd5b00";
const JUMP_AT: usize = 3;

#[test]
fn each_side_of_a_jump_is_news_once() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, DATA_OR_REVERT);
    chain.watch_branches();
    let (with, without) = (words(&[1]), Bytes::new());
    executed(&mut chain, vec![transaction(CONTRACT, without, 0)]);
    assert_eq!(chain.new_branches(), [(CONTRACT, JUMP_AT, false)]);
    executed(&mut chain, vec![transaction(CONTRACT, with.clone(), 1)]);
    assert_eq!(chain.new_branches(), [(CONTRACT, JUMP_AT, true)]);
    executed(&mut chain, vec![transaction(CONTRACT, with, 2)]);
    assert!(chain.new_branches().is_empty());
}

#[test]
fn nothing_is_kept_where_nobody_looks() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, DATA_OR_REVERT);
    executed(&mut chain, vec![transaction(CONTRACT, words(&[1]), 0)]);
    assert!(chain.new_branches().is_empty());
}

#[test]
fn receipts_are_the_same_where_somebody_looks() {
    let run = |watched: bool| {
        let mut chain = chain();
        place(&mut chain, CONTRACT, DATA_OR_REVERT);
        if watched {
            chain.watch_branches();
        }
        let data = [Bytes::new(), words(&[1])];
        let transactions =
            data.into_iter().zip(0..).map(|(data, n)| transaction(CONTRACT, data, n));
        executed(&mut chain, transactions.collect())
    };
    assert_eq!(run(true), run(false));
}
