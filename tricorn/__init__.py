"""What the stack adds to any Django project, and to stock servers.

answers/       changes to answers between the project and the server, the same on all gateways
versions.py    a warning if a library is outside the bounds that this package was written for
"""
