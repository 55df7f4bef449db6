"""nginx's routes to the peers, from lab/bench/contestants.toml: the same nginx for all, so only the server differs.

The files are in lab/bench/nginx/, so that nginx reads them and people too. tests/lab/bench compares them with the
table.
Run: python -m lab.bench.routes, with any Python since 3.11
"""

from pathlib import Path

from lab.bench.contestants import CONTESTANTS, Contestant

FOLDER = Path(__file__).parent / "nginx"
WRITTEN = "Written by lab/bench/routes.py."


def upstream(it: Contestant) -> str:
    lines = [f"zone {it.service} 64k;", f"server {it.service}:{it.port} resolve max_fails=0;"]
    if it.keepalive_timeout:
        lines.append(f"keepalive_timeout {it.keepalive_timeout};")
    return block(f"upstream {it.service}", lines)


def location(it: Contestant) -> str:
    is_asgi = it.interface == "ASGI"
    lines = [
        "include snippets/compared.conf;",
        f"set $gateway {it.service};",
        f"include snippets/{'handshake' if is_asgi else 'no_websocket'}.conf;",
        f"include snippets/{'uwsgi' if it.protocol == 'uwsgi' else 'proxy'}.conf;",
        *(["include snippets/websocket.conf;"] if is_asgi else []),
        f"uwsgi_pass {it.service};" if it.protocol == "uwsgi" else f"proxy_pass http://{it.service};",
        "include snippets/error_pages.conf;",
    ]
    return block(f"location /gateways/{it.service}/", lines)


def block(head: str, lines: list[str]) -> str:
    return f"{head} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def files() -> dict[str, str]:
    """Each file's name and text."""
    routed = [it for it in CONTESTANTS if it.port]
    upstreams = f"# The peers, as the gateways stand in nginx/gateways/upstream/. {WRITTEN}\n"
    locations = f"# /gateways/NAME/ for the peers: the same nginx for all. {WRITTEN}\n"
    return {
        "upstreams.conf": "\n".join([upstreams, *(upstream(it) for it in routed)]),
        "gateways.conf": "\n".join([locations, *(location(it) for it in routed)]),
    }


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text)
