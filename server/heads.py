"""What the first lines of a request must be like (RFC 9112), before anything else is made of them."""

TWO_WAYS = "These headers can be read in two ways. Send one Host, and either one Content-Length or Transfer-Encoding: chunked."
NO_PATH = "The request names no path. Send one that begins with a slash, in HTTP/1.0 or 1.1."
LARGE_HEAD = "The headers are too large. Send fewer or shorter ones."


def check_head(url: bytes, headers: list[tuple[bytes, bytes]], version: str, largest: int) -> tuple[int, str] | None:
    """Say what is wrong with a head: a status and a sentence. None when nothing is."""
    if len(url) + sum(len(name) + len(value) + 4 for name, value in headers) > largest:
        return 431, LARGE_HEAD
    names = [name for name, _ in headers]
    coding = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    framed_once = len(coding) + names.count(b"content-length") <= 1
    if names.count(b"host") != 1 or not framed_once or coding not in ([], [b"chunked"]):
        return 400, TWO_WAYS
    if not url.startswith(b"/") or version not in {"1.0", "1.1"} or (coding and version == "1.0"):
        return 400, NO_PATH
    return None
