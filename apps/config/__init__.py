"""Worth copying, as far as your project needs them: settings, their environment, URLs and entry points."""
