"""A cluster full of things that could be changed, and what tries to change them through the guard."""
