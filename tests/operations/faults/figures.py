"""The table of figures at the end of the suite: one row for each fault."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.sockets import Sockets
from tests.support.stack import ROOT
from tests.support.traffic import Record

# Characters. A fixed width, so that the table looks the same in a log and on a terminal.
WIDTH = 110
FILE = ROOT / ".tests" / "faults.json"


@dataclass(frozen=True)
class Row:
    fault: str
    sent: int
    failed: int
    longest_gap: float | None  # seconds
    closes: dict[str, int]  # close codes of WebSockets; "open": still open at the end
    note: str


class Figures:
    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(
        self,
        fault: str,
        *records: Record,
        sockets: Sockets | Counter[int | str] | None = None,
        failed: int | None = None,
        sent: int | None = None,
        longest_gap: float | None = None,
        note: str = "",
    ) -> None:
        """Adds a row: the sums over some flows and their longest gap, unless given. Call it before the assertions:
        then a fault that the stack does not survive has its figures too.
        """
        gaps = [record.longest_gap for record in records]
        closes = sockets.closes if isinstance(sockets, Sockets) else sockets or Counter()
        self.rows.append(
            Row(
                fault,
                sum(len(record.sent) for record in records) if sent is None else sent,
                sum(record.failed for record in records) if failed is None else failed,
                max(gaps, default=None) if longest_gap is None else longest_gap,
                {str(code): count for code, count in sorted(closes.items(), key=str)},
                note,
            )
        )

    def write(self, file: Path = FILE) -> None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps([asdict(row) for row in self.rows], indent=1) + "\n")

    def print(self) -> None:
        table = Table(title="What each fault cost", title_justify="left", show_lines=False, width=WIDTH)
        table.add_column("fault", ratio=5)
        for heading in ("sent", "failed", "gap s"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("close codes", ratio=2)
        table.add_column("note", ratio=5)
        for row in self.rows:
            gap = "" if row.longest_gap is None else f"{row.longest_gap:.2f}"
            closes = ", ".join(f"{code}: {count}" for code, count in row.closes.items())
            table.add_row(row.fault, str(row.sent), str(row.failed), gap, closes, row.note)
        Console(width=WIDTH, highlight=False).print(table)
