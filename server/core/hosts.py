"""Names of hosts."""

from ipaddress import ip_address


def is_this_computer(host: str) -> bool:
    """Return whether a host names this computer."""
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def is_loopback_host(host: str) -> bool:
    """Return whether a Host header names this computer itself."""
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdecimal():
        name = host
    if name.startswith("[") and name.endswith("]"):
        return is_loopback(name[1:-1])
    return name == "localhost" or (":" not in name and is_loopback(name))


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this computer itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    return (mapped or parsed).is_loopback
