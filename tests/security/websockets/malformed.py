"""Frames that RFC 6455 forbids, some that it allows, and the close code that the client must get.

{"gunicorn": ..., "daphne": ...}: a code for each gateway. OPEN: the frame is accepted and the connection stays open.
"""

from dataclasses import dataclass

from tests.support.websocket import (
    BINARY,
    CONT,
    OPEN,
    PING,
    PONG,
    TEXT,
    close,
    frame,
    header,
    text,
)
from tests.support.websocket import CLOSE as CLOSING

MIB = 2**20

PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1002, 1007, 1009

LENIENT: dict[str, int | str] = {"gunicorn": OPEN, "daphne": PROTOCOL_ERROR}


@dataclass(frozen=True)
class Case:
    sent: bytes
    told: int | str | dict[str, int | str]

    def told_by(self, gateway: str) -> int | str:
        return self.told[gateway] if isinstance(self.told, dict) else self.told


FRAMES = {
    "unmasked text": Case(frame(TEXT, b"x", masked=False), PROTOCOL_ERROR),
    "unmasked ping": Case(frame(PING, b"x", masked=False), PROTOCOL_ERROR),
    "unmasked close": Case(frame(CLOSING, b"\x03\xe8", masked=False), PROTOCOL_ERROR),
    "first reserved bit, nothing negotiated": Case(frame(TEXT, b"x", rsv="1"), PROTOCOL_ERROR),
    "second reserved bit": Case(frame(TEXT, b"x", rsv="2"), PROTOCOL_ERROR),
    "third reserved bit": Case(frame(BINARY, b"x", rsv="3"), PROTOCOL_ERROR),
    "all reserved bits": Case(frame(BINARY, b"x", rsv="123"), PROTOCOL_ERROR),
    "reserved bit of a ping": Case(frame(PING, rsv="1"), PROTOCOL_ERROR),
    "reserved bit of a continuation": Case(text("a", fin=False) + frame(CONT, b"b", rsv="1"), PROTOCOL_ERROR),
    **{f"reserved opcode {opcode:X}": Case(frame(opcode, b"x"), PROTOCOL_ERROR) for opcode in (3, 4, 5, 6, 7)},
    **{f"reserved opcode {opcode:X}": Case(frame(opcode), PROTOCOL_ERROR) for opcode in (11, 12, 13, 14, 15)},
    "ping of 125 bytes": Case(frame(PING, bytes(125)), OPEN),
    "ping of 126 bytes": Case(frame(PING, bytes(126)), PROTOCOL_ERROR),
    "ping of 70,000 bytes": Case(frame(PING, bytes(70_000)), PROTOCOL_ERROR),
    "pong of 126 bytes": Case(frame(PONG, bytes(126)), PROTOCOL_ERROR),
    "unsolicited pong": Case(frame(PONG, b"surprise"), OPEN),
    "ping in fragments": Case(frame(PING, b"a", fin=False) + frame(CONT, b"b"), PROTOCOL_ERROR),
    "ping between fragments": Case(text("a", fin=False) + frame(PING) + frame(CONT, b"b"), OPEN),
    "continuation of nothing": Case(frame(CONT, b"x"), PROTOCOL_ERROR),
    "continuation of a message that has ended": Case(text("a") + frame(CONT, b"x"), PROTOCOL_ERROR),
    "text amid fragments": Case(text("a", fin=False) + text("b"), PROTOCOL_ERROR),
    "bytes amid fragments of text": Case(text("a", fin=False) + frame(BINARY, b"b"), PROTOCOL_ERROR),
    # gunicorn's library takes it for a large number.
    "length of 64 bits, the highest set": Case(
        header(BINARY, 2**63, 8) + b"x", {"gunicorn": TOO_BIG, "daphne": PROTOCOL_ERROR}
    ),
    # gunicorn accepts any encoding of a length. It costs nothing but the bytes.
    "length of 5 in 2 bytes": Case(header(BINARY, 5, 2) + b"hello", LENIENT),
    "length of 5 in 8 bytes": Case(header(BINARY, 5, 8) + b"hello", LENIENT),
    "length of 65535 in 8 bytes": Case(header(BINARY, 65535, 8) + bytes(65535), LENIENT),
}

