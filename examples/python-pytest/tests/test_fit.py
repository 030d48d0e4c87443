import pytest

from thumbnail import fit


@pytest.mark.parametrize("size, expected", [((800, 400), (200, 100)), ((300, 600), (100, 200))])
def test_the_longer_side_fits(size, expected):
    assert fit(*size, longest=200) == expected


def test_a_small_picture_is_not_enlarged():
    assert fit(16, 16, longest=200) == (16, 16)


def test_a_narrow_picture_keeps_both_sides():
    assert fit(5000, 4, longest=200) == (200, 1)
