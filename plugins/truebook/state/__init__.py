"""Reads live systems into a recording. Start at `collect.py`; one file per system in `sources/`."""
