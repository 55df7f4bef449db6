"""The machine, its limits and the versions. Without these a result means nothing."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.bench.containers import container, docker


def describe(services: list[str]) -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    kib = next(
        line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")
    )
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": os.environ.get("BENCH_REVISION", "unknown"),
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_bytes": int(kib) * 1024,
        "kernel": platform.release(),
        "docker": docker("version", "--format", "{{.Server.Version}}").strip(),
        "limits": {service: limits(service) for service in services},
    }


def limits(service: str) -> dict[str, float]:
    cpus, memory = docker(
        "inspect", "-f", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}", container(service)
    ).split()
    return {"cpus": int(cpus) / 1e9, "memory_bytes": int(memory)}
