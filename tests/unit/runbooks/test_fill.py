"""Which placeholders are found, what they are filled with, and how it is written."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truebook import pipeline
from truebook.model import Block, BlockOptions, Component, Evidence, Filling, Inventory, Value
from truebook.runbooks.fill import Facts, Variables, fill, from_environment, names_set, read_facts, stand_in
from truebook.runbooks.fill.facts import Named
from truebook.runbooks.fill.roles import alike, canonical, wish
from truebook.runbooks.fill.scan import tokens
from truebook.runbooks.fill.write import written
from truebook.settings import Settings


def block(script: str, values: Mapping[str, str] | None = None) -> Block:
    lines = tuple(range(2, script.count("\n") + 3))
    return Block(
        "p.md", 1, len(lines) + 2, "", "", "bash", script, script, lines, 0, options=BlockOptions(values=values or {})
    )


def component(name: str, namespace: str, *workloads: str, **values: str) -> Component:
    known: dict[str, str | tuple[str, ...]] = {
        "namespace": namespace,
        "application": name,
        "health": "Healthy",
        "sync": "Synced",
    }
    known |= {"workloads": workloads} if workloads else {}
    known |= values
    evidence = Evidence("kubernetes", f"Deployment {namespace}/{name}", "metadata")
    return Component(name, name.title(), "Apps", {key: Value(value, evidence) for key, value in known.items() if value})


INVENTORY = Inventory(
    "homelab",
    "v1.36",
    "2026-11-24T06:00:00Z",
    "test",
    components=(
        component("vault", "vault", "Deployment vault/vault-agent-injector", "StatefulSet vault/vault"),
        component("grafana", "monitoring", "Deployment monitoring/grafana", url="https://grafana.homelab.local"),
        component("ollama", "apps", "Deployment apps/ollama", health="Degraded"),
        component("loki", "monitoring", "StatefulSet monitoring/loki", "DaemonSet monitoring/alloy", sync="OutOfSync"),
    ),
)
PODS = (
    Named("Pod", "monitoring", "alloy-x", True, "DaemonSet monitoring/alloy", ("alloy",), {"app": "alloy"}),
    Named(
        "Pod",
        "monitoring",
        "grafana-a",
        True,
        "Deployment monitoring/grafana",
        ("grafana", "side"),
        {"app": "graf"},
    ),
    Named("Pod", "vault", "vault-0", True, "StatefulSet vault/vault", ("vault",)),
    Named("Pod", "apps", "ollama-z", False, "Deployment apps/ollama", ("ollama",)),
    Named("Pod", "kube-system", "coredns-1", True, "Deployment kube-system/coredns"),
)

FACTS = Facts(
    {
        "pods": PODS,
        "pod": PODS,
        "nodes": (Named("Node", "", "node2", True), Named("Node", "", "node1", False)),
        "namespaces": (Named("Namespace", "", "apps"), Named("Namespace", "", "monitoring")),
        "externalsecret": (Named("ExternalSecret", "monitoring", "grafana-oidc"),),
        "service": (Named("Service", "vault", "other"), Named("Service", "vault", "vault-ui")),
    }
)


def filled(
    script: str, *, page: str | None = None, inventory: Inventory | None = INVENTORY, **options: object
) -> Filling:
    variables = options.pop("variables", None)
    assert variables is None or isinstance(variables, Variables)
    values = options.pop("values", None)
    assert values is None or isinstance(values, dict)
    names = options.pop("session_names", ())
    assert isinstance(names, tuple)
    assert not options
    return fill(
        block(script, values),
        inventory=inventory,
        variables=variables,
        page_component=page,
        session_names=names,
        facts=FACTS,
    )


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("argocd app sync <app-name>", "argocd app sync vault"),
        (
            "kubectl rollout restart deployment/<app> -n <namespace>",
            "kubectl rollout restart deployment/grafana -n monitoring",
        ),
        (
            "kubectl scale deployment/<name> --replicas=3 -n <namespace>",
            "kubectl scale deployment/grafana --replicas=3 -n monitoring",
        ),
        ("kubectl scale sts <name> -n <ns>", "kubectl scale sts vault -n vault"),
        ("kubectl get pods -n <NAMESPACE>", "kubectl get pods -n vault"),
        ("kubectl logs <pod-name> -c <container> -n <namespace>", "kubectl logs vault-0 -c vault -n vault"),
        ("kubectl describe pod <name> -n monitoring", "kubectl describe pod grafana-a -n monitoring"),
        ("kubectl describe pod -n kube-system <pod>", "kubectl describe pod -n kube-system coredns-1"),
        ("kubectl drain <name> --ignore-daemonsets", "kubectl drain node2 --ignore-daemonsets"),
        ("kubectl describe node <node-name>", "kubectl describe node node2"),
        ("kubectl get externalsecret/<name> -n <namespace>", "kubectl get externalsecret/grafana-oidc -n monitoring"),
        ("kubectl get pods -l app=<app> -n <namespace>", "kubectl get pods -l app=graf -n monitoring"),
        ("kubectl get svc <name> -n <namespace>", "kubectl get svc vault-ui -n vault"),
        ("curl https://<host>/-/ready", "curl https://grafana.homelab.local/-/ready"),
        ("argocd app sync x --resource apps:Deployment:<name>", "argocd app sync x --resource apps:Deployment:grafana"),
        ("kubectl delete pod <vault-pod> -n vault", "kubectl delete pod vault-0 -n vault"),
        ("kubectl delete pod <your-pod-name>", "kubectl delete pod vault-0"),
        ('kubectl get pods -n "<namespace>"', 'kubectl get pods -n "vault"'),
        ("kubectl get pods -n $NAMESPACE", "kubectl get pods -n vault"),
        ("kubectl get pods -n ${NAMESPACE}", "kubectl get pods -n vault"),
        ('kubectl get pod "$POD" -n "$NS"', 'kubectl get pod "vault-0" -n "vault"'),
        ("kubectl exec <pod> -n <namespace> -- df", "kubectl exec vault-0 -n vault -- df"),
        ("kubectl get daemonset <name> -n <namespace>", "kubectl get daemonset alloy -n monitoring"),
        ("kubectl -n <namespace> rollout status deploy <name>", "kubectl -n monitoring rollout status deploy grafana"),
    ],
)
def test_values_come_from_the_inventory(script: str, expected: str) -> None:
    found = filled(script)
    assert found.missing == ()
    assert found.script == expected
    assert all(value.origin == "inventory" and value.evidence is not None for value in found.values)


def test_the_page_s_own_component_comes_first() -> None:
    assert filled("argocd app get <app>", page="loki").script == "argocd app get loki"
    script = "kubectl get pods -n <namespace>\nkubectl logs <pod> -n <namespace>\nargocd app get <app>"
    expected = "kubectl get pods -n apps\nkubectl logs ollama-z -n apps\nargocd app get ollama"
    assert filled(script, page="ollama").script == expected
    # It has no StatefulSet: another component answers for all of the block.
    assert (
        filled("kubectl scale sts/<name> -n <namespace>", page="grafana").script == "kubectl scale sts/vault -n vault"
    )


def test_one_component_answers_for_all_of_a_block() -> None:
    found = filled("argocd app sync <app>\nkubectl rollout restart deployment/<app> -n <namespace>")
    assert found.script == "argocd app sync grafana\nkubectl rollout restart deployment/grafana -n monitoring"


@pytest.mark.parametrize(
    "script",
    [
        "wc -l <file >out",
        "wc -l < file",
        "wc -l <in.txt>out.txt",
        "diff <(a) <(b)",
        "cat <<EOF\n$HOME\nEOF",
        "cat <<-'END'\n$NAMESPACE\nEND",
        "cat <<<word",
        "# sync <app-name>",
        "kubectl get pods # of <namespace>",
        "git commit --author='A <a@b.c>'",
        "echo '<b>x</b>' '<br>' '<a href=\"x\">y</a>'",
        "echo '<settings><x>1</x></settings>'",
        "kubectl get pods | grep -v '<none>' | grep '<pending>'",
        "kubectl get pods -o go-template='{{range $i, $x := .items}}{{$x}}{{end}}'",
        "grep -E '\\<word\\>' x",
        "echo '$NAMESPACE'",
        "echo \\$NAMESPACE",
        "echo $HOME $PWD ${RANDOM} $1 $@ $? $$ $#",
        "echo ${NAMESPACE:-default}",
        "echo $KUBECONFIG $VAULT_ADDR",
        "NS=x\nkubectl get pods -n $NS",
        "for pod in a b; do echo $pod; done",
        "kubectl get ns | while read -r name rest; do echo $name $rest; done",
        "export NS\nNS=1; echo $NS",
        "awk '{print $NF}' x",
        "curl <https://example.com>",
    ],
)
def test_what_is_no_placeholder_is_left_alone(script: str) -> None:
    found = filled(script)
    assert found == Filling(script)


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("git revert --no-edit <commit>", ("<commit>",)),
        ("argocd app rollback vault <history-id>", ("<history-id>",)),
        ("kubectl delete pod <database-pod>", ("<database-pod>",)),
        ("echo '<value of instance label from alert>'", ("<value of instance label from alert>",)),
        ("kubectl describe hpa/<name>", ("<name>",)),
        ("vault kv get secret/<path>", ("<path>",)),
        ("echo $SOMETHING", ("$SOMETHING",)),
        ('curl -H "X: $API_TOKEN" x', ("$API_TOKEN",)),
        ("cat <<EOF\nname: <thing>\n$OTHER\nEOF", ("<thing>", "$OTHER")),
        ("kubectl get pods -n YOUR_NAMESPACE", ("YOUR_NAMESPACE",)),
        ("kubectl get <kind> <a> <kind>", ("<kind>", "<a>")),
    ],
)
def test_what_has_no_value_is_missing(script: str, missing: tuple[str, ...]) -> None:
    found = filled(script)
    assert found.missing == missing
    assert found.script == script


def test_without_an_inventory_all_is_missing() -> None:
    assert filled("argocd app get <app> -o <x>", inventory=None).missing == ("<app>", "<x>")


def test_the_order_of_origins() -> None:
    chain = [
        ("--var", {"a": "1"}),
        ("environment", {"a": "2", "B": "2"}),
        ("front matter", {"a": "4", "b": "4", "c": "4", "d": "4"}),
        ("settings", {"a": "5", "b": "5", "c": "5", "d": "5", "app": "5"}),
    ]
    found = filled("x <a> <b> <c> <d> <app>", variables=Variables(tuple(chain)), values={"c": "3", "b": "3"})
    assert found.script == "x 1 2 3 4 5"
    assert [value.origin for value in found.values] == ["--var", "environment", "block", "front matter", "settings"]


def test_names_match_by_their_words_and_meaning() -> None:
    for name in ("app-name", "APP_NAME", "appName", "app name", "app", "application"):
        assert filled("x <app-name>", variables=Variables((("--var", {name: "v"}),))).script == "x v"
    both = Variables((("--var", {"namespace": "general", "app-ns": "own"}),))
    assert filled("x <app-ns> <ns>", variables=both).script == "x own general"


def test_a_given_namespace_says_where_to_look() -> None:
    given = Variables((("--var", {"namespace": "apps"}),))
    assert filled("kubectl logs <pod> -n <namespace>", variables=given).script == "kubectl logs ollama-z -n apps"


def test_variables_of_earlier_blocks_are_left_to_bash() -> None:
    assert filled("kubectl get pods -n $NS", session_names=("NS",)) == Filling("kubectl get pods -n $NS")


def test_only_what_may_comes_from_the_environment() -> None:
    environment = {"HOME": "/root", "PATH": "/bin", "NAMESPACE": "x", "CLUSTER": "c", "TRUEBOOK_VAR_APP_NAME": "vault"}
    assert from_environment(environment, ["CLUSTER", "ABSENT"]) == {"CLUSTER": "c", "APP_NAME": "vault"}
    allowed = Variables((("environment", from_environment({"DB_PASSWORD": "hunter2"}, ["DB_PASSWORD"])),))
    assert filled("x $DB_PASSWORD", variables=allowed).missing == ("$DB_PASSWORD",)


@pytest.mark.parametrize(
    "value", ["a b", "x;rm -rf /", "$(id)", "-rf", "--all", "a\nb", "a'b", "*", "~", "é", "", "`id`"]
)
def test_a_hostile_cluster_puts_nothing_into_a_command(value: str) -> None:
    hostile = component("x", value, f"Deployment {value}/{value}", application=value, url=f"https://{value}/")
    inventory = Inventory("c", "v", "", "", components=(hostile,))
    script = "kubectl get deploy <name> -n <namespace> && argocd app get <app>"
    found = fill(block(script), inventory=inventory)
    assert set(found.missing) == {"<name>", "<namespace>", "<app>"}
    assert found.script == "kubectl get deploy <name> -n <namespace> && argocd app get <app>"


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
        min_size=1,
        max_size=20,
    )
)
def test_bash_reads_a_given_value_as_it_was_given(value: str) -> None:
    script = "printf '%s\\n' <x> \"<x>\" '<x>'\ncat <<EOF\n<x>\nEOF\ncat <<'END'\n<x>\nEND"
    found = filled(script, variables=Variables((("--var", {"x": value}),)))
    if value in "EOF" or value in "END":  # it may end the text that it stands in
        assert found.missing == ("<x>",)
        return
    assert found.missing == ()
    ran = subprocess.run(
        ["bash", "-c", found.script],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert ran.stdout.decode() == f"{value}\n" * 5


def test_what_cannot_be_written_is_refused() -> None:
    found = filled("x <a>", variables=Variables((("--var", {"a": "1\nrm"}),)))
    assert (found.script, found.missing) == ("x <a>", ("<a>",))
    assert found.notes == ("<a>: its value cannot be written there",)
    assert written("", "bare") is None


def test_lines_stay_lines() -> None:
    script = "a <namespace>\n\n# <x>\nb <app>\n"
    assert filled(script).script.count("\n") == script.count("\n")


def test_other_styles_are_said_and_not_guessed() -> None:
    found = filled("kubectl get pods -n {namespace} /x/[name] CHANGEME")
    assert found.script == "kubectl get pods -n {namespace} /x/[name] CHANGEME"
    assert [note.split(" may")[0] for note in found.notes] == ["CHANGEME", "{namespace}", "[name]"]
    assert filled("echo {a,b} ${x:-1} [ -f y ] '{json}' \"{x}\" a[0] [a-z]*").notes == ()


def test_names_set() -> None:
    script = (
        "A=1 cmd\nexport B=2; local C=3\nfor d in x; do :; done\nread -r -p 'x y' e f\nprintf -v g x\nif H=1; then :"
    )
    assert names_set(script) >= {"A", "B", "C", "d", "e", "f", "g", "H"}
    assert "x" not in names_set(script)


def test_a_stand_in_for_what_is_left() -> None:
    text, words = stand_in("kubectl delete pod <pod> -n '<ns>' <pod> # <x>")
    assert text == "kubectl delete pod unfilled0x -n 'unfilled1x' unfilled0x # <x>"
    assert words == {"unfilled0x": "<pod>", "unfilled1x": "<ns>"}


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=list("<>$\"'\\(){}#\n aA_-EOF`|;/@"), max_size=80))
def test_any_text_is_scanned_and_filled(script: str) -> None:
    last = 0
    for token in tokens(script):
        assert token.start >= last
        assert script[token.start : token.end] == token.text
        last = token.end
    found = filled(script)
    assert found.script.count("\n") == script.count("\n")
    wish("name", script, script)
    canonical(script)
    alike(script)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", "'b c'", '"d $HOME"', "\\'", "$(x)", "<n>", '"<n>"', "'<n>'"]), max_size=8))
def test_filling_changes_no_other_word(words: list[str]) -> None:
    script = "cmd " + " ".join(words)
    found = filled(script, variables=Variables((("--var", {"n": "V"}),)))
    before = shlex.split(script.replace("<n>", "V"), posix=True)
    assert shlex.split(found.script, posix=True) == before


def test_the_embedded_homelab_fills_the_operations_page() -> None:
    state = pipeline.read_state(Settings(), pipeline.EMBEDDED)
    inventory = pipeline.build_inventory(state, Settings())
    facts = read_facts(state.recording)
    assert all(pod.owner for pod in facts.of("pods"))
    assert [node.kind for node in facts.of("no")] == ["Node"] * len(facts.of("nodes"))
    assert facts.knows("deploy")
    assert not facts.knows("secrets")
    known = {str(one) for kind in ("deployments", "statefulsets") for one in facts.of(kind)}
    for kind in ("deployment", "statefulset"):
        found = fill(
            block(f"kubectl scale {kind}/<name> -n <namespace>"), inventory=inventory, facts=facts, page_component=None
        )
        values = {value.placeholder: value.value for value in found.values}
        shown = {"deployment": "Deployment", "statefulset": "StatefulSet"}[kind]
        assert f"{shown} {values['<namespace>']}/{values['<name>']}" in known


@pytest.mark.parametrize("origin", ["--var", "settings", "front matter"])
def test_a_secret_that_was_given_is_in_the_script_alone(origin: str) -> None:
    variables = Variables(((origin, {"vault-token": "hvs.not-to-be-shown", "path": "secret/app"}),))
    found = filled("vault login <vault-token> && vault kv get <path>", variables=variables)
    assert found.script == "vault login hvs.not-to-be-shown && vault kv get secret/app"
    assert [(one.placeholder, one.value) for one in found.values] == [
        ("<vault-token>", "REDACTED"),
        ("<path>", "secret/app"),
    ]
    assert found.secrets == ("hvs.not-to-be-shown",)
    assert "not-to-be-shown" not in repr(replace(found, script=""))
