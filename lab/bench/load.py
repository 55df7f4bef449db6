"""Load over HTTP: wrk for peaks, h2load at fixed rates."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.bench.containers import Network

QUANTILES = (0.5, 0.9, 0.99, 0.999)
HERE = Path(__file__).parent


class LoadError(Exception):
    """The tool itself failed. The message is its output."""


@dataclass(frozen=True)
class Peak:
    """The result of a closed loop: each client sends its next request as soon as it has an answer."""

    rate: float  # answers with a status below 400, a second
    errors: int  # other answers, and connections that broke or timed out
    latency: dict[str, float]  # seconds, by quantile; a closed loop hides stalls
    received: float  # bytes a second


def peak(
    network: Network, url: str, clients: int, seconds: float, body: int = 0, headers: dict[str, str] | None = None
) -> Peak:
    """Runs wrk for `seconds` with one thread, which makes more load than the servers behind nginx can serve."""
    script = f"/src/lab/bench/wrk/{'post' if body else 'get'}.lua"
    lines = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    said = network.run(
        "wrk",
        "-t1",
        f"-c{clients}",
        f"-d{seconds:g}s",
        "--timeout",
        "10s",
        "-s",
        script,
        "-H",
        "Host: localhost",
        *lines,
        url,
        "--",
        str(body),
        timeout=seconds + 60,
    )
    found = json.loads(said.splitlines()[-1])
    good = found["requests"] - found["status"]
    broken = found["connect"] + found["read"] + found["write"] + found["timeout"]
    return Peak(
        rate=good / found["seconds"],
        errors=found["status"] + broken,
        latency={str(q): found["latency"][str(q)] / 1e6 for q in QUANTILES},
        received=found["bytes"] / found["seconds"],
    )


@dataclass(frozen=True)
class Paced:
    """The result of a fixed rate."""

    offered: float  # requests a second
    rate: float  # answers a second
    errors: int
    latency: dict[str, float]  # seconds, by quantile


def paced(network: Network, url: str, rate: float, clients: int, seconds: float) -> Paced:
    """Runs h2load over HTTP/1.1 at `rate` requests a second over `clients` connections. Reads latency from its log."""
    # Clients start one after the other, to spread their requests evenly; h2load has a resolution of whole milliseconds.
    # Clients that start together would send together from then on, and measure bursts.
    period = math.ceil(1000 / rate)
    together = max(1, round(rate * period / 1000))
    log = "/tmp/h2load.log"  # noqa: S108  # in the container that makes the load
    network.run("rm", "-f", log, timeout=10)
    network.run(
        "h2load",
        "--h1",
        "-t1",
        f"-c{clients}",
        f"-n{max(clients, round(rate * seconds))}",
        f"--rps={rate / clients:.3f}",
        f"-r{together}",
        f"--rate-period={period}ms",
        f"--log-file={log}",
        "-H",
        "Host: localhost",
        url,
        timeout=seconds + 60,
    )
    # Start in microseconds, status, duration in microseconds.
    lines = np.array([line.split() for line in network.run("cat", log, timeout=30).splitlines()], dtype=float)
    if not len(lines):
        raise LoadError(f"h2load got no answer from {url}")
    took = max(seconds, (np.max(lines[:, 0] + lines[:, 2]) - np.min(lines[:, 0])) / 1e6)
    good = lines[(lines[:, 1] >= 200) & (lines[:, 1] < 400)]
    quantiles = np.quantile(good[:, 2], QUANTILES) / 1e6 if len(good) else [float("nan")] * len(QUANTILES)
    return Paced(
        offered=rate,
        rate=float(len(good) / took),
        errors=len(lines) - len(good),
        latency={str(q): float(value) for q, value in zip(QUANTILES, quantiles, strict=True)},
    )
