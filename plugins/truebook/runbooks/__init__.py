"""Runbooks: the shell blocks of a page, and what they would do."""
