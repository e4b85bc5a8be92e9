//! Blocks: what transactions cost and change, and that sharing a block changes neither.

mod common;

use common::*;
use plimsoll_engine::{block::Refusal, dump};
use revm::primitives::{Address, Bytes, TxKind, U256, hex};

#[test]
fn a_transfer_pays_the_tip_to_the_coinbase_and_burns_the_base_fee() {
    let mut chain = chain();
    let mut transfer = transaction(Address::repeat_byte(1), Bytes::new(), 0);
    transfer.value = ETHER;
    let receipts = executed(&mut chain, vec![transfer]);
    assert_eq!(receipts[0].gas_used, 21_000);
    assert_eq!(receipts[0].price, 11 * GWEI);
    assert_eq!(balance(&chain, Address::repeat_byte(1)), ETHER);
    assert_eq!(balance(&chain, COINBASE), U256::from(21_000 * GWEI));
    let paid = ETHER + U256::from(21_000 * 11 * GWEI);
    assert_eq!(balance(&chain, SENDER), ETHER * U256::from(1_000) - paid);
}

#[test]
fn what_one_transaction_warmed_is_cold_for_the_next() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, READ);
    let read = |nonce| transaction(CONTRACT, words(&[7]), nonce);
    let receipts = executed(&mut chain, vec![read(0), read(1), read(2)]);
    assert_eq!(receipts[0].gas_used, receipts[1].gas_used);
    assert_eq!(receipts[0].gas_used, receipts[2].gas_used);
}

#[test]
fn a_slot_written_by_one_transaction_and_read_by_the_next_keeps_its_value() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, WRITE);
    let write = transaction(CONTRACT, words(&[3, 9]), 0);
    let same = transaction(CONTRACT, words(&[3, 9]), 1);
    let receipts = executed(&mut chain, vec![write, same]);
    assert!(receipts[1].gas_used + 17_000 < receipts[0].gas_used);
    assert_eq!(chain.state.word(&slot(CONTRACT, 3)), U256::from(9));
}

#[test]
fn clearing_slots_of_an_earlier_transaction_is_refunded_up_to_a_fifth() {
    let mut chain = chain();
    // Stores the length of the data in four slots.
    place(&mut chain, CONTRACT, "365f55366001553660025536600355");
    let write = transaction(CONTRACT, vec![1], 0);
    let clear = transaction(CONTRACT, Bytes::new(), 1);
    let receipts = executed(&mut chain, vec![write, clear]);
    // 4,800 for each slot would be above a fifth of what the transaction and the slots cost.
    let spent = 21_000 + 4 * 5_000 + 4 * 2 + 2 + 3 * 3;
    assert_eq!(receipts[1].gas_used, spent - spent / 5);
}

#[test]
fn each_refusal_has_its_reason_and_leaves_no_trace() {
    let mut chain = chain();
    let good = || transaction(OTHER, Bytes::new(), 0);
    let mut cases = Vec::new();
    let mut case = |expected, change: fn(&mut revm::context::TxEnv)| {
        let mut bad = good();
        change(&mut bad);
        cases.push((expected, bad));
    };
    case(Refusal::GasAboveBlock, |tx| tx.gas_limit = 30_000_001);
    case(Refusal::TipAboveCap, |tx| tx.gas_priority_fee = Some(21 * GWEI));
    case(Refusal::FeeBelowBase, |tx| tx.gas_price = 10 * GWEI - 1);
    case(Refusal::NonceTooHigh, |tx| tx.nonce = 1);
    case(Refusal::GasBelowIntrinsic, |tx| tx.gas_limit = 20_999);
    case(Refusal::GasBelowIntrinsic, |tx| {
        // Enough for the data, not for the floor of EIP-7623.
        tx.data = vec![1; 1_000].into();
        tx.gas_limit = 21_000 + 16_000;
    });
    case(Refusal::InitcodeTooLarge, |tx| {
        tx.kind = TxKind::Create;
        tx.data = vec![0; 49_153].into();
    });
    case(Refusal::GasBelowIntrinsic, |tx| {
        tx.kind = TxKind::Create;
        tx.data = vec![0; 100_000].into();
        tx.gas_limit = 400_000;
    });
    case(Refusal::Funds, |tx| tx.value = ETHER * U256::from(1_000));
    case(Refusal::Funds, |tx| tx.gas_price = u128::MAX);
    let (expected, bad): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let block = mine(&mut chain, bad);
    let refusals: Vec<_> = block.receipts.into_iter().map(Result::unwrap_err).collect();
    assert_eq!(refusals, expected);
    assert_eq!(block.gas_used, 0);
    assert_eq!(balance(&chain, SENDER), ETHER * U256::from(1_000));
    executed(&mut chain, vec![good()]);
    let again = mine(&mut chain, vec![good()]);
    assert_eq!(again.receipts[0], Err(Refusal::NonceTooLow));
}

#[test]
fn a_transaction_needs_what_the_ones_before_it_left_of_the_block() {
    let mut chain = chain();
    let transfers = (0..3).map(|nonce| {
        let mut transfer = transaction(OTHER, Bytes::new(), nonce);
        transfer.gas_limit = 21_000;
        transfer
    });
    let mut request = request(&chain, transfers.collect());
    request.gas_limit = 62_999;
    let block = chain.mine(request).unwrap();
    assert_eq!(block.gas_used, 42_000);
    assert_eq!(block.receipts[2], Err(Refusal::GasAboveBlock));
}

