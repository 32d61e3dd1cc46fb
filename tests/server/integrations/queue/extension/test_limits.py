from server.http.limits import Limits
from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.extension.session import SILENT_BEATS
from server.integrations.queue.models import QueueSettings


def test_extension_that_is_heard_from_in_time_keeps_its_leases():
    limits, lease = SocketLimits(), QueueSettings().lease_seconds
    assert limits.heartbeat_seconds + limits.write_interval < lease
    assert limits.heartbeat_seconds < 30  # seconds, after which Chrome ends a service worker


def test_silent_connection_is_closed_when_its_leases_end():
    limits = SocketLimits()
    assert limits.heartbeat_seconds * SILENT_BEATS <= QueueSettings().lease_seconds


def test_extensions_leave_room_for_other_connections():
    limits = SocketLimits()
    assert limits.connections + limits.unknown < Limits().connections / 3
