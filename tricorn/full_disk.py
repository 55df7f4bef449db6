"""Handles a full disk before Django has a request.

Under ASGI Django first spools a large body to disk. If that fails, no view, middleware or error handler runs, and the
server would answer 500. Under WSGI the view reads the body, so the view or its storage handles the error.
"""

import errno
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from tricorn.asgi_send import WatchedSend, send_json

# The `errno` of an OSError: a volume with a quota reports EDQUOT.
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)

FIELDS = {"status": 507, "error": "Insufficient Storage", "detail": "There is no room for the request's body."}


class FullDiskMiddleware:
    """Answers 507 to "no space left", if no response has begun. `fields` are the JSON of the response."""

    def __init__(self, application: ASGI3Application, fields: dict[str, Any] | None = None) -> None:
        self.application = application
        self.fields = fields or FIELDS

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        watched = WatchedSend(send)
        try:
            await self.application(scope, receive, watched)
        except OSError as error:
            if error.errno not in FULL_DISK or watched.has_begun:
                raise
            await send_json(send, 507, self.fields)
