"""What a child says is read as what it means, and never trusted to make sense."""

import pytest

from shared.errors import ImageTooLarge
from shared.imaging.answer import DecoderDied, answer_to, read_answer
from shared.imaging.derive import derive
from tests.shared.imaging.made import jpeg

PHOTO = jpeg((600, 400), noise=60)


@pytest.mark.parametrize(
    "answer",
    [
        b"\0",
        b"\0\0\0\2{}",
        b"\0\0\0\2[]",
        b"\xff\xff\xff\xff",
        b"\0\0\0\3\xff\xff\xff",
        b'\0\0\0\x1c{"pictures":[[9,1,1],[9,1]]}',
        b'\0\0\0\x12{"refused":"other"}',
    ],
)
def test_an_answer_that_makes_no_sense_is_a_death(answer):
    with pytest.raises(DecoderDied, match="makes no sense"):
        read_answer(answer)


def work_that_raises(error):
    def work(_):
        raise error

    return work


def too_tight():
    error = ImageTooLarge("The image needs more memory than there is.")
    error.__cause__ = MemoryError()
    return error


@pytest.mark.parametrize(
    ("raised", "read", "told"),
    [
        (MemoryError(), DecoderDied, "out of memory"),
        (too_tight(), DecoderDied, "out of memory"),
        (KeyboardInterrupt(), DecoderDied, r"raised KeyboardInterrupt\(\)"),
        (ValueError("x" * 10_000), DecoderDied, r"raised ValueError\('x{180,190}\.$"),
        (ImageTooLarge("Too large.", width=9), ImageTooLarge, "Too large"),
    ],
)
def test_whatever_is_raised_is_read_as_what_it_means(raised, read, told):
    with pytest.raises(read, match=told):
        read_answer(answer_to(b"", work_that_raises(raised)))


def test_an_answer_cut_off_in_a_picture_is_a_death():
    whole = answer_to(PHOTO, derive)

    assert read_answer(whole) == derive(PHOTO)
    for length in (len(whole) - 1, len(whole) // 2, 3):
        with pytest.raises(DecoderDied):
            read_answer(whole[:length])
