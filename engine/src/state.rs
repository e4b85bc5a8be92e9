//! What the chain holds, in layers: the newest values are our own, the rest is shared.
//!
//! A snapshot is a mark that collects the values as they were before whatever changes
//! after it; to restore is to write those back. A fork shares everything there is.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use revm::{
    Database,
    primitives::{Address, AddressMap, B256, HashMap, U256},
    state::{AccountInfo, Bytecode, EvmState},
};

use crate::Fault;

/// A storage slot: whose, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The contract.
    pub address: Address,
    /// Counted from 0, or a hash.
    pub key: U256,
}

/// Of the words that differ: most of the others are equal, or follow from these.
impl Hash for Slot {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.address.0.last_chunk().map_or(0, |tail| u64::from_le_bytes(*tail)));
        hasher.write_u64(self.key.as_limbs()[0]);
    }
}

/// Values by key; `None` and zero say that the key is no longer there.
#[derive(Clone, Default)]
pub struct Values {
    /// Balance, nonce and code.
    pub accounts: AddressMap<Option<AccountInfo>>,
    /// Storage.
    pub storage: HashMap<Slot, U256>,
}

impl Values {
    fn len(&self) -> usize {
        self.accounts.len() + self.storage.len()
    }

    fn put(&mut self, newer: Values) {
        self.accounts.extend(newer.accounts);
        self.storage.extend(newer.storage);
    }
}

struct Layer {
    values: Values,
    below: Option<Arc<Layer>>,
}

/// The accounts and their storage.
#[derive(Default)]
pub struct State {
    top: Values,
    below: Option<Arc<Layer>>,
    /// One for each open snapshot, oldest first: the values before what changed since.
    marks: Vec<Values>,
}

impl State {
    /// An account, or None when nothing is known of it.
    pub fn account(&self, address: &Address) -> Option<&AccountInfo> {
        let layers = || self.layers().find_map(|layer| layer.values.accounts.get(address));
        self.top.accounts.get(address).or_else(layers)?.as_ref()
    }

    /// The word in a storage slot; zero when it was never set.
    pub fn word(&self, slot: &Slot) -> U256 {
        let layers = || self.layers().find_map(|layer| layer.values.storage.get(slot));
        let word = self.top.storage.get(slot).or_else(layers);
        word.copied().unwrap_or_default()
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        std::iter::successors(self.below.as_deref(), |layer| layer.below.as_deref())
    }

    /// Write an account; None removes it.
    pub fn set_account(&mut self, address: Address, account: Option<AccountInfo>) {
        if !self.marks.is_empty() {
            let old = self.account(&address).cloned();
            if let Some(mark) = self.marks.last_mut() {
                mark.accounts.entry(address).or_insert(old);
            }
        }
        if account.is_none() && self.below.is_none() {
            self.top.accounts.remove(&address);
        } else {
            self.top.accounts.insert(address, account);
        }
    }

    /// Write a storage slot; zero removes it.
    pub fn set_word(&mut self, slot: Slot, word: U256) {
        let old = self.word(&slot);
        if old == word {
            return;
        }
        if let Some(mark) = self.marks.last_mut() {
            mark.storage.entry(slot).or_insert(old);
        }
        if word.is_zero() && self.below.is_none() {
            self.top.storage.remove(&slot);
        } else {
            self.top.storage.insert(slot, word);
        }
    }

    /// Write what the transactions of a block changed, from the journal they shared.
    ///
    /// Every slot of a touched account is written: one that an earlier transaction changed
    /// and a later one only read does not count as changed in the journal.
    pub fn commit(&mut self, changes: EvmState) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            // The mark that is not local also stays on an address that a later transaction
            // of the block gave ether or a contract again.
            let destroyed = account.is_selfdestructed_locally();
            if destroyed || account.info.is_empty() {
                if self.account(&address).is_some() {
                    self.set_account(address, None);
                }
                continue;
            }
            for (key, slot) in account.storage {
                self.set_word(Slot { address, key }, slot.present_value);
            }
            self.set_account(address, Some(account.info));
        }
    }

    /// Open a mark.
    pub fn mark(&mut self) {
        self.marks.push(Values::default());
    }

    /// Back to a mark, which stays open; the younger ones are closed.
    pub fn rewind(&mut self, mark: usize) {
        let undone = self.marks.split_off(mark.min(self.marks.len()));
        // For the marks before it these writes are no change: they bring back what was there
        // when it was opened.
        let older = std::mem::take(&mut self.marks);
        for values in undone.into_iter().rev() {
            for (address, account) in values.accounts {
                self.set_account(address, account);
            }
            for (slot, word) in values.storage {
                self.set_word(slot, word);
            }
        }
        self.marks = older;
        self.mark();
    }

    /// A state of its own with the same content and no marks, sharing what is there.
    pub fn fork(&mut self) -> State {
        self.settle();
        State { below: self.below.clone(), ..State::default() }
    }

    /// Turn our own values into a shared layer. A layer not much larger than what comes
    /// onto it is merged, so that their number stays logarithmic.
    fn settle(&mut self) {
        if self.top.len() == 0 {
            return;
        }
        let mut values = std::mem::take(&mut self.top);
        let mut below = self.below.take();
        let layered = below.is_some();
        while let Some(layer) = below.take_if(|layer| layer.values.len() <= 2 * values.len()) {
            let (mut merged, lower) = match Arc::try_unwrap(layer) {
                Ok(layer) => (layer.values, layer.below),
                Err(shared) => (shared.values.clone(), shared.below.clone()),
            };
            merged.put(values);
            (values, below) = (merged, lower);
        }
        if layered && below.is_none() {
            values.accounts.retain(|_, account| account.is_some());
            values.storage.retain(|_, word| !word.is_zero());
        }
        self.below = Some(Arc::new(Layer { values, below }));
    }

    /// All values in one map, for a dump.
    pub fn flattened(&self) -> Values {
        let mut layers: Vec<&Values> = self.layers().map(|layer| &layer.values).collect();
        layers.reverse();
        layers.push(&self.top);
        let mut all = Values::default();
        for values in layers {
            all.put(values.clone());
        }
        all.accounts.retain(|_, account| account.is_some());
        all.storage.retain(|_, word| !word.is_zero());
        all
    }

    /// The state that a dump was made of.
    pub fn from_values(values: Values) -> State {
        State { top: values, ..State::default() }
    }
}

/// The state as the EVM reads it.
pub struct Reader<'a>(pub &'a State);

impl Database for Reader<'_> {
    type Error = Fault;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Fault> {
        Ok(self.0.account(&address).cloned())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Fault> {
        // Accounts carry their code with them.
        Err(Fault(format!("Code {hash} is asked for by its hash.")))
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, Fault> {
        Ok(self.0.word(&Slot { address, key }))
    }

    fn block_hash(&mut self, _number: u64) -> Result<B256, Fault> {
        // There are no headers here to hash.
        Ok(B256::ZERO)
    }
}
