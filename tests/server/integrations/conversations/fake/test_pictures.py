"""Pictures of the made-up history."""

from io import BytesIO

from PIL import Image

from server.integrations.conversations.fake.pictures import SIDE, draw


def test_picture_is_the_same_for_the_same_seed():
    assert draw(1) == draw(1) != draw(2)


def test_picture_is_a_png_of_two_colours():
    with Image.open(BytesIO(draw(1))) as picture:
        assert (picture.format, picture.size, len(picture.getcolors() or ())) == ("PNG", (SIDE, SIDE), 2)
