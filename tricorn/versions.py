"""Warns if a library whose private names are used has a version that this package was not written for.

The bounds are those of this distribution's metadata, from pyproject.toml. If the package is not installed, but imported
from a folder, there is no metadata, and nothing is checked.
"""

import logging
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version

logger = logging.getLogger(__name__)

# Of a requirement in the metadata, such as `uvicorn[standard]<0.55,>=0.54; extra == "gunicorn"`: name, bounds, extra.
REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?\s*\(?([^;)]*)\)?(?:\s*;\s*extra == [\"']([\w-]+)[\"'])?$")


def numbers(text: str) -> tuple[int, ...]:
    """The release number of a version without zeros at its end: (27, 0, 1) for 27.0.1rc1, (27,) for 27.0."""
    return tuple(int(part) for part in re.sub(r"(\.0)+$", "", re.match(r"\d+(\.\d+)*", text)[0]).split("."))


def satisfies(installed: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `<28,>=27`, the only two kinds that pyproject.toml uses."""
    release = numbers(installed)
    for bound in filter(None, bounds.replace(" ", "").split(",")):
        if bound.startswith(">="):
            if release < numbers(bound[2:]):
                return False
        elif release >= numbers(bound.removeprefix("<")):
            return False
    return True


def outside(extra: str = "") -> dict[str, str]:
    """The installed libraries of an extra (of the package itself without one) outside their bounds, with the bounds."""
    found = {}
    try:
        requirements = requires("tricorn") or []
    except PackageNotFoundError:
        return {}
    for line in requirements:
        if (match := REQUIREMENT.match(line)) and (match[3] or "") == extra:
            try:
                installed = version(match[1])
            except PackageNotFoundError:
                continue
            if not satisfies(installed, match[2]):
                found[f"{match[1]} {installed}"] = match[2]
    return found


@cache
def check(extra: str = "") -> bool:
    """Returns whether every library of an extra is within its bounds. If not, logs one warning in this process."""
    found = outside(extra)
    if found:
        logger.warning(
            "tricorn was not written for %s: it uses private names, which may have changed (docs/not-stock.md)",
            ", ".join(f"{library} (needs {bounds})" for library, bounds in found.items()),
        )
    return not found
