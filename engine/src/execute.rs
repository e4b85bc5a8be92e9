//! A block of transactions, and reads, on a chain.

use revm::{
    ExecuteEvm, MainnetEvm,
    context::{BlockEnv, CfgEnv, Evm, Journal, JournalEntry, JournalInner, LocalContext, TxEnv},
    context_interface::{
        Cfg, FrameStack, JournalTr,
        result::{EVMError, ExecutionResult, InvalidTransaction},
    },
    handler::{EthPrecompiles, instructions::EthInstructions},
    primitives::{Bytes, TxKind, U256, hardfork::SpecId},
};

use crate::{
    Fault,
    block::{Block, Call, Execution, Head, Receipt, Refusal, Request},
    branches::{self, Branch, Branches, Host},
    state::{Reader, State},
};

struct Snapshot {
    id: u64,
    head: Head,
}

/// One chain: its state, its newest block, and the snapshots of both.
pub struct Chain {
    /// The newest block.
    pub head: Head,
    /// Accounts and storage.
    pub state: State,
    cfg: CfgEnv,
    /// Empty, but prepared by the last block: which addresses are precompiles.
    journal: JournalInner<JournalEntry>,
    /// Where asked for.
    branches: Option<Branches>,
    snapshots: Vec<Snapshot>,
    next_snapshot: u64,
}

type Machine<'a> = MainnetEvm<Host<'a>>;

impl Chain {
    /// A chain at the block `head` of which nothing but `state` is known.
    pub fn new(chain_id: u64, head: Head, state: State) -> Chain {
        let mut cfg = CfgEnv::new_with_spec(SpecId::PRAGUE);
        cfg.chain_id = chain_id;
        // Any address may send, on this chain: there are no signatures here.
        cfg.tx_chain_id_check = false;
        cfg.disable_eip3607 = true;
        // More than 2e12 gas buy: with more the machine's own memory would be the limit.
        cfg.memory_limit = 1 << 30;
        let journal = JournalInner::default();
        let (branches, snapshots) = (None, Vec::new());
        Chain { head, state, cfg, journal, branches, snapshots, next_snapshot: 1 }
    }

    /// Keep the branches that blocks go from now on, all of them news again.
    pub fn watch_branches(&mut self) {
        self.branches = Some(Branches::default());
    }

    /// Those gone in a block for the first time since this was last asked.
    pub fn new_branches(&mut self) -> Vec<Branch> {
        self.branches.as_mut().map(Branches::take_news).unwrap_or_default()
    }

    /// For CHAINID.
    pub fn chain_id(&self) -> u64 {
        self.cfg.chain_id
    }

    /// Execute one block, or leave everything as it was.
    pub fn mine(&mut self, request: Request) -> Result<Block, Fault> {
        if request.timestamp <= self.head.timestamp {
            return Err(Fault(format!(
                "A block at {} does not follow one at {}: its timestamp must be later.",
                request.timestamp, self.head.timestamp
            )));
        }
        let head = Head {
            number: self.head.number + 1,
            timestamp: request.timestamp,
            base_fee: request.base_fee,
            gas_limit: request.gas_limit,
            coinbase: request.coinbase,
        };
        // All transactions share one journal, which tells them apart by a counter: what one
        // has warmed is cold for the next.
        let journal = std::mem::take(&mut self.journal);
        let branches = self.branches.take();
        let mut evm = self.evm(head, self.cfg.clone(), journal);
        if branches.is_some() {
            branches::watch(&mut evm.instruction);
        }
        evm.ctx.chain = branches;
        let done = execute_all(&mut evm, &self.state, request);
        let branches = evm.ctx.chain.take();
        let mut journal = evm.ctx.journaled_state;
        let changes = journal.finalize();
        self.journal = journal.into_init();
        self.branches = branches;
        let (receipts, gas_used) = done?;
        self.state.commit(changes);
        self.head = head;
        Ok(Block { number: head.number, gas_used, receipts })
    }

    /// Read at the newest block, each on its own: whether it succeeded, and what it returned.
    pub fn call(&self, calls: Vec<Call>, gas: u64) -> Result<Vec<(bool, Bytes)>, Fault> {
        let mut cfg = self.cfg.clone();
        cfg.disable_base_fee = true;
        cfg.disable_block_gas_limit = true;
        cfg.disable_nonce_check = true;
        let mut evm = self.evm(self.head, cfg, JournalInner::default());
        let read = |call: Call| {
            let result = evm.transact_one(TxEnv {
                caller: call.sender,
                kind: TxKind::Call(call.to),
                data: call.data,
                gas_limit: gas,
                ..TxEnv::default()
            });
            evm.finalize();
            let result =
                result.map_err(|error| Fault(format!("A read is not possible: {error}.")))?;
            Ok((result.is_success(), result.into_output().unwrap_or_default()))
        };
        calls.into_iter().map(read).collect()
    }

