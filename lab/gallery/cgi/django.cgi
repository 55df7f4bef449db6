#!/usr/local/bin/python
"""Django as a CGI program: a process for one request. CGIHandler is Python's own, from PEP 3333."""

from wsgiref.handlers import CGIHandler

from config.wsgi import application

CGIHandler().run(application)
