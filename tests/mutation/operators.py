"""Small, plausible mistakes in Vyper source, one at a time.

The general mutators either do not read Vyper or know nothing of what goes wrong in a lending
contract (universalmutator has no rules for it, slither-mutate reads Solidity only): rounding in
the actor's favour, interest not accrued, a check left out, one requirement in place of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SWAPS: dict[str, list[tuple[str, str]]] = {
    "comparison": [
        (r" < ", " <= "),
        (r" <= ", " < "),
        (r" > ", " >= "),
        (r" >= ", " > "),
        (r" == ", " != "),
        (r" != ", " == "),
    ],
    "rounding": [(r"_mul_div_up\b", "_mul_div_down"), (r"_mul_div_down\b", "_mul_div_up")],
    "arithmetic": [
        (r" \+ ", " - "),
        (r" - ", " + "),
        (r" \+= ", " -= "),
        (r" -= ", " += "),
        (r" \* ", " // "),
        (r" // ", " * "),
    ],
    "extreme": [(r"\bmin\(", "max("), (r"\bmax\(", "min(")],
    "logic": [
        (r" and ", " or "),
        (r" or ", " and "),
        (r"\bnot (?!in\b)", ""),
        (r"\bTrue\b", "False"),
        (r"\bFalse\b", "True"),
    ],
    "bits": [
        (r" << ", " >> "),
        (r" >> ", " << "),
        (r" & ", " | "),
        (r" \| ", " & "),
        (r"&~?\(1", "| (1"),
    ],
    "no accrue": [
        (r"(?<=: uint256 = )self\._accrue\(\)", "debt_ledger._load().index"),
        (r"self\._accrued\(\)", "debt_ledger._load()"),
    ],
    "window": [
        (r"\bblock\.timestamp >= ", "block.timestamp + 1 >= "),
        (r"\bblock\.timestamp > ", "block.timestamp + 1 > "),
        (r"(?<=block\.timestamp) \+ grace", " + grace + 1"),
    ],
    "wrong variable": [
        (r"\bp\.initial\b", "p.maintenance"),
        (r"\bp\.maintenance\b", "p.initial"),
        (r"\bposition\.maintenance\b", "position.close_out"),
        (r"\bposition\.close_out\b", "position.maintenance"),
        (r"\bp\.collateral\b", "p.debt"),
        (r"\bp\.debt\b", "p.collateral"),
        (r"\breceived\b(?!:)", "amount"),
        (r"\bstate\.deadline\b", "state.called_at"),
        (r"\bstate\.called_at\b(?! = )", "state.recorded_at"),
        (r"\bstate\.recorded_at\b(?! = )", "state.called_at"),
        (r"\bplan\.taken\b(?! =)", "plan.repaid"),
        (r"\bplan\.repaid\b(?! =)", "plan.taken"),
        (r"\bterms\.min_debt\b", "terms.min_left"),
        (r"\bterms\.min_left\b", "terms.min_debt"),
        (r"\bmarket\.index\b(?! [+-]?=)", "market.shares"),
        (r"\bmarket\.shares\b(?! [+-]?=)", "market.index"),
        (r"\bbook\.at_best\b", "book.position.collateral"),
        (r"\bINITIAL\b(?=\[)", "MAINTENANCE"),
        (r"\bMAINTENANCE\b(?=\[)", "CLOSE_OUT"),
        (r"\bCLOSE_OUT\b(?=\[)", "MAINTENANCE"),
        (r"\bSLOPE_ABOVE\b(?!:| =)", "SLOPE_AT_KINK"),
        (r"\bSLOPE_AT_KINK\b(?!:| =)", "SLOPE_ABOVE"),
        (r"\bown\b(?=,| \+)", "linear"),
        (r"\bhealth\b(?=,|\))(?! =)", "health + 1"),
        (r"_debt_ceiling\(\)", "_account_ceiling()"),
        (r"_account_ceiling\(\)", "_debt_ceiling()"),
        (r"\bmsg\.sender\b", "self"),
        (r"\bPAUSE_BORROW\b", "PAUSE_WITHDRAW"),
        (r"\bPAUSE_WITHDRAW\b", "PAUSE_BORROW"),
    ],
    "swapped arguments": [
        (r"\b((?!_debt_up|_scale_up|min|max)\w+\()(\w[\w.]*), ([\w.]+)\)", r"\1\3, \2)"),
        (r"\b(\w+\([^()]+, )([\w.]+), ([\w.]+)\)", r"\1\3, \2)"),
    ],
}
NUMBER = re.compile(r"(?<![\w.\"*])(\d[\d_]*)(?![\w\"*]|\*\*)")

HEADER = re.compile(
    r"(from |import |implements|initializes|exports|event |struct |interface |@|def |return$|pass$)"
)
DECLARATION = re.compile(r"^\w+: (?!constant|public\(constant)")
REMOVABLE = re.compile(
    r"(assert[ (]|log |self\.\w+[\[( .]|self\._\w+\(|\w+\._\w+\(|extcall |raise "
    r"|[\w.\[\]]+ [-+|^]?= )"
)


@dataclass(frozen=True)
class Mutant:
    """One change of one statement."""

    file: str
    """Relative to contracts/."""
    line: int
    """First line of what changes, from 1."""
    operator: str
    before: str
    after: str
    occurrence: int
    """Which of equal changes in equal lines of the file, from 0."""
    start: int
    end: int

    @property
    def name(self) -> str:
        nth = f" #{self.occurrence}" if self.occurrence else ""
        return f"{self.file} | {self.before} | {self.operator}: {self.after}{nth}"

    def applied(self, source: str) -> str:
        lines = source.splitlines(keepends=True)
        old = lines[self.start : self.end]
        indent = old[0][: len(old[0]) - len(old[0].lstrip())]
        if self.operator == "removed":
            new = [f"{indent}{self.after}\n"]
        else:
            new = [f"{indent}{self.after}\n", *old[1:]]
        return "".join([*lines[: self.start], *new, *lines[self.end :]])


def mutants(contracts: Path, file: str) -> list[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    source = (contracts / file).read_text(encoding="utf-8")
    found: list[Mutant] = []
    seen: dict[tuple[str, str, str], int] = {}
    for start, end, line, opens in _code(source):
        changes = [("removed", text) for text in _removed(line)] if opens else []
        changes += [(op, text) for op, text in _swapped(line)]
        for operator, after in dict.fromkeys(changes):
            before = line.strip()
            span = (start, end) if operator == "removed" else (start, start + 1)
            key = (before, operator, after)
            nth = seen.get(key, 0)
            seen[key] = nth + 1
            found.append(Mutant(file, start + 1, operator, before, after, nth, *span))
    return found


def _code(source: str) -> Iterator[tuple[int, int, str, bool]]:
    """(start, end, text, opens) of lines that are code: whether it opens a statement, and
    then where that ends; the lines that go on come by themselves too.
    """
    lines = source.splitlines()
    in_text = in_struct = False
    depth = 0
    skip_statement = False
    for number, raw in enumerate(lines):
        line = raw.split("  #")[0].rstrip()
        text = line.strip()
        quotes = text.count('"""')
        if in_text or quotes:
            in_text ^= quotes % 2 == 1
            continue
        if not text or text.startswith("#"):
            continue
        if not line.startswith(" ") and depth == 0:
            in_struct = text.startswith(("struct ", "event ", "interface "))
        fresh = depth == 0
        depth += sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
        if fresh:
            skip_statement = in_struct or bool(HEADER.match(text) or DECLARATION.match(line))
        if skip_statement:
            continue
        end = number + 1
        if fresh and depth:
            end = _end_of_statement(lines, number)
        yield number, end, line, fresh


