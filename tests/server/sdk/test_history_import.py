import pytest

from server.core.errors import Unavailable
from server.sdk.history_import import HistoryImport
from server.sdk.offers import Offers


def test_history_needs_an_integration_that_archives_it():
    with pytest.raises(Unavailable, match="No archive"):
        Offers().require(HistoryImport, "No archive.")
