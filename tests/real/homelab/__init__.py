"""The embedded homelab, brought up for real: its repositories, its cluster, its ArgoCD, and the recording of it.

`repositories` makes the Git repositories and the chart repository out of `homelab/`; `running` starts everything and
waits until it is as it should be; `standins` writes the statuses of the controllers that cannot be had here;
`normal` takes out of a recording what differs from one run to the next.
"""
