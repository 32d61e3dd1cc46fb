import pytest

from server.core.errors import Unavailable
from server.core.sentences import Sentence
from server.sdk.admission import Admissions, ConnectionKind


async def test_connection_is_refused_without_a_guard() -> None:
    with pytest.raises(Unavailable):
        await Admissions()("dh_key", "extension", ConnectionKind("connect", Sentence("connect")))