#[test]
fn memory_beyond_the_limit_is_out_of_gas_however_much_gas_there_is() {
    let mut chain = chain();
    // Stores a word at the offset in the data.
    place(&mut chain, CONTRACT, "365f3552");
    let touch = |chain: &mut _, offset| {
        let mut store = transaction(CONTRACT, words(&[offset]), 0);
        (store.gas_limit, store.gas_price) = (u64::MAX, 0);
        store.gas_priority_fee = Some(0);
        let mut request = request(chain, vec![store]);
        (request.gas_limit, request.base_fee) = (u64::MAX, 0);
        chain.mine(request).unwrap().receipts.remove(0).unwrap().succeeded
    };
    assert!(!touch(&mut chain.fork(), 1 << 40));
    assert!(touch(&mut chain.fork(), 1 << 20));
}

#[test]
fn ether_sent_to_a_contract_destroyed_earlier_in_the_block_stays_there() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, MAKE);
    let init_code = hex::decode("60015f5533ff").unwrap();
    let made = made_by(CONTRACT, &init_code);
    let mut later = transaction(made, Bytes::new(), 1);
    later.value = U256::from(5);
    executed(&mut chain, vec![transaction(CONTRACT, init_code, 0), later]);
    assert_eq!(balance(&chain, made), U256::from(5));
    assert_eq!(chain.state.word(&slot(made, 0)), U256::ZERO);
    assert_eq!(chain.state.account(&made).unwrap().nonce, 0);
}

#[test]
fn an_address_destroyed_earlier_in_the_block_sends_with_nonce_zero() {
    let mut chain = chain();
    place(&mut chain, CONTRACT, MAKE);
    let init_code = hex::decode("33ff").unwrap();
    let made = made_by(CONTRACT, &init_code);
    let mut fund = transaction(made, Bytes::new(), 1);
    fund.value = ETHER;
    let mut send = transaction(OTHER, Bytes::new(), 0);
    send.caller = made;
    executed(&mut chain, vec![transaction(CONTRACT, init_code.clone(), 0), fund, send]);
    assert_eq!(chain.state.account(&made).unwrap().nonce, 1);
    // The same without ether, so that nothing has loaded it in between.
    let mut send = transaction(OTHER, Bytes::new(), 1);
    send.caller = made_by(CONTRACT, &hex::decode("30ff").unwrap());
    let make = transaction(CONTRACT, hex::decode("30ff").unwrap(), 2);
    let block = mine(&mut chain, vec![make, send]);
    assert_eq!(block.receipts[1], Err(Refusal::NonceTooHigh));
}

#[test]
fn one_block_of_many_transactions_is_as_many_blocks_of_one() {
    // Constructors that write and destroy, to the caller and to themselves; that leave a
    // counter, a contract that destroys itself when called, nothing; that fail.
    let init_codes = [
        "60015f5533ff",
        "60025f5530ff",
        "6660015f54015f555f5260076019f3",
        "6133ff5f526002601ef3",
        "6130ff5f526002601ef3",
        "60035f55",
        "60045f555f5ffd",
        "fe",
    ];
    let init_codes = init_codes.map(|code| hex::decode(code).unwrap());
    let factories = [Address::repeat_byte(0xd1), Address::repeat_byte(0xd2)];
    let makers = [MAKE, MAKE_AND_CALL];
    let mut random = Random(7);
    for round in 0..200 {
        let mut together = chain();
        for (factory, code) in factories.iter().zip(makers) {
            place(&mut together, *factory, code);
        }
        place(&mut together, CONTRACT, WRITE);
        let mut apart = together.fork();
        let transactions: Vec<_> = (0..12)
            .map(|nonce| {
                let init_code = &init_codes[random.below(init_codes.len())];
                let factory = factories[random.below(2)];
                let mut action = match random.below(5) {
                    0 | 1 => transaction(factory, init_code.clone(), nonce),
                    2 | 3 => transaction(made_by(factory, init_code), Bytes::new(), nonce),
                    _ => {
                        let pair = [random.below(3) as u64, random.below(3) as u64];
                        transaction(CONTRACT, words(&pair), nonce)
                    }
                };
                if random.below(10) == 0 {
                    action.kind = TxKind::Create;
                }
                if random.below(3) == 0 {
                    action.value = U256::from(random.below(1_000));
                }
                if random.below(4) == 0 {
                    action.gas_limit = 53_000 + random.below(60_000) as u64;
                }
                action
            })
            .collect();
        let block = mine(&mut together, transactions.clone());
        let mut receipts = Vec::new();
        for transaction in transactions {
            receipts.extend(mine(&mut apart, vec![transaction]).receipts);
        }
        assert_eq!(block.receipts, receipts, "round {round}");
        apart.head = together.head;
        assert!(dump::encode(&together) == dump::encode(&apart), "round {round}");
    }
}

/// A small generator of our own, so that a round can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}
