from datetime import date

from workdays import after


def test_days_of_a_week_are_counted():
    assert after(date(2026, 3, 2), 3) == date(2026, 3, 5)
