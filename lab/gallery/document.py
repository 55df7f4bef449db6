"""Prints the parts of docs/gateways.md that come from lab/gallery/servers.toml, as Markdown.

tests/lab/gallery compares them.
Run: python lab/gallery/document.py, with any Python since 3.11
"""

import tomllib
from pathlib import Path

HEAD = ["name", "server", "interface", "protocol", "processes", "WebSocket", "concurrent requests", "queue", "on stop"]


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def processes(tree: list[tuple[int, str]]) -> str:
    return ", ".join(f"{count} x `{pattern.strip('^ ')}`" for count, pattern in tree)


def table(servers: list[dict]) -> str:
    lines = [row(HEAD), row(["---"] * len(HEAD))]
    for it in servers:
        what = [f"`{it['name']}`", it["server"], it["interface"], it["protocol"], processes(it["tree"])]
        does = ["yes" if it["websocket"] else "no: 501", str(it["at_once"] or "all"), str(it["queue"])]
        ends = it["on_stop"] + (f", status {it['exit']}" if "exit" in it else "")
        lines.append(row([*what, *does, ends]))
    return "\n".join(lines)


def exceptions(servers: list[dict]) -> str:
    return "\n".join(f"- `{it['name']}`: {reason}." for it in servers for reason in it.get("exceptions", []))


def read() -> list[dict]:
    return tomllib.loads((Path(__file__).parent / "servers.toml").read_text())["server"]


if __name__ == "__main__":
    print(table(read()), exceptions(read()), sep="\n\n")
