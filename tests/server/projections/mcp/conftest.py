from tests.server.access.conftest import clock, opened

__all__ = ["clock", "opened"]
