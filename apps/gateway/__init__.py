"""A demonstration: which gateway and which process serve a request. It shows versions: remove it from your project."""
