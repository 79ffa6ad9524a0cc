"""Serve a recording over HTTP as the systems it was read from: see `serve.start`."""
