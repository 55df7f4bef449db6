"""Handles a full disk before Django has a request.

Under ASGI Django first spools the body to disk. If that fails, no view, middleware or error handler runs, and the
server would answer 500. Under WSGI the view reads the body: uploads/views.py.
"""

import json

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

from uploads.storage import FULL_DISK

BODY = json.dumps({"errors": {"file": ["There is not enough space for this file."]}}).encode()


class FullDiskMiddleware:
    """Answers 507 to "no space left", if no response has begun."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        has_begun = False

        async def watch(message: ASGISendEvent) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.application(scope, receive, watch)
        except OSError as error:
            if error.errno not in FULL_DISK or has_begun:
                raise
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
            await send({"type": "http.response.start", "status": 507, "headers": headers})
            await send({"type": "http.response.body", "body": BODY})
