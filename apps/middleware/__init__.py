"""Worth copying: security_headers.py. A demonstration, which shows names of threads: server_timing.py."""