def _end_of_statement(lines: list[str], start: int) -> int:
    depth = 0
    for number in range(start, len(lines)):
        text = lines[number].split("  #")[0]
        depth += sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
        if depth <= 0:
            return number + 1
    return len(lines)


def _removed(line: str) -> Iterator[str]:
    text = line.strip()
    if line.startswith(" ") and REMOVABLE.match(text):
        yield "pass"
    if text.startswith(("if ", "elif ")) and text.endswith(":"):
        yield f"{text.split()[0]} False:"


def _swapped(line: str) -> Iterator[tuple[str, str]]:
    text = line.strip()
    code, message = _apart(text)
    for operator, rules in SWAPS.items():
        for pattern, replacement in rules:
            for match in re.finditer(pattern, code):
                changed = code[: match.start()] + match.expand(replacement) + code[match.end() :]
                if changed != code:
                    yield operator, changed + message
    for match in NUMBER.finditer(code):
        if "range(" in code or "uint256[" in code[: match.start()][-8:]:
            continue
        number = int(match.group(1).replace("_", ""))
        changed = code[: match.start(1)] + str(number + 1) + code[match.end(1) :]
        yield "constant", changed + message


def _apart(text: str) -> tuple[str, str]:
    """Code and the reason that ends an assert."""
    at = text.find(', "')
    return (text, "") if at < 0 else (text[:at], text[at:])
