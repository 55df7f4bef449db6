"""Content-Length: how long is the body, if the header can be read in two ways?"""

from tests.security.smuggling.case import Case, message, passed, refused, unfinished

# If nginx and a gateway disagree, one takes "hello" for the body and the rest for the next request.
HIDDEN = "hello{smuggled}"


def length(value: str) -> str:
    return message(f"Content-Length: {value}", body=HIDDEN)


LENGTHS = [
    refused("two lengths that agree", message("Content-Length: {length}", "Content-Length: {length}", body=HIDDEN)),
    refused("two lengths, the smaller first", message("Content-Length: 5", "Content-Length: {length}", body=HIDDEN)),
    refused("two lengths, the larger first", message("Content-Length: {length}", "Content-Length: 5", body=HIDDEN)),
    refused("two lengths, one of them empty", message("Content-Length:", "Content-Length: {length}", body=HIDDEN)),
    refused("two lengths, in other cases", message("CONTENT-LENGTH: 5", "content-length: {length}", body=HIDDEN)),
    refused("lengths in a list that agree", length("5, 5")),
    refused("lengths in a list that differ", length("5, {length}")),
    refused("a length with a comma behind", length("5,")),
    refused("a length with a plus", length("+5")),
    refused("a length with a minus", length("-5")),
    refused("a length of minus nothing", length("-0")),
    refused("a length in hexadecimal", length("0x5")),
    refused("a length with a fraction", length("5.0")),
    refused("a length with an exponent", length("5e0")),
    refused("a length with an underscore, as Python reads numbers", length("0_5")),
    refused("a length in words", length("five")),
    refused("a length in digits beyond ASCII", length("\xd9\xa5")),
    refused("a length in quotes", length('"5"')),
    refused("a length with a parameter", length("5;a=b")),
    refused("a length of two words", length("5 5")),
    refused("a length with a vertical tab before it", length("\x0b5")),
    refused("a length with a form feed after it", length("5\x0c")),
    refused("a length with a null byte after it", length("5\0")),
    refused("a length with a no-break space before it", length("\xa05")),
    refused("an empty length", length("")),
    refused("a length that is 5 past 64 bits", length("18446744073709551621")),
    refused("a length of forty digits", length("1" * 40)),
    refused("a length that is 5 past 32 bits, and so too large", length("4294967301"), 413),
    passed("a length with zeros before it", message("Content-Length: 0000005", body="hello"), "hello"),
    refused("a length with a tab before it", length("\t5")),
    refused("a length with a tab after it", length("5\t")),
    passed("a length with spaces around it", message("Content-Length:   5  ", body="hello"), "hello"),
    passed("a length without a space before it", message("content-length:5", body="hello"), "hello"),
    passed(
        "a length, and another spelled with an underscore",
        message("Content-Length: {length}", "Content_Length: 5", body=HIDDEN),
        HIDDEN,
    ),
    passed("a request in the body", message("Content-Length: {length}", body="{smuggled}"), "{smuggled}"),
    passed("no length and no body", message()),
    passed("a length of nothing", message("Content-Length: 0")),
    passed(
        "a body that waits for leave to be sent",
        message("Expect: 100-continue", "Content-Length: 5", body="hello"),
        "hello",
    ),
    passed("an unknown expectation", message("Expect: a-miracle", "Content-Length: 5", body="hello"), "hello"),
    Case(
        "a body longer than announced",
        message("Content-Length: 5", body="hello and more"),
        (200, 400),
        "closed",
        "hello",
    ),
    unfinished("a body shorter than announced", message("Content-Length: 500", body="{smuggled}")),
    unfinished("a body announced and not begun", message("Content-Length: 500")),
]
