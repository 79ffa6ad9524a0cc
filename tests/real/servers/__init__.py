"""Real servers for tests, without containers: found or built, started, and always ended.

`binaries` finds or builds them, `process` runs them in a folder that never outlives its owner, and one module
per server (`cluster`, `argocd`, `vault`, `prometheus`, `loki` and others) knows its flags. Each is a plain context
manager, so that scripts can use them outside of pytest. `python -m tests.real.servers` prepares all of them.
"""
