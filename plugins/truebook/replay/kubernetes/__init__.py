"""The replay of the Kubernetes API."""

from __future__ import annotations

from truebook.replay.kubernetes.app import app
from truebook.replay.kubernetes.kubeconfig import environment
from truebook.replay.system import System

SYSTEM = System(app, environment)
