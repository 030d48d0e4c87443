import unittest

from shop.bill import format_cents, print_bill, shipping_cents, total_cents
from shop.prices import Line


class Shipping(unittest.TestCase):
    def test_a_small_order_pays_for_shipping(self):
        self.assertEqual(shipping_cents([Line("pencil", 199, 1)]), 490)

    def test_fifty_exactly_ships_free(self):
        self.assertEqual(shipping_cents([Line("lamp", 5000, 1)]), 0)

    def test_an_empty_bill_ships_nothing(self):
        self.assertEqual(shipping_cents([]), 0)


class Bill(unittest.TestCase):
    def test_the_total_has_tax_and_shipping(self):
        self.assertEqual(total_cents([Line("pencil", 100, 10)]), 950 + 180 + 490)

    def test_a_large_order(self):
        lines = [Line("chair", 8900, 50), Line("atlas", 2000, 1, tax="reduced")]
        self.assertEqual(format_cents(total_cents(lines)), "4,787.35")

    def test_amounts_are_grouped_and_signed(self):
        self.assertEqual([format_cents(cents) for cents in (0, 5, -123456)], ["0.00", "0.05", "-1,234.56"])

    def test_a_bill_is_printed_in_columns(self):
        self.assertEqual(
            print_bill([Line("lamp", 5000, 1)]),
            "   1 x lamp                       50.00\n                     total        59.50",
        )

    @unittest.skip("needs the customer's address, which bills do not have yet")
    def test_the_address_is_printed(self):
        self.fail("never runs")
