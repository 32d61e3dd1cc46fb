import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.live.images import LARGEST_IMAGE, MOST_IMAGES, Images, NewImage
from server.integrations.conversations.live.models import PathMessage
from server.integrations.conversations.models import Attachment, Role

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(40)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"%PDF-1.7", b"PNG" + PNG])
async def test_file_that_no_model_sees_is_refused_whatever_its_name(live, data) -> None:
    with pytest.raises(InvalidInput):
        await Images(live.context).save([NewImage(name="a.png", data=data)])


async def test_type_is_that_of_the_content(live) -> None:
    stored = await Images(live.context).save([NewImage(name="a.txt", data=PNG), NewImage(name="b", data=WEBP)])
    assert [image.content_type for image in stored] == ["image/png", "image/webp"]


async def test_too_many_and_too_large_ones_are_refused(live) -> None:
    small, large = NewImage(name="a", data=PNG), NewImage(name="a", data=PNG + bytes(LARGEST_IMAGE))
    for images in ([small] * (MOST_IMAGES + 1), [large]):
        with pytest.raises(InvalidInput):
            await Images(live.context).save(images)


async def test_file_that_is_gone_is_left_out(live) -> None:
    chat, _ = await live.chats.create("1", "Pictures")
    images = Images(live.context)
    (stored,) = await images.save([NewImage(name="a", data=PNG)])
    await live.context.database.write(images.add, chat, [stored])
    path = [PathMessage(id="m", role=Role.user, text="", attachments=(Attachment(id=stored.id), Attachment(id="unknown")))]
    assert list(await images.read(chat, path)) == [stored.id]
    live.service.assets.place(stored.sha256).unlink()
    assert await images.read(chat, path) == {}
