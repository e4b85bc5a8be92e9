//! What a block is asked to be, and what became of it.

use revm::{
    context::TxEnv,
    primitives::{Address, Bytes, Log},
};

/// Why a transaction cannot be in the block; in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// Its gas limit is above what the transactions before it left of the block's.
    GasAboveBlock,
    /// Its priority fee is above its fee cap.
    TipAboveCap,
    /// Its fee cap is below the base fee.
    FeeBelowBase,
    /// Its nonce was used before.
    NonceTooLow,
    /// Its nonce is not the sender's next one.
    NonceTooHigh,
    /// Its gas limit does not pay for its data, or not for the floor price of it.
    GasBelowIntrinsic,
    /// It creates a contract from more code than EIP-3860 allows.
    InitcodeTooLarge,
    /// Its sender cannot pay for its gas at the fee cap, and its value.
    Funds,
}

/// What became of a transaction that is in the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// False when it reverted or ran out of gas.
    pub succeeded: bool,
    /// After the refund, as paid.
    pub gas_used: u64,
    /// Wei per gas.
    pub price: u128,
    /// In the order emitted; none when it did not succeed.
    pub logs: Vec<Log>,
    /// The revert data; empty when it did not revert.
    pub output: Bytes,
    /// Where a creation that succeeded put its contract.
    pub contract: Option<Address>,
}

/// A transaction of the request: in the block, or why not.
pub type Receipt = Result<Execution, Refusal>;

/// What a block is asked to be.
pub struct Request {
    /// In this order.
    pub transactions: Vec<TxEnv>,
    /// Seconds; later than the last block's.
    pub timestamp: u64,
    /// Wei per gas.
    pub base_fee: u64,
    /// Of all its transactions together.
    pub gas_limit: u64,
    /// Who gets the tips.
    pub coinbase: Address,
}

/// A block that was executed.
pub struct Block {
    /// One more than the last.
    pub number: u64,
    /// Of all its transactions together.
    pub gas_used: u64,
    /// One for each transaction of the request.
    pub receipts: Vec<Receipt>,
}

/// A read.
pub struct Call {
    /// The contract asked.
    pub to: Address,
    /// Selector and arguments.
    pub data: Bytes,
    /// Who asks.
    pub sender: Address,
}

/// The fields of the newest block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 0 is the genesis.
    pub number: u64,
    /// Seconds.
    pub timestamp: u64,
    /// Wei per gas.
    pub base_fee: u64,
    /// Of all its transactions together.
    pub gas_limit: u64,
    /// Who got the tips.
    pub coinbase: Address,
}
