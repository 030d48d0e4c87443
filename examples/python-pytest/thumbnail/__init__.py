"""How large a picture is shown."""


def fit(width, height, longest):
    """The size of a picture whose longer side is at most `longest`; it is never enlarged, and no side vanishes."""
    scale = min(1, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
