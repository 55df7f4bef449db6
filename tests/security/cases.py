"""The table of cases that the suite ends with: one row a kind of attack, or of promise."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

# Characters. Fixed, so that the table looks the same in a log as on a terminal.
WIDTH = 110


@dataclass
class Row:
    cases: set[str]  # what differs: the names of the cases
    tried: int  # how often one was tried: on each gateway, with each protocol
    note: str


class Cases:
    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def add(self, kind: str, *names: str, tried: int | None = None, note: str = "") -> None:
        """Counts cases of a kind, once each, and how often they were tried: once each, where not said otherwise.

        Called before the assertions: a case that fails was tried too.
        """
        row = self.rows.setdefault(kind, Row(set(), 0, ""))
        row.cases.update(names)
        row.tried += len(names) if tried is None else tried
        row.note = note or row.note

    def print(self) -> None:
        table = Table(title="What was tried to get in", title_justify="left", width=WIDTH)
        table.add_column("kind", ratio=4)
        for heading in ("cases", "tried"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("note", ratio=6)
        for kind, row in sorted(self.rows.items()):
            table.add_row(kind, str(len(row.cases)), str(row.tried), row.note)
        Console(width=WIDTH, highlight=False).print(table)
