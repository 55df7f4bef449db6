"""Memory of the workers: what they can share is imported before the fork and left alone, garbage is collected early."""

import gc
from importlib import import_module

from django.conf import settings


def preload() -> None:
    """A project whose URLs cannot be imported fails here, when it starts, and not with the first request."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    # What is there now stays. The collector would write to each object, and so give each worker a page of its own.
    gc.freeze()
    # A request of Django ends as garbage: its user and its messages refer back to it. Of hundreds that wait at once,
    # most have grown old by then, and the collector looks at the oldest after 240,000 new objects: 25 MB a worker.
    # Now it is after 36,000; as ever, only once there is a quarter more to look at than the last time.
    gc.set_threshold(2000, 5, 2)
