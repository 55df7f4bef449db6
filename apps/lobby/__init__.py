"""A demonstration: the page that compares the gateways."""
