"""Every item of sections 4 and 5 of the CIS Docker Benchmark 1.6.0 has a test, including those with an exception."""

from types import ModuleType

import pytest

from tests.security.containers import test_images, test_runtime
from tests.security.containers.conftest import NUMBER
from tests.security.containers.exceptions import EXCEPTIONS, STORES

# The benchmark's own numbers: 4.1 to 4.12, 5.1 to 5.32.
ITEMS = {f"4.{number}" for number in range(1, 13)} | {f"5.{number}" for number in range(1, 33)}


def items_of(module: ModuleType) -> set[str]:
    return {".".join(number.groups()) for name in vars(module) if (number := NUMBER.match(name))}


def test_every_item_has_a_test() -> None:
    assert items_of(test_images) | items_of(test_runtime) == ITEMS


def test_each_section_is_in_its_module() -> None:
    assert {item[0] for item in items_of(test_images)} == {"4"}
    assert {item[0] for item in items_of(test_runtime)} == {"5"}


@pytest.mark.parametrize("item", EXCEPTIONS)
def test_an_exception_has_a_reason_and_a_replacement(item: str) -> None:
    assert item in ITEMS
    assert EXCEPTIONS[item].reason.endswith(".")
    assert EXCEPTIONS[item].instead.endswith(".")
    assert set(EXCEPTIONS[item].services) <= set(STORES)
