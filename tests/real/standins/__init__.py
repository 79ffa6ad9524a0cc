"""Servers of our own that answer for systems which cannot be had here: Authentik and Grafana.

They answer what truebook asks for and nothing else, from the homelab's own configuration. Every answer says so in the
header `X-Truebook-Stand-In`, so that a recording and a page made of it say so too. `tests/real/test_standins.py` holds
their answers against the schemas that they name.
"""
