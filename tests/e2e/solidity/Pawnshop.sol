// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface Feed {
    function price(address asset) external view returns (uint256, bool);
}

interface Token {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address owner, address to, uint256 amount) external returns (bool);
}

/// The pawnshop of docs/adapter.md in Solidity: lends from its own till, and whoever pays a debt
/// below its ratio gets the pledge. Pawnshop.json is what the compiler that it names makes of it.
contract Pawnshop {
    event Pledged(address indexed owner, uint256 amount);
    event Redeemed(address indexed owner, uint256 amount);
    event Drawn(address indexed owner, uint256 amount);
    event Paid(address indexed owner, uint256 amount);
    event Sold(address indexed owner, address indexed buyer, uint256 debt, uint256 pledge);

    error BelowOpenRatio();
    error NotForSale();
    error NoPrice();
    error Locked();

    struct Pawn {
        uint128 pledge;
        uint128 debt;
    }

    uint256 private constant WAD = 1e18;
    Token private immutable money;
    Token private immutable token;
    Feed private immutable feed;
    uint256 private immutable openAt;
    uint256 private immutable keepAt;
    mapping(address => Pawn) private pawns;
    uint256 public total_debt;
    bool private locked;

    modifier alone() {
        if (locked) revert Locked();
        locked = true;
        _;
        locked = false;
    }

    constructor(Token money_, Token token_, Feed feed_, uint256 open_, uint256 keep_) {
        (money, token, feed, openAt, keepAt) = (money_, token_, feed_, open_, keep_);
    }

    function pledge(address owner, uint256 amount) external alone {
        pawns[owner].pledge += narrow(amount);
        emit Pledged(owner, amount);
        token.transferFrom(msg.sender, address(this), amount);
    }

    function take_back(uint256 amount) external alone {
        pawns[msg.sender].pledge -= narrow(amount);
        if (!covers(pawns[msg.sender], openAt)) revert BelowOpenRatio();
        emit Redeemed(msg.sender, amount);
        token.transfer(msg.sender, amount);
    }

    function draw(uint256 amount) external alone {
        pawns[msg.sender].debt += narrow(amount);
        total_debt += amount;
        if (!covers(pawns[msg.sender], openAt)) revert BelowOpenRatio();
        emit Drawn(msg.sender, amount);
        money.transfer(msg.sender, amount);
    }

    function pay(address owner, uint256 amount) external alone {
        Pawn storage pawn = pawns[owner];
        uint256 paid = amount < pawn.debt ? amount : pawn.debt;
        pawn.debt -= uint128(paid);
        total_debt -= paid;
        emit Paid(owner, paid);
        money.transferFrom(msg.sender, address(this), paid);
    }

    function buy(address owner) external alone {
        Pawn memory pawn = pawns[owner];
        if (covers(pawn, keepAt)) revert NotForSale();
        delete pawns[owner];
        total_debt -= pawn.debt;
        emit Sold(owner, msg.sender, pawn.debt, pawn.pledge);
        money.transferFrom(msg.sender, address(this), pawn.debt);
        token.transfer(msg.sender, pawn.pledge);
    }

    function position(address owner) external view returns (uint256, uint256, uint256, bool) {
        Pawn memory pawn = pawns[owner];
        (uint256 price, bool valid) = feed.price(address(token));
        return (pawn.pledge, pawn.debt, (pawn.pledge * price) / WAD, valid);
    }

    function covers(Pawn memory pawn, uint256 ratio) private view returns (bool) {
        if (pawn.debt == 0) return true;
        (uint256 price, bool valid) = feed.price(address(token));
        if (!valid) revert NoPrice();
        return ((pawn.pledge * price) / WAD) * WAD >= pawn.debt * ratio;
    }

    function narrow(uint256 amount) private pure returns (uint128) {
        require(amount <= type(uint128).max, "pawnshop: amount");
        return uint128(amount);
    }
}
