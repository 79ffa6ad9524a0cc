"""Where a block's process runs: nothing of the caller's but a read-only repository, no network but the guard, limits.

    with Sandbox(repository) as sandbox:          # raises Unavailable where there is none to be had
        outcome = sandbox.run(Job("kubectl get pods", guard=guard))

`command` is bubblewrap's command line, `host` what it shows of this machine, `box` one sandbox for one block, `ahead`
the one that is made before its block is there. `shell` is how bash runs a block, `session` what that hands on to the
next, `listener` and `sockets` how the guard gets a socket inside, `follow` and `watch` the limits. `Bare` is for those
who turn the sandbox off by name.
"""

from truebook.runbooks.sandbox.bare import Bare
from truebook.runbooks.sandbox.bubblewrap import Sandbox, Unavailable
from truebook.runbooks.sandbox.job import GuardLike, Job, Outcome, Place
from truebook.runbooks.sandbox.limits import Limits
from truebook.runbooks.sandbox.session import Session

__all__ = ["Bare", "GuardLike", "Job", "Limits", "Outcome", "Place", "Sandbox", "Session", "Unavailable"]
