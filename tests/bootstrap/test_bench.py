"""What `make bench` is told wrongly is one line, before anything is started. That it measures: .ci/run."""

import pytest

from tests.bootstrap.clone import Clone, only_line


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("SCENARIO=hallo", "bench: there is no scenario hallo; there are: hello, row, "),
        ("GATEWAYS=apache", "bench: there is no gateway apache; there are: uwsgi, gunicorn, daphne"),
        ("URL=localhost:8080", "bench: URL=localhost:8080: give the whole address"),
    ],
)
def test_a_wrong_option_is_one_line_and_starts_nothing(clone: Clone, setting: str, line: str) -> None:
    assert only_line(clone.make("bench", setting)).startswith(line)
    assert clone.is_down()
