"""Worth copying: WebSockets that use no thread, and rooms whose members are on several gateways."""
