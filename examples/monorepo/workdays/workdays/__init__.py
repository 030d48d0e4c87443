"""Days on which people work: Monday to Friday."""

from datetime import date, timedelta


def after(day: date, count: int) -> date:
    """The workday that comes `count` workdays after a day."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day
