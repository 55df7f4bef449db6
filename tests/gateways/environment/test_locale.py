"""File names and texts are UTF-8 on every gateway, although the base image sets no locale."""

from tests.support.echo import Echo
from tests.support.uploads import FORM, form

NAME, TEXT = "é-€-🎩.txt", "Ada Lovelace, née Byron: 🎩 €"


def test_a_file_keeps_its_name_and_its_text(echo: Echo, gateway: str) -> None:
    # The bytes that a browser sends; `form` encodes its text as UTF-8.
    answer = echo.ask("POST", f"/gateways/{gateway}/text/", headers=[FORM], body=form(NAME, TEXT.encode()))
    assert answer.status == 200, answer
    found = answer.json()
    assert (found["name"], found["listed"]) == (NAME, True)
    # open() without an encoding, for reading and for writing.
    assert (found["read"], found["written"]) == (TEXT, TEXT)
    assert (found["file_names"], found["texts"]) == ("utf-8", "utf-8")
