"""Transfer-Encoding: is the body chunked, and where does a chunk end?"""

from tests.security.smuggling.case import message, passed, refused, unfinished

END = "0\r\n\r\n"


def encoded(*codings: str) -> str:
    """With a length too: a server that does not know the coding takes the smuggled request for part of the body."""
    lines = [f"Transfer-Encoding:{coding}" for coding in codings]
    return message("Content-Length: {length}", *lines, body=END + "{smuggled}")


def without_length(coding: str) -> str:
    return message(f"Transfer-Encoding:{coding}", body="{chunk}" + END)


def chunks(body: str) -> str:
    return message("Transfer-Encoding: chunked", body=body)


CODINGS = [
    refused("a length and chunks: CL.TE", encoded(" chunked")),
    refused(
        "chunks and a length: TE.CL", message("Transfer-Encoding: chunked", "Content-Length: 4", body="{chunk}" + END)
    ),
    refused(
        "chunks twice: TE.TE", message("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body="{chunk}" + END)
    ),
    refused(
        "chunks, then another coding",
        message("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body="{chunk}" + END),
    ),
    refused(
        "another coding, then chunks",
        message("Transfer-Encoding: identity", "Transfer-Encoding: chunked", body="{chunk}" + END),
    ),
    refused(
        "a length of nothing and chunks: CL.0",
        message("Content-Length: 0", "Transfer-Encoding: chunked", body="{chunk}" + END),
    ),
    refused("chunks in capitals and a length", encoded(" CHUNKED")),
    refused(
        "chunks in HTTP/1.0",
        message("Transfer-Encoding: chunked", body="{chunk}" + END, line="{method} {path} HTTP/1.0"),
    ),
    *(
        refused(f"a coding {name}", without_length(coding), 501)
        for name, coding in {
            "that is none": " xchunked",
            "with a letter too many": " chunkedx",
            "in a list, before chunks": " identity, chunked",
            "in a list, after chunks": " chunked, identity",
            "of chunks twice in a list": " chunked, chunked",
            "of gzip in chunks": " gzip, chunked",
            "of chunks with a comma before": " ,chunked",
            "of chunks with a comma behind": " chunked,",
            "of chunks in quotes": ' "chunked"',
            "of chunks with a parameter": " chunked;q=1",
            "of chunks with a vertical tab before": " \x0bchunked",
            "of chunks with a form feed behind": " chunked\x0c",
            "of chunks with a no-break space behind": " chunked\xa0",
            "of chunks with tabs around": "\tchunked\t",
            "that is empty": "",
        }.items()
    ),
    refused("a coding of chunks with a byte of nothing behind", without_length(" chunked\0")),
    refused("an unknown coding and a length", encoded(" xchunked"), 501),
    refused("an empty coding and a length", encoded(""), 501),
    passed("chunks in capitals", message("TRANSFER-ENCODING: CHUNKED", body="{chunk}" + END), "{smuggled}"),
    passed("chunks with spaces around", without_length("   chunked  "), "{smuggled}"),
    passed(
        "a coding spelled with an underscore, and a length",
        message("Content-Length: {length}", "Transfer_Encoding: chunked", body=END + "{smuggled}"),
        END + "{smuggled}",
    ),
    passed(
        "a coding under another name, and a length",
        message(
            "Content-Length: {length}",
            "X-Transfer-Encoding: chunked",
            "Content-Encoding: chunked",
            "TE: chunked",
            body=END + "{smuggled}",
        ),
        END + "{smuggled}",
    ),
]

CHUNKS = [
    passed("a chunk that is a request", chunks("{chunk}" + END), "{smuggled}"),
    passed("no chunk but the last", chunks(END)),
    passed("a last chunk of many zeros", chunks("5\r\nhello\r\n00000000\r\n\r\n"), "hello"),
    passed("a chunk size with zeros before it", chunks("00000005\r\nhello\r\n" + END), "hello"),
    passed("a chunk size in capital letters", chunks("A\r\nhellohello\r\na\r\nhellohello\r\n" + END), "hello" * 4),
    passed("a thousand chunks of one byte", chunks("1\r\nx\r\n" * 1000 + END), "x" * 1000),
    passed("a chunk extension", chunks("5;a=b\r\nhello\r\n0;c\r\n\r\n"), "hello"),
    passed("a chunk extension in quotes", chunks('5;a="b;c"\r\nhello\r\n' + END), "hello"),
    passed("a chunk extension of 16 kB", chunks(f"5;a={'b' * 16384}\r\nhello\r\n" + END), "hello"),
    passed("a space after a chunk's size", chunks("5 \r\nhello\r\n" + END), "hello"),
    refused("a line feed in a chunk extension", chunks("5;a\nhello\r\n" + END)),
    refused("a line feed in a chunk extension's quotes", chunks('5;a="\n"\r\nhello\r\n' + END)),
    refused("a carriage return in a chunk extension", chunks("5;a\rhello\r\n" + END)),
    refused("a request behind a line feed in a chunk extension", chunks("2;\nxx\r\n4c\r\n0\r\n\r\n{smuggled}" + END)),
    refused("a chunk size with 0x", chunks("0x5\r\nhello\r\n" + END)),
    refused("a chunk size with a plus", chunks("+5\r\nhello\r\n" + END)),
    refused("a chunk size with a minus", chunks("-5\r\nhello\r\n" + END)),
    refused("a chunk size with an underscore", chunks("0_5\r\nhello\r\n" + END)),
    refused("a space before a chunk's size", chunks(" 5\r\nhello\r\n" + END)),
    refused("a chunk size that is no number", chunks("g\r\nhello\r\n" + END)),
    refused("no chunk size", chunks("\r\nhello\r\n" + END)),
    refused("a byte of nothing after a chunk's size", chunks("5\0\r\nhello\r\n" + END)),
    refused("a chunk size that is 5 past 64 bits", chunks("10000000000000005\r\nhello\r\n" + END)),
    refused("a chunk size that is negative in 64 bits", chunks("ffffffffffffffff\r\nhello\r\n" + END)),
    refused("a chunk size that is 5 past 32 bits", chunks("100000005\r\nhello\r\n" + END), 413),
    refused("line feeds alone around chunks", chunks("5\nhello\n0\n\n{smuggled}")),
    refused("a line feed alone after a chunk's size", chunks("5\nhello\r\n" + END)),
    refused("a line feed alone after a chunk", chunks("5\r\nhello\n" + END)),
    refused("a carriage return alone after a chunk's size", chunks("5\rhello\r\n" + END)),
    refused("a chunk longer than its size", chunks("5\r\nhello and more\r\n" + END)),
    refused("a chunk shorter than its size", chunks("6\r\nhello\r\n" + END)),
    refused("two bytes that are no line end after a chunk", chunks("5\r\nhelloXX" + END)),
    passed("a trailer", chunks("5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n"), "hello"),
    passed(
        "a trailer with length, coding and host",
        chunks("5\r\nhello\r\n0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nHost: evil.example\r\n\r\n"),
        "hello",
    ),
    passed("a request in the place of a trailer", chunks("5\r\nhello\r\n0\r\n{smuggled}"), "hello"),
    unfinished("a last chunk without its empty line", chunks("5\r\nhello\r\n0\r\n")),
    unfinished("a chunk that is not finished", chunks("ff\r\n{smuggled}")),
    unfinished("chunks announced and not begun", chunks("")),
]
