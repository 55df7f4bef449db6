"""Worth copying: a JSON API with its limits. It has synchronous and asynchronous views; your project needs one kind."""