CLOSES = {
    "without a code": Case(frame(CLOSING), 1005),
    "with a reason": Case(close(1000, b"bye"), 1000),
    "of 1 byte": Case(frame(CLOSING, b"\x03"), PROTOCOL_ERROR),
    "of 126 bytes": Case(close(1000, bytes(124)), PROTOCOL_ERROR),
    "reason of invalid UTF-8": Case(close(1000, b"\xff\xfe"), INVALID_TEXT),
    **{
        f"code {code}": Case(close(code), PROTOCOL_ERROR)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
    **{f"code {code}": Case(close(code), code) for code in (1001, 1002, 1003, 1007, 1011, 1012, 1013, 3000, 4999)},
    # Registered after RFC 6455, for proxies. Autobahn does not know it.
    "code 1014": Case(close(1014), {"gunicorn": 1014, "daphne": PROTOCOL_ERROR}),
    # RFC 6455 allows it: control frames may come between fragments.
    "amid fragments": Case(text("a", fin=False) + close(1000), 1000),
    "with a message behind it": Case(close(1000) + text("too late"), 1000),
}

SNOWMAN = "☃".encode()

TEXTS = {
    "a byte that is none": Case(frame(TEXT, b"a\xffb"), INVALID_TEXT),
    "cut in the middle": Case(frame(TEXT, SNOWMAN[:2]), INVALID_TEXT),
    "overlong slash": Case(frame(TEXT, b"\xc0\xaf"), INVALID_TEXT),
    "overlong NUL": Case(frame(TEXT, b"\xc0\x80"), INVALID_TEXT),
    "overlong of three bytes": Case(frame(TEXT, b"\xe0\x80\xaf"), INVALID_TEXT),
    "half of a surrogate pair": Case(frame(TEXT, b"\xed\xa0\x80"), INVALID_TEXT),
    "surrogate pair": Case(frame(TEXT, b"\xed\xa0\xbd\xed\xb0\x8e"), INVALID_TEXT),
    "beyond Unicode": Case(frame(TEXT, b"\xf4\x90\x80\x80"), INVALID_TEXT),
    "five bytes": Case(frame(TEXT, b"\xf8\x88\x80\x80\x80"), INVALID_TEXT),
    "continuation byte alone": Case(frame(TEXT, b"\x80"), INVALID_TEXT),
    "a letter over two fragments": Case(frame(TEXT, SNOWMAN[:1], fin=False) + frame(CONT, SNOWMAN[1:]), OPEN),
    "cut over two fragments": Case(frame(TEXT, SNOWMAN[:1], fin=False) + frame(CONT, SNOWMAN[1:2]), INVALID_TEXT),
    "in the first fragment, no other sent": Case(frame(TEXT, b"\xff", fin=False), INVALID_TEXT),
    "in the second fragment, no other sent": Case(
        text("a", fin=False) + frame(CONT, b"\xed\xa0\x80", fin=False), INVALID_TEXT
    ),
}

# Only the head of the frame is sent if it is enough for the result.
SIZES = {
    "1 MiB": Case(frame(BINARY, bytes(MIB)), OPEN),
    "a byte more": Case(frame(BINARY, bytes(MIB + 1)), TOO_BIG),
    "a byte more, of text": Case(text("x" * (MIB + 1)), TOO_BIG),
    "a byte more, announced and never sent": Case(header(BINARY, MIB + 1, 8), TOO_BIG),
    "a gibibyte, announced and never sent": Case(header(TEXT, 2**30, 8), TOO_BIG),
    "the largest that there is, announced and never sent": Case(header(BINARY, 2**63 - 1, 8), TOO_BIG),
    "a byte more, in two fragments": Case(frame(BINARY, bytes(MIB), fin=False) + frame(CONT, b"x"), TOO_BIG),
    "a byte more, announced by the second fragment": Case(
        frame(BINARY, b"x", fin=False) + header(CONT, MIB, 8), TOO_BIG
    ),
    "10,000 fragments": Case(text("", fin=False) + frame(CONT, b"x", fin=False) * 9_998 + frame(CONT, b"x"), OPEN),
    "10,001 fragments": Case(text("", fin=False) + frame(CONT, b"x", fin=False) * 10_000, TOO_BIG),
    "10,001 empty fragments": Case(frame(BINARY, fin=False) + frame(CONT, fin=False) * 10_000, TOO_BIG),
    "a ping of a gibibyte": Case(header(PING, 2**30, 8), {"gunicorn": TOO_BIG, "daphne": PROTOCOL_ERROR}),
}
