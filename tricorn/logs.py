"""Log records as JSON, one line each, with the id of their request.

In LOGGING:

    "filters": {"request_id": {"()": "tricorn.logs.RequestIdFilter"}},
    "formatters": {"json": {"()": "tricorn.logs.JsonFormatter"}},
"""

import json
import logging
import re
from datetime import UTC, datetime

from tricorn.request_id import current_request_id

# The query and fragment of a URL. Django logs the whole Referer if it does not accept it, and libraries log URLs that
# they could not reach.
QUERY = re.compile(r"""(https?://[^\s?#"'<>]*)[?#][^\s"'<>]*""")


def without_queries(text: str) -> str:
    """Removes queries and fragments: they carry tokens, keys and search terms, and logs are kept for longer."""
    return QUERY.sub(r"\1", text)


class RequestIdFilter(logging.Filter):
    """Puts `request_id` on each record; None outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object in each line. JSON escapes newlines, so neither a traceback nor a hostile path can forge a second
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
