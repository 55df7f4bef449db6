"""Images stay small: at most 110 MB above the base image for a gateway, 10 MB for nginx."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.stack import GATEWAYS, run

MB = 10**6


def size(image: str) -> int:
    return int(run("docker", "image", "inspect", "--format", "{{.Size}}", image).stdout)


@pytest.mark.parametrize(
    ("service", "base", "limit"),
    [*((gateway, "PYTHON_IMAGE", 110 * MB) for gateway in GATEWAYS), ("nginx", "NGINX_IMAGE", 10 * MB)],
)
def test_an_image_is_at_most_so_much_larger_than_its_base(
    containers: dict[str, dict[str, Any]], setting: Callable[[str], str], service: str, base: str, limit: int
) -> None:
    assert 0 < size(containers[service]["Image"]) - size(setting(base)) <= limit
