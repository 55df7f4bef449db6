"""The uwsgi protocol, in which nginx talks to uWSGI."""


def uwsgi_request(**variables: str) -> bytes:
    """A request in the uwsgi protocol: a head of 4 bytes, then names and values, each after its length."""
    # https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html
    words = [word.encode() for pair in variables.items() for word in pair]
    block = b"".join(len(word).to_bytes(2, "little") + word for word in words)
    return b"\0" + len(block).to_bytes(2, "little") + b"\0" + block
