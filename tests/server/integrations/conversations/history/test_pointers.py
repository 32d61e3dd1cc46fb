import pytest

from server.integrations.conversations.history.pointers import clean_pointer, key_of, keys_of_name, rest_of_name


@pytest.mark.parametrize(
    ("pointer", "asset_id"),
    [
        ("file-service://file-9KHjCQ8vN3iNXRaHFeAx9L", "file-9KHjCQ8vN3iNXRaHFeAx9L"),
        ("sediment://file_00000000abcd", "file_00000000abcd"),
        ("sediment://0a1b#file_00000000abcd#p_0.jpg", "file_00000000abcd"),
        ("file-AbC", "file-AbC"),
        ("other://folder/name.png", "name.png"),
        ("", ""),
        ("file-service://", ""),
    ],
)
def test_pointer_is_cleaned(pointer, asset_id):
    assert clean_pointer(pointer) == asset_id


def test_long_pointer_without_a_scheme_is_read_once():
    """A search for a scheme from each character on would take hours."""
    assert clean_pointer("x" * 10_000_000) == "x" * 200


@pytest.mark.parametrize(
    ("name", "asset_id", "rest"),
    [
        ("file-9KHjCQ8vN3iNXRaHFeAx9L.dat", "file-9KHjCQ8vN3iNXRaHFeAx9L", ""),
        ("file-9KHjCQ8vN3iNXRaHFeAx9L-photo.png", "file-9KHjCQ8vN3iNXRaHFeAx9L", "photo.png"),
        ("dalle-generations/file-AbC123-0b6f-11ee.webp", "file-AbC123", "0b6f-11ee.webp"),
        ("user-x/file_00000000abcd-0b6f.png", "file_00000000abcd", "0b6f.png"),
        ("0b6f/image/file_00000000abcd-sanitized.ext", "file_00000000abcd", "sanitized.ext"),
        ("00000000abcd1234-name.wav", "file_00000000abcd1234", "name.wav"),
    ],
)
def test_file_is_found_by_its_id_in_every_layout(name, asset_id, rest):
    assert key_of(asset_id) in list(keys_of_name(name))
    assert rest_of_name(name) == rest
