"""What workers that are forked can share: import before the fork what the first request would, and leave it alone."""

import gc
from importlib import import_module

from django.conf import settings


def preload() -> None:
    """A project whose URLs cannot be imported fails here, when it starts, and not with the first request."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    # What is there now stays. The collector would write to each object, and so give each worker a page of its own.
    gc.freeze()
