"""The table of cases at the end of the suite: one row for each kind of attack or promise."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

# Characters. A fixed width, so that the table looks the same in a log and on a terminal.
WIDTH = 110


@dataclass
class Row:
    cases: set[str]  # the names of the different cases
    tried: int  # the number of attempts: on each gateway, with each protocol
    note: str


class Cases:
    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def add(self, kind: str, *names: str, tried: int | None = None, note: str = "") -> None:
        """Counts each case of a kind once, and the attempts: as many as names, unless given.

        Call it before the assertions: a case that fails was tried too.
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
