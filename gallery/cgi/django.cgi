#!/usr/local/bin/python
"""Django as a CGI program: started for one request, with which it also ends. CGIHandler is Python's own, from PEP 3333."""

from wsgiref.handlers import CGIHandler

from config.wsgi import application

CGIHandler().run(application)
