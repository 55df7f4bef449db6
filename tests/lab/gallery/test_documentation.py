"""docs/gateways.md has the facts of the table."""

from lab.gallery.document import exceptions, read, table

from tests.support.stack import ROOT


def test_the_table_of_the_documentation_is_the_one_that_is_tested() -> None:
    assert table(read()) in (ROOT / "docs/gateways.md").read_text()


def test_the_exceptions_of_the_documentation_are_those_that_are_tested() -> None:
    assert exceptions(read()) in (ROOT / "docs/gateways.md").read_text()
