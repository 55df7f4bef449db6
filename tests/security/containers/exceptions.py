"""Items that cannot hold, or not for every service: the reason, and what holds instead. Each still has its test."""

from dataclasses import dataclass

# Services that run an unchanged base image.
STORES = ("postgres", "valkey")


@dataclass(frozen=True)
class Exempt:
    services: tuple[str, ...]  # empty: all services
    reason: str
    instead: str


EXCEPTIONS = {
    "4.4": Exempt(
        (),
        "A scan needs a list of vulnerabilities that changes every day: no fact of this repository.",
        "Base images are tags of a version that go on getting patches, so a build after a pull has them.",
    ),
    "4.5": Exempt(
        (),
        "Content trust is a setting of Docker's client; its service (Notary v1) is being given up.",
        "Images come over TLS, from the names in .env, which take a digest; fallback images have signed packages.",
    ),
    "4.6": Exempt(
        STORES,
        "The official images of PostgreSQL and Valkey have no HEALTHCHECK.",
        "Compose asks them (5.27), and what is built here has the instruction. Migrations end, and have none.",
    ),
    "4.8": Exempt(
        STORES,
        "The official images of PostgreSQL and Valkey come with Debian's su, mount and passwd.",
        "The kernel ignores the bits, for no process can gain privileges (5.26). In what is built here there are none.",
    ),
    "4.12": Exempt(
        (),
        "pip checks no signatures of packages.",
        "It checks a SHA-256 of each, which git has; apt checks Debian's signatures, and nothing tells it not to.",
    ),
    "5.15": Exempt(
        (),
        "After five failures in a row, a minute without its database say, a service would stay down for good.",
        "unless-stopped: the engine waits longer after each failure, up to a minute. Migrations are run once.",
    ),
}
