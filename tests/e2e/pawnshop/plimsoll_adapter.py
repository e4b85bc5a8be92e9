from dataclasses import replace

from agents.intent import Borrow, Deposit, Liquidate, Repay, Withdraw
from agents.view import Position
from sim.protocol import effects as on
from sim.protocol.abi import read
from sim.protocol.adapter import Ability, Adapter, Figure, Reading
from sim.protocol.margin import ratios_of
from sim.protocol.names import DEPLOYER
from sim.units import WAD, to_wad


class Pawnshop(Adapter):
    name = "pawnshop"
    abilities = Ability.ON_BEHALF
    collaterals = 1
    orders = {
        Deposit: "shop.pledge(owner, amount)",
        Withdraw: "shop.take_back(amount)",
        Borrow: "shop.draw(amount)",
        Repay: "shop.pay(owner, amount)",
        Liquidate: "shop.buy(owner)",
    }

    def terms(self, terms):
        whole_pledge = 1 / (1 - terms.assets[0].maintenance) - 1
        return replace(terms, min_debt=0, max_penalty=whole_pledge)

    def deploy(self, script):
        (ratios,) = ratios_of(self.scenario)
        self.open_at, self.keep_at = (
            to_wad(1 / (1 - share)) for share in (ratios.initial, ratios.maintenance)
        )
        places = self.stable, self.tokens[0], self.feed
        arguments = [*(each.address for each in places), self.open_at, self.keep_at]
        self.shop = script.create(DEPLOYER, self.artifact("Pawnshop"), arguments)

    def endow(self, script, seeded):
        super().endow(script, seeded)
        self.fund(script, self.shop.address, to_wad(self.scenario.protocol.debt_ceiling))

    def contracts(self):
        return [self.shop]

    def handlers(self):
        def account(h, books):
            return books.account_of(h.address("owner"))

        def sold(h, books):
            who, debt, pledge = account(h, books), h["debt"], h["pledge"]
            gone = [on.Owed(who, -debt), on.Held(who, 0, -pledge)]
            return [*gone, on.Liquidated(who, 0, debt, pledge, 0, 0)]

        return {
            "Pledged": lambda h, books: [on.Held(account(h, books), 0, h["amount"])],
            "Redeemed": lambda h, books: [on.Held(account(h, books), 0, -h["amount"])],
            "Drawn": lambda h, books: [on.Owed(account(h, books), h["amount"])],
            "Paid": lambda h, books: [on.Owed(account(h, books), -h["amount"])],
            "Sold": sold,
        }

    def position(self, account, ledger):
        def decode(answers):
            pledge, debt, value, valid = answers[0]
            initial, keep = (value - value * WAD // at for at in (self.open_at, self.keep_at))
            return Position(account, (pledge,), value, debt, initial, keep, bool(valid), 0)

        return Reading((self.shop.position.view(ledger.owners[account - 1]),), decode)

    def opportunities(self, account, ledger):
        def decode(answers):
            pledge, debt, value, valid = answers[0]
            if not valid or value * WAD >= debt * self.keep_at:
                return []
            penalty = (value - debt) * WAD // debt if value > debt else 0
            return [ledger.opportunity(account, 0, debt, pledge, penalty)]

        return Reading((self.shop.position.view(ledger.owners[account - 1]),), decode)

    def figures(self, engine, ledger):
        yield Figure("total debt", ledger.total_shares, read(engine, self.shop.total_debt))
        for row, owner in enumerate(ledger.owners):
            pledge, debt, _, _ = read(engine, self.shop.position, owner)
            yield Figure(f"account {row + 1}: pledge", ledger.amounts[row][0], pledge)
            yield Figure(f"account {row + 1}: debt", ledger.shares[row], debt)
