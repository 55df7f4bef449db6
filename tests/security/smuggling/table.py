"""Every case, by family."""

from tests.security.smuggling.case import Case
from tests.security.smuggling.chunks import CHUNKS, CODINGS
from tests.security.smuggling.headers import HEADERS
from tests.security.smuggling.lengths import LENGTHS
from tests.security.smuggling.lines import LINES
from tests.security.smuggling.targets import TARGETS
from tests.security.smuggling.upgrades import UPGRADES

FAMILIES: dict[str, list[Case]] = {
    "Content-Length": LENGTHS,
    "Transfer-Encoding": CODINGS,
    "chunks": CHUNKS,
    "request lines": LINES,
    "header lines": HEADERS,
    "targets": TARGETS,
    "upgrades": UPGRADES,
}
