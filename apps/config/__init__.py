"""Settings, URLs and entry points. Worth copying: environment.py and settings.py, as far as your project needs them."""
