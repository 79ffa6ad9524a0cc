"""What `judge` promises beyond the tables: lines, texts, aliases, variables of a session, and blocks from the wild."""

from __future__ import annotations

import pytest

from truebook.runbooks.verdicts import ORDER, judge, worst


def test_each_command_has_its_line_and_text() -> None:
    judgement = judge("# first\nkubectl get pods\n\nkubectl get svc | grep x\nX=$(kubectl delete pod y)\n")
    assert [(row.line, row.text, row.verdict) for row in judgement.commands] == [
        (2, "kubectl get pods", "read"),
        (4, "kubectl get svc", "read"),
        (4, "grep x", "read"),
        (5, "kubectl delete pod y", "destructive"),
    ]


def test_a_block_is_as_bad_as_its_worst_command_and_says_why() -> None:
    judgement = judge("kubectl get pods\nkubectl delete pod x\nkubectl apply -f y")
    assert (judgement.verdict, judgement.reason) == ("destructive", "deletes objects")


def test_the_order_of_verdicts_lets_less_and_less_happen() -> None:
    assert ORDER == ("read", "local", "write", "destructive", "secret", "exec", "interactive", "unknown")
    assert worst([]) == "read"
    assert worst(["write", "secret", "read"]) == "secret"


def test_a_command_in_a_container_has_a_row_of_its_own() -> None:
    judgement = judge("kubectl exec vault-0 -- vault kv get secret/x")
    assert [(row.verdict, row.text) for row in judgement.commands] == [
        ("exec", "kubectl exec vault-0 -- vault kv get secret/x"),
        ("secret", "vault kv get secret/x"),
    ]
    assert judge("kubectl exec x -- rm -f /tmp/y").commands[1].verdict == "write"


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("k get pods", "read"),
        ("k delete pod x", "destructive"),
        ("kl x -f", "interactive"),
        ("k get pods -o name | xargs k delete", "destructive"),
        ("kk get pods", "read"),
        ("loop get pods", "unknown"),
        ("odd get pods", "unknown"),
    ],
)
def test_aliases_stand_for_the_first_words_of_a_command(script: str, verdict: str) -> None:
    aliases = {"k": "kubectl", "kl": "kubectl logs", "kk": "k", "loop": "loop", "odd": "kubectl; rm"}
    assert judge(script, aliases=aliases).verdict == verdict


def test_an_alias_does_not_reach_into_a_container() -> None:
    assert judge("kubectl exec x -- k get pods", aliases={"k": "kubectl"}).verdict == "unknown"


@pytest.mark.parametrize(
    ("script", "variables", "verdict"),
    [
        ("kubectl $V pod x", {"V": "delete"}, "destructive"),
        ("kubectl get pods $V", {"V": "-w"}, "interactive"),
        ("kubectl get pods $V", {"V": None}, "unknown"),
        ('kubectl get pods "$V"', {"V": None}, "unknown"),
        ('kubectl get pods -n "$V"', {"V": None}, "read"),
        ("kubectl get pods -n $V", {"V": None}, "unknown"),
        ("kubectl get pods -n $V", {}, "read"),
    ],
)
def test_variables_of_the_session_are_followed(script: str, variables: dict[str, str | None], verdict: str) -> None:
    assert judge(script, variables=variables).verdict == verdict


def test_lines_for_another_machine_are_not_judged_as_ours() -> None:
    judgement = judge("ssh ubuntu@192.168.10.20\nsudo systemctl stop k3s\nkubectl get pods")
    assert [row.verdict for row in judgement.commands] == ["interactive", "unknown", "unknown"]
    assert judgement.reason == "meant for the shell that line 1 opens"


def test_a_merge_conflict_is_named() -> None:
    judgement = judge("kubectl get pods\n<<<<<<< Updated upstream\nkubectl delete job -n auth restored\n=======\n")
    assert judgement.verdict == "unknown"
    assert judgement.commands[0].line == 2
    assert "merge conflict" in judgement.reason


def test_an_unfilled_placeholder_is_named() -> None:
    judgement = judge("kubectl get pods\nkubectl drain <node-name> --ignore-daemonsets --delete-local-data")
    assert judgement.verdict == "unknown"
    assert judgement.reason == "the placeholder <node-name> is not filled"
    assert judgement.commands[-1].line == 2


def test_a_heredoc_that_never_ends_is_refused() -> None:
    assert judge("cat <<EOF | kubectl apply -f -\nkind: Namespace\n").verdict == "unknown"
    assert judge("kubectl apply -f - <<EOF\nkind: Namespace\n").verdict == "unknown"


@pytest.mark.parametrize(
    "script",
    [
        "\x00",
        "\ud800",
        "kubectl get pods \ud800",
        "(" * 5000,
        "$(" * 3000 + ")" * 3000,
        "{ " * 2000 + "ls" + "; }" * 2000,
        '"${a:-' * 500 + "x" + '}"' * 500,
        "ls && " * 3000 + "ls",
        "ls | " * 3000 + "ls",
        "sh -c '" * 200,
        "a" * 300_000,
        "\\",
        "<<",
        "<<EOF",
        "$",
        "`",
        "${",
        "'",
        "f() { f; f; }; f",
        "a() { b; b; }; b() { c; c; }; c() { d; d; }; d() { e; e; }; e() { ls; ls; }; a; a; a",
        "ls\n" * 20_000,
    ],
    ids=range(21),
)
def test_no_text_makes_it_raise(script: str) -> None:
    assert judge(script).verdict in ORDER


def test_too_many_commands_are_not_judged() -> None:
    assert judge("ls\n" * 3000).verdict == "unknown"


@pytest.mark.parametrize("script", ["alias k='rm -rf /'", "alias -- k=rm", "unalias k", "command alias k=rm"])
def test_an_alias_of_the_settings_is_not_changed(script: str) -> None:
    assert judge(f"{script}\nk get pods", aliases={"k": "kubectl"}).verdict == "unknown"
