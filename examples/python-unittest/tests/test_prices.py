import unittest

from shop.prices import Line, PriceError, net_cents, reduction_percent, round_cents, tax_cents


class Reductions(unittest.TestCase):
    def test_nine_pieces_are_not_reduced(self):
        self.assertEqual(reduction_percent(9), 0)

    def test_each_threshold_belongs_to_its_reduction(self):
        for quantity, percent in ((10, 5), (49, 5), (50, 10), (99, 10), (100, 15)):
            with self.subTest(quantity=quantity):
                self.assertEqual(reduction_percent(quantity), percent)

    def test_a_reduced_line_costs_less(self):
        self.assertEqual(net_cents(Line("pencil", 199, 10)), 1890)


class Tax(unittest.TestCase):
    def test_tax_is_on_the_reduced_price(self):
        self.assertEqual(tax_cents(Line("pencil", 100, 10)), 180)

    def test_books_are_taxed_less(self):
        self.assertEqual(tax_cents(Line("atlas", 2000, 1, tax="reduced")), 140)

    def test_half_a_cent_goes_to_the_even_neighbour(self):
        self.assertEqual([round_cents(amount) for amount in ("0.5", "1.5", "2.5")], [0, 2, 2])


class Mistakes(unittest.TestCase):
    def test_refuses_a_negative_price(self):
        with self.assertRaisesRegex(PriceError, "pencil: a price of -1 cents is negative"):
            Line("pencil", -1, 1)

    def test_refuses_nothing_of_an_article(self):
        with self.assertRaisesRegex(PriceError, "a quantity of 0 is not positive"):
            Line("pencil", 100, 0)

    def test_refuses_an_unknown_tax_class(self):
        with self.assertRaisesRegex(PriceError, "the tax class 'luxury' is not known"):
            Line("yacht", 100, 1, tax="luxury")
