"""Memory of the workers: they share what is imported before the fork, and garbage is collected early.

In wsgi.py and asgi.py:

    application = get_wsgi_application()
    preload()
"""

import gc
from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string


def preload() -> None:
    """Imports the URLs and the channel layers. If that fails, the process fails at its start, not at a request."""
    import_module(settings.ROOT_URLCONF)
    for layer in getattr(settings, "CHANNEL_LAYERS", {}).values():
        import_string(layer["BACKEND"])
    gc.collect()
    # Exempts all present objects from collection. The collector would write to each, and so copy its page per worker.
    gc.freeze()
    # Each request of Django becomes garbage with cycles, because its user and its messages refer to it. When hundreds
    # of requests wait at once, most have reached the oldest generation by then. By default Python collects that after
    # 240,000 new objects, which are 25 MB a worker. With these thresholds it does after 36,000. As by default, it also
    # waits until that generation has grown by a quarter.
    gc.set_threshold(2000, 5, 2)
