"""The log: sentences on stderr, without secrets and without query strings."""

import logging
import os
import re

SECRETS = re.compile(r"dh_[A-Za-z0-9_-]{8,}|ya29\.[\w.-]+|1//[\w-]{8,}|(?<=Bearer )\S+")


class Redaction(logging.Filter):
    """Takes keys and tokens out of every line, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = SECRETS.sub("•••", record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = SECRETS.sub("•••", logging.Formatter().formatException(record.exc_info))
        return True


def configure(*, verbose: bool = False) -> None:
    """Send the log to stderr: warnings, or everything."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Redaction())
    level = logging.DEBUG if os.environ.get("DESKHAND_DEBUG") else logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler], force=True)
