"""Tests of the sandbox and the runner, with the real bubblewrap and bash."""
