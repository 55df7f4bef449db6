"""Plugins for uWSGI in C, and `python -m tricorn.uwsgi_plugins FOLDER`, which compiles them into a folder.

drain.c       SIGTERM: refuses new connections, serves the queue, then stops gracefully
harakiri.c    ends requests that take too long, on workers with threads
only_from.c   closes connections from any other host than the proxy
recycle.c     replaces workers that exceed their share of the container's memory
"""
