"""In place of the gateways, in either protocol: it fails in the way that the path names. Arguments: the ports."""

import socketserver
import sys
import threading
import time

# As tricorn/answers/begun.py answers.
BEGUN = b"HTTP/1.1 502 Bad Gateway\r\nX-Accel-Redirect: @ended\r\nContent-Length: 0\r\n\r\n"


def head(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Large: " + b"x" * size + b"\r\n\r\n"


# Seconds, and the answer. Without an answer the connection is closed, as if the process had been killed.
FAULTS = {
    b"/begun/": (0, BEGUN),
    b"/closes/": (0, b""),
    b"/long/": (10.1, b""),
    b"/silent/": (25, b""),
    b"/large/5000/": (0, head(5000)),
    b"/large/17000/": (0, head(17000)),
}


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        request = self.request.recv(65536)
        seconds, answer = next((fault for path, fault in FAULTS.items() if path in request), (0, head(1)))
        time.sleep(seconds)
        self.request.sendall(answer)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 1024


for port in sys.argv[1:]:
    threading.Thread(target=Server(("", int(port)), Handler).serve_forever).start()