    fn evm(&self, head: Head, cfg: CfgEnv, journal: JournalInner<JournalEntry>) -> Machine<'_> {
        let block = BlockEnv {
            number: U256::from(head.number),
            timestamp: U256::from(head.timestamp),
            basefee: head.base_fee,
            gas_limit: head.gas_limit,
            beneficiary: head.coinbase,
            ..BlockEnv::default()
        };
        Evm {
            ctx: Host {
                block,
                tx: TxEnv::default(),
                cfg,
                journaled_state: Journal::new_with_inner(Reader(&self.state), journal),
                chain: None,
                local: LocalContext::default(),
                error: Ok(()),
            },
            inspector: (),
            instruction: EthInstructions::new_mainnet_with_spec(SpecId::PRAGUE),
            precompiles: EthPrecompiles::new(SpecId::PRAGUE),
            // A frame has a stack of 32 KB: to prepare several costs more than a small block.
            frame_stack: FrameStack::new_prealloc(1),
        }
    }

    /// Remember the chain as it is; the id is good until an older one is restored.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(Snapshot { id, head: self.head });
        self.state.mark();
        id
    }

    /// Back to a snapshot, which stays good.
    pub fn restore(&mut self, id: u64) -> Result<(), Fault> {
        let Ok(index) = self.snapshots.binary_search_by_key(&id, |snapshot| snapshot.id) else {
            return Err(Fault(format!(
                "There is no snapshot {id}: it was not taken, or an older one was restored."
            )));
        };
        self.state.rewind(index);
        self.snapshots.truncate(index + 1);
        self.head = self.snapshots[index].head;
        Ok(())
    }

    /// Another chain that goes on from here, with no snapshots.
    pub fn fork(&mut self) -> Chain {
        Chain::new(self.chain_id(), self.head, self.state.fork())
    }
}

/// The receipts of a block, and the gas of all together.
fn execute_all(
    evm: &mut Machine<'_>,
    state: &State,
    request: Request,
) -> Result<(Vec<Receipt>, u64), Fault> {
    let mut receipts = Vec::with_capacity(request.transactions.len());
    let mut gas_used = 0;
    for transaction in request.transactions {
        let receipt = execute(evm, state, transaction, request.gas_limit - gas_used)?;
        gas_used += receipt.as_ref().map_or(0, |execution| execution.gas_used);
        receipts.push(receipt);
    }
    Ok((receipts, gas_used))
}

/// One transaction of a block; what the checks look at is read without warming it.
fn execute(
    evm: &mut Machine<'_>,
    state: &State,
    transaction: TxEnv,
    gas_left: u64,
) -> Result<Receipt, Fault> {
    let base_fee = u128::from(evm.ctx.block.basefee);
    let nonce = match evm.ctx.journaled_state.inner.state.get(&transaction.caller) {
        // Destroyed earlier in the block; the journal clears it when it is next loaded.
        Some(account) if account.is_selfdestructed_locally() => 0,
        Some(account) => account.info.nonce,
        None => state.account(&transaction.caller).map_or(0, |info| info.nonce),
    };
    let refusal = refusal(&transaction, gas_left, base_fee, nonce);
    if let Some(refusal) = refusal.or_else(|| oversized(&transaction, &evm.ctx.cfg)) {
        return Ok(Err(refusal));
    }
    let tip = transaction.gas_priority_fee.unwrap_or_default();
    let price = transaction.gas_price.min(base_fee.saturating_add(tip));
    match evm.transact_one(transaction) {
        Ok(result) => Ok(Ok(execution(result, price))),
        Err(EVMError::Transaction(invalid)) => refusal_of(&invalid).map(Err),
        Err(error) => Err(Fault(format!("A transaction cannot be executed: {error}."))),
    }
}

/// The checks that revm makes not at all, or in another order.
fn refusal(transaction: &TxEnv, gas_left: u64, base_fee: u128, nonce: u64) -> Option<Refusal> {
    if transaction.gas_limit > gas_left {
        Some(Refusal::GasAboveBlock)
    } else if transaction.gas_priority_fee.unwrap_or_default() > transaction.gas_price {
        Some(Refusal::TipAboveCap)
    } else if transaction.gas_price < base_fee {
        Some(Refusal::FeeBelowBase)
    } else if transaction.nonce < nonce {
        Some(Refusal::NonceTooLow)
    } else if transaction.nonce > nonce {
        Some(Refusal::NonceTooHigh)
    } else {
        None
    }
}

/// revm refuses too much creation code before it counts the gas; here the gas comes first.
fn oversized(transaction: &TxEnv, cfg: &CfgEnv) -> Option<Refusal> {
    if transaction.kind.is_call() || transaction.data.len() <= cfg.max_initcode_size() {
        return None;
    }
    let gas = cfg.gas_params().initial_tx_gas_for_tx(transaction, None);
    let least = gas.initial_total_gas().max(gas.floor_gas());
    Some(if transaction.gas_limit < least {
        Refusal::GasBelowIntrinsic
    } else {
        Refusal::InitcodeTooLarge
    })
}

fn refusal_of(invalid: &InvalidTransaction) -> Result<Refusal, Fault> {
    use InvalidTransaction as Invalid;
    match invalid {
        Invalid::CallGasCostMoreThanGasLimit { .. } | Invalid::GasFloorMoreThanGasLimit { .. } => {
            Ok(Refusal::GasBelowIntrinsic)
        }
        Invalid::LackOfFundForMaxFee { .. } | Invalid::OverflowPaymentInTransaction => {
            Ok(Refusal::Funds)
        }
        other => Err(Fault(format!("A transaction is not valid: {other}."))),
    }
}

fn execution(result: ExecutionResult, price: u128) -> Execution {
    let gas_used = result.tx_gas_used();
    let (succeeded, contract, output, logs) = match result {
        ExecutionResult::Success { output, logs, .. } => {
            (true, output.address().copied(), Bytes::new(), logs)
        }
        ExecutionResult::Revert { output, .. } => (false, None, output, Vec::new()),
        ExecutionResult::Halt { .. } => (false, None, Bytes::new(), Vec::new()),
    };
    Execution { succeeded, gas_used, price, logs, output, contract }
}
