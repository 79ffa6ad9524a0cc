"""Programs whose name at the start of an untagged fence says that it is shell."""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.tools import TOOLS

_OTHERS = """
ansible ansible-playbook apk apt apt-get aws az bash brew calicoctl cat cd chmod chown cilium cmctl cp crictl
ctr curl cut date dd df dig dnf docker docker-compose du echo env etcdctl eval exec export find flux gcloud gh
git go grep head helm helmfile htpasswd ip iptables istioctl journalctl jq k3d k3s k9s kind kubeadm kubectl
kubectl-argo-rollouts kubectx kubens kubeseal kustomize less linkerd ln ls lsblk make mc minikube mkdir mount mv
nc netstat nix nmap node npm npx nslookup oc openssl pacman pip pip3 ping podman ps psql python python3 rclone
restic rm rsync scp sed sh sleep snap sops source ssh ssh-keygen ss stern sudo sysctl systemctl tail talosctl tar
task tee telnet terraform tofu top touch tr traceroute ufw umount uname unset unzip velero virtctl watch wget
xargs yarn yq yum zfs zpool
"""

KNOWN = frozenset(TOOLS) | frozenset(_OTHERS.split())

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=(?:\"[^\"]*\"|'[^']*'|[^\s\"']*)(?:\s+|$)")


_WORD = re.compile(r"\S+")
_SENTENCE = re.compile(r"[a-z)][.:?!]\s*$")


def first_word(line: str) -> str:
    """The program that a line starts, past assignments; empty where there is none."""
    at = len(line) - len(line.lstrip())
    while found := _ASSIGNMENT.match(line, at):
        at = found.end()
    word = _WORD.match(line, at)
    return word.group() if word else ""


def looks_like_command(line: str) -> bool:
    """Whether a line of text starts with a known program, or sets a variable and nothing else."""
    word = first_word(line)
    if not word:
        return _ASSIGNMENT.match(line.strip()) is not None
    return word in KNOWN and _SENTENCE.search(line) is None
