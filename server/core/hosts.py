"""Names of hosts."""

from ipaddress import ip_address


def is_this_computer(host: str) -> bool:
    """Return whether a host names this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
