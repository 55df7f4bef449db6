"""Prints the tables of docs/gateways.md: gallery/servers.toml as Markdown. tests/gallery compares.

python gallery/document.py, with any Python since 3.11
"""

import tomllib
from pathlib import Path

HEAD = ["name", "server", "interface", "protocol", "processes", "WebSocket", "waits at once", "told to stop"]


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def processes(tree: list[tuple[int, str]]) -> str:
    return ", ".join(f"{count} x `{pattern.strip('^ ')}`" for count, pattern in tree)


def table(servers: list[dict]) -> str:
    lines = [row(HEAD), row(["---"] * len(HEAD))]
    for it in servers:
        waits = str(it["at_once"] or "all") + (f", in bursts of {it['burst']}" if "burst" in it else "")
        facts = [it["server"], it["interface"], it["protocol"], processes(it["tree"])]
        lines.append(row([f"`{it['name']}`", *facts, "yes" if it["websocket"] else "no: 501", waits, it["on_stop"]]))
    return "\n".join(lines)


def read() -> list[dict]:
    return tomllib.loads((Path(__file__).parent / "servers.toml").read_text())["server"]


if __name__ == "__main__":
    print(table(read()))
