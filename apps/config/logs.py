"""Log records as JSON, one line each, with the request they belong to."""

import json
import logging
import re
from datetime import UTC, datetime

from middleware.request_id import current_request_id

# The query and fragment of an address: Django names a Referer in full that it does not accept, libraries name addresses
# that they could not reach.
QUERY = re.compile(r"""(https?://[^\s?#"'<>]*)[?#][^\s"'<>]*""")


def without_queries(text: str) -> str:
    """They carry tokens, keys and search terms, and logs outlive these."""
    return QUERY.sub(r"\1", text)


class RequestIdFilter(logging.Filter):
    """Puts `request_id` on each record; None outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: JSON escapes newlines, so neither a traceback nor a hostile path can forge a second
    record.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_queries(record.getMessage()),
            "request_id": getattr(record, "request_id", None),
            "pid": record.process,
        }
        if record.exc_info:
            line["exception"] = without_queries(self.formatException(record.exc_info))
        return json.dumps(line)
