"""When a parcel is there."""

from datetime import date

from workdays import after

DAYS = {"standard": 3, "express": 1}


def arrives(ordered: date, how: str) -> date:
    """The day on which what was ordered on a day is delivered."""
    return after(ordered, DAYS[how])
