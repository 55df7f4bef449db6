"""A demonstration: one greeting from a synchronous, an asynchronous and a class-based view."""
