"""Runs in a network namespace. Its argument is a list of [host, port, hello in hex]; it prints the results in order.

open: connected and answered. cut: connected and closed without an answer. silent: connected, and no answer came.
-: not connected, because of no such name, no route, or no listener.
"""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def knock(target: tuple[str, int, str]) -> str:
    host, port, hello = target
    try:
        connection = socket.create_connection((host, port), timeout=2)
    except OSError:
        return "-"
    with connection:
        try:
            connection.settimeout(5)
            connection.sendall(bytes.fromhex(hello))
            return "open" if connection.recv(1) else "cut"
        except TimeoutError:
            return "silent"
        except OSError:
            return "cut"


if __name__ == "__main__":
    targets = json.loads(sys.argv[1])
    with ThreadPoolExecutor(len(targets)) as pool:
        print(json.dumps(list(pool.map(knock, targets))))
