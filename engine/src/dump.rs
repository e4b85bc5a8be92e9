//! A chain in a file: `PLIMSOLL`, a version, the block, codes, accounts and storage in
//! order of their keys, and the keccak of all that. Equal chains make equal files.

use std::{collections::BTreeMap, fs, path::Path};

use revm::{
    primitives::{Address, B256, KECCAK_EMPTY, U256, keccak256},
    state::{AccountInfo, Bytecode},
};

use crate::{
    Fault,
    block::Head,
    execute::Chain,
    state::{Slot, State, Values},
};

const MAGIC: &[u8] = b"PLIMSOLL";
const VERSION: u32 = 1;
const CHECKSUM: usize = 32;

/// Write a chain, without its snapshots. The file is there whole or not at all.
pub fn dump(chain: &Chain, path: &Path) -> Result<(), Fault> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::write(&part, encode(chain)).and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // What is left of it is of no use; that it cannot be removed either is no news.
        let _ = fs::remove_file(&part);
        Fault(format!("{} cannot be written: {error}.", path.display()))
    })
}

/// Read a chain back.
pub fn load(path: &Path) -> Result<Chain, Fault> {
    let bytes = fs::read(path)
        .map_err(|error| Fault(format!("{} cannot be read: {error}.", path.display())))?;
    decode(&bytes).map_err(|Fault(reason)| Fault(format!("{} {reason}", path.display())))
}

/// The content of the file.
pub fn encode(chain: &Chain) -> Vec<u8> {
    let Values { accounts, storage } = chain.state.flattened();
    let accounts: BTreeMap<Address, AccountInfo> =
        accounts.into_iter().filter_map(|(address, account)| Some((address, account?))).collect();
    let storage: BTreeMap<_, _> = storage.into_iter().collect();
    let codes: BTreeMap<B256, &Bytecode> = accounts
        .values()
        .filter(|account| account.code_hash != KECCAK_EMPTY)
        .filter_map(|account| Some((account.code_hash, account.code.as_ref()?)))
        .collect();

    let mut out = Vec::with_capacity(256 + accounts.len() * 92 + storage.len() * 84);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    let head = chain.head;
    for word in [chain.chain_id(), head.number, head.timestamp, head.base_fee, head.gas_limit] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(head.coinbase.as_slice());
    count(&mut out, codes.len());
    for code in codes.values() {
        let bytes = code.original_byte_slice();
        count(&mut out, bytes.len());
        out.extend_from_slice(bytes);
    }
    count(&mut out, accounts.len());
    for (address, account) in &accounts {
        out.extend_from_slice(address.as_slice());
        out.extend_from_slice(&account.balance.to_le_bytes::<32>());
        out.extend_from_slice(&account.nonce.to_le_bytes());
        out.extend_from_slice(account.code_hash.as_slice());
    }
    count(&mut out, storage.len());
    for (slot, word) in &storage {
        out.extend_from_slice(slot.address.as_slice());
        out.extend_from_slice(&slot.key.to_le_bytes::<32>());
        out.extend_from_slice(&word.to_le_bytes::<32>());
    }
    let checksum = keccak256(&out);
    out.extend_from_slice(checksum.as_slice());
    out
}

fn count(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&(length as u64).to_le_bytes());
}

/// The chain of a file's content; the fault reads on from the file's name.
pub fn decode(bytes: &[u8]) -> Result<Chain, Fault> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(Fault("is not a dump of a chain.".into()));
    };
    let mut input = Input(rest);
    let version = u32::from_le_bytes(input.take()?);
    if version != VERSION {
        return Err(Fault(format!("is a dump of version {version}; this engine reads {VERSION}.")));
    }
    let body = bytes.len().checked_sub(CHECKSUM).ok_or_else(cut)?;
    if keccak256(&bytes[..body]).as_slice() != &bytes[body..] {
        return Err(Fault("is damaged: its checksum is wrong.".into()));
    }
    let chain_id = input.number()?;
    let head = Head {
        number: input.number()?,
        timestamp: input.number()?,
        base_fee: input.number()?,
        gas_limit: input.number()?,
        coinbase: Address::from(input.take()?),
    };
    let mut codes = BTreeMap::from([(KECCAK_EMPTY, Bytecode::default())]);
    for _ in 0..input.number()? {
        let length = usize::try_from(input.number()?).map_err(|_| cut())?;
        let raw = input.bytes(length)?.to_vec();
        let code = Bytecode::new_raw_checked(raw.into())
            .map_err(|error| Fault(format!("holds code that is none: {error}.")))?;
        codes.insert(code.hash_slow(), code);
    }
    let mut values = Values::default();
    for _ in 0..input.number()? {
        let address = Address::from(input.take()?);
        let balance = input.word()?;
        let nonce = input.number()?;
        let code_hash = B256::from(input.take()?);
        let code = codes.get(&code_hash).cloned();
        let code = code.ok_or_else(|| Fault(format!("lacks the code of {address}.")))?;
        let account = AccountInfo::new(balance, nonce, code_hash, code);
        values.accounts.insert(address, Some(account));
    }
    for _ in 0..input.number()? {
        let slot = Slot { address: Address::from(input.take()?), key: input.word()? };
        values.storage.insert(slot, input.word()?);
    }
    Ok(Chain::new(chain_id, head, State::from_values(values)))
}

fn cut() -> Fault {
    Fault("ends too early.".into())
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (head, tail) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = tail;
        Ok(head)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, tail) = self.0.split_first_chunk().ok_or_else(cut)?;
        self.0 = tail;
        Ok(*head)
    }

    fn number(&mut self) -> Result<u64, Fault> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    fn word(&mut self) -> Result<U256, Fault> {
        Ok(U256::from_le_bytes(self.take::<32>()?))
    }
}
