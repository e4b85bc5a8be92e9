//! Which way the code went: the sides of conditional jumps, for who looks for new ones.

use revm::{
    Context, Journal,
    bytecode::opcode::JUMPI,
    context::{BlockEnv, CfgEnv, TxEnv},
    handler::instructions::EthInstructions,
    interpreter::{
        Instruction, InstructionContext, InstructionExecResult,
        instructions::control,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps},
    },
    primitives::{Address, HashSet},
};

use crate::state::Reader;

/// A conditional jump in the code at an address, by its offset, and whether it was taken.
pub type Branch = (Address, usize, bool);

/// The branches that were gone so far; each is news once.
#[derive(Debug, Default)]
pub struct Branches {
    seen: HashSet<Branch>,
    news: Vec<Branch>,
}

/// What instructions run on: an EVM that keeps branches where it has a place for them.
pub type Host<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, Reader<'a>, Journal<Reader<'a>>, Option<Branches>>;

const JUMPI_GAS: u16 = 10;

impl Branches {
    /// Those gone for the first time since this was last asked, in the order of execution.
    pub fn take_news(&mut self) -> Vec<Branch> {
        std::mem::take(&mut self.news)
    }

    fn record(&mut self, branch: Branch) {
        if self.seen.insert(branch) {
            self.news.push(branch);
        }
    }
}

/// Have JUMPI say where it goes.
pub fn watch(instructions: &mut EthInstructions<EthInterpreter, Host<'_>>) {
    instructions.insert_instruction(JUMPI, Instruction::new(jumpi), JUMPI_GAS);
}

fn jumpi(context: InstructionContext<'_, Host<'_>, EthInterpreter>) -> InstructionExecResult {
    let interpreter = &context.interpreter;
    // Creation code has no address yet.
    if let (Some(branches), Some(address), Ok(condition)) = (
        context.host.chain.as_mut(),
        interpreter.input.bytecode_address(),
        interpreter.stack.peek(1),
    ) {
        branches.record((*address, interpreter.bytecode.pc() - 1, !condition.is_zero()));
    }
    control::jumpi(context)
}
