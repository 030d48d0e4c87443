"""Prices in whole cents: net prices, reductions for quantity, and tax."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

#: From how many pieces on, how many per cent are taken off.
QUANTITY_REDUCTIONS = ((100, 15), (50, 10), (10, 5))

TAX_RATES = {"standard": Decimal("0.19"), "reduced": Decimal("0.07"), "none": Decimal("0")}


class PriceError(ValueError):
    """A price that cannot be: the message names the value."""


@dataclass(frozen=True)
class Line:
    """One article on a bill."""

    article: str
    unit_cents: int
    quantity: int
    tax: str = "standard"

    def __post_init__(self):
        if self.unit_cents < 0:
            raise PriceError(f"{self.article}: a price of {self.unit_cents} cents is negative")
        if self.quantity < 1:
            raise PriceError(f"{self.article}: a quantity of {self.quantity} is not positive")
        if self.tax not in TAX_RATES:
            raise PriceError(f"{self.article}: the tax class {self.tax!r} is not known")


def reduction_percent(quantity):
    """Per cent taken off for so many pieces of one article."""
    for threshold, percent in QUANTITY_REDUCTIONS:
        if quantity >= threshold:
            return percent
    return 0


def net_cents(line):
    """The price of a line after its reduction, before tax."""
    full = Decimal(line.unit_cents * line.quantity)
    return round_cents(full * (100 - reduction_percent(line.quantity)) / 100)


def tax_cents(line):
    """The tax on the reduced price of a line."""
    return round_cents(net_cents(line) * TAX_RATES[line.tax])


def round_cents(amount):
    """Half a cent goes to the even neighbour, so that many roundings do not drift."""
    return int(Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
