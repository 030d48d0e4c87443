"""A bill: lines, their sum, and how it is printed."""

from shop.prices import net_cents, tax_cents

FREE_SHIPPING_FROM_CENTS = 5000
SHIPPING_CENTS = 490


def shipping_cents(lines):
    """Shipping is free from a net price of 50.00 on, and for an empty bill."""
    net = sum(net_cents(line) for line in lines)
    if not lines or net >= FREE_SHIPPING_FROM_CENTS:
        return 0
    return SHIPPING_CENTS


def total_cents(lines):
    """What the customer pays."""
    return sum(net_cents(line) + tax_cents(line) for line in lines) + shipping_cents(lines)


def format_cents(cents):
    """``123456`` as ``1,234.56``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def print_bill(lines):
    """The bill as text, one article a line."""
    rows = [f"{line.quantity:>4} x {line.article:<20}{format_cents(net_cents(line)):>12}" for line in lines]
    rows.append(f"{'total':>26} {format_cents(total_cents(lines)):>12}")
    return "\n".join(rows)
