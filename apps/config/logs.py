"""Log records as JSON, one line each, with the request they belong to."""

import json
import logging
from datetime import UTC, datetime

from middleware.request_id import current_request_id


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
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", None),
            "pid": record.process,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
