from datetime import date

from delivery import arrives


def test_express_is_there_on_the_next_day():
    assert arrives(date(2026, 3, 3), "express") == date(2026, 3, 4)


def test_nothing_is_delivered_on_a_sunday():
    friday = date(2026, 3, 6)
    assert arrives(friday, "standard") == date(2026, 3, 11)
