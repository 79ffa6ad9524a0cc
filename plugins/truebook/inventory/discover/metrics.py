"""Prometheus and Alertmanager: targets, rules, alerts, silences; and the objects that declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.answers import Answer, Answers
from truebook.inventory.discover.objects import objects
from truebook.inventory.look import Step
from truebook.inventory.objects import thing
from truebook.inventory.told import Alert, Monitor, Place, Rule, Silence, Target, place_of
from truebook.model import Evidence, Value
from truebook.recording import KubernetesData

_GROUP = "monitoring.coreos.com"
_STATES = {"active": "firing", "unprocessed": "pending", "suppressed": "silenced"}
"""Alertmanager's words for an alert's state → ours."""
_OPERATORS = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
"""(isEqual, isRegex) → how a matcher is written."""


def targets(prometheus: Answers) -> Iterator[Target]:
    """The active targets."""
    answer = prometheus.like("/api/v1/targets")
    for index, found in _listed(answer, "data", "activeTargets"):
        assert answer is not None
        yield Target(
            answer.place("data", "activeTargets", index),
            look.strings(found, "labels"),
            look.text(found, "scrapePool"),
            look.text(found, "scrapeUrl"),
            look.text(found, "health"),
            look.text(found, "lastError"),
        )


def rules(prometheus: Answers, kubernetes: KubernetesData) -> list[Rule]:
    """The alerting rules that Prometheus has loaded, else those that the cluster's PrometheusRules declare."""
    answer = prometheus.like("/api/v1/rules")
    if answer is not None and isinstance(answer.ok, dict):
        return list(_loaded(answer))
    return list(_declared(kubernetes))


def _loaded(answer: Answer) -> Iterator[Rule]:
    for number, group in _listed(answer, "data", "groups"):
        for index, rule in look.entries(group, "rules"):
            name = look.text(rule, "name")
            if name and look.text(rule, "type") in {"", "alerting"}:
                place = answer.place("data", "groups", number, "rules", index)
                labels, told = look.strings(rule, "labels"), look.text(group, "name")
                state, notes = look.text(rule, "state"), look.strings(rule, "annotations")
                active = tuple(_active(rule, name, place))
                yield Rule(place, name, told, state, labels, notes, look.text(rule, "query"), "query", alerts=active)


def _active(rule: Any, name: str, place: Place) -> Iterator[Alert]:
    for index, found in look.entries(rule, "alerts"):
        labels = {"alertname": name, **look.strings(found, "labels")}
        since = look.text(found, "activeAt")
        notes = look.strings(found, "annotations")
        state = look.text(found, "state")
        if state in {"firing", "pending"}:
            yield Alert(place.at("alerts", index), labels, state, ("state",), notes, since, ("activeAt",))


def _declared(kubernetes: KubernetesData) -> Iterator[Rule]:
    for obj in objects(kubernetes, f"{_GROUP}/prometheusrules"):
        found = thing(obj, _GROUP, "PrometheusRule")
        for number, group in look.entries(obj, "spec", "groups") if found is not None else ():
            for index, rule in look.entries(group, "rules"):
                name = look.text(rule, "alert")
                if name and found is not None:
                    place = place_of(found).at("spec", "groups", number, "rules", index)
                    labels, notes = look.strings(rule, "labels"), look.strings(rule, "annotations")
                    told, expr = look.text(group, "name"), look.text(rule, "expr")
                    yield Rule(place, name, told, "", labels, notes, expr, "expr", namespace=found.ref.namespace)


def monitors(kubernetes: KubernetesData) -> Iterator[Monitor]:
    """The ServiceMonitors of the cluster."""
    for obj in objects(kubernetes, f"{_GROUP}/servicemonitors"):
        found = thing(obj, _GROUP, "ServiceMonitor")
        if found is None:
            continue
        names: tuple[str, ...] | None = tuple(n for _, n in look.texts(obj, "spec", "namespaceSelector", "matchNames"))
        if look.at(obj, "spec", "namespaceSelector", "any") is True:
            names = None
        elif not names:
            names = (found.ref.namespace,)
        expressions = tuple(
            (look.text(entry, "key"), look.text(entry, "operator"), tuple(v for _, v in look.texts(entry, "values")))
            for _, entry in look.entries(obj, "spec", "selector", "matchExpressions")
        )
        labels = look.strings(obj, "spec", "selector", "matchLabels")
        yield Monitor(place_of(found).at("spec", "selector"), names, labels, expressions)


def alertmanagers(prometheus: Answers, kubernetes: KubernetesData) -> Iterator[Value]:
    """Where Prometheus sends alerts: the Alertmanagers it found, else the Services that a Prometheus object names."""
    answer = prometheus.like("/api/v1/alertmanagers")
    named = list(_listed(answer, "data", "activeAlertmanagers"))
    for index, found in named:
        url = look.text(found, "url")
        if url and answer is not None:
            yield answer.place("data", "activeAlertmanagers", index).value(url, "url")
    for obj in objects(kubernetes, f"{_GROUP}/prometheuses") if not named else ():
        owner = thing(obj, _GROUP, "Prometheus")
        for index, found in look.entries(obj, "spec", "alerting", "alertmanagers"):
            name = look.text(found, "name")
            if name and owner is not None:
                namespace = look.text(found, "namespace") or owner.ref.namespace
                evidence = owner.evidence("spec", "alerting", "alertmanagers", index, "name")
                yield Value(f"http://{name}.{namespace}.svc", evidence)


def alerts(alertmanager: Answers, known: list[Rule]) -> list[Alert]:
    """The alerts that Alertmanager has, and those that Prometheus alone knows: the pending, and all of them where
    Alertmanager was not read."""
    answer = alertmanager.like("/api/v2/alerts")
    found = list(_routed(answer)) if answer is not None else []
    were_read = answer is not None and isinstance(answer.ok, list)
    own = [alert for rule in known for alert in rule.alerts]
    return found + [alert for alert in own if alert.state == "pending" or not were_read]


def asked_for_alerts(alertmanager: Answers, prometheus: Answers) -> Evidence | None:
    """Who said which alerts there are: Alertmanager, else Prometheus; None where nobody was asked."""
    answer = alertmanager.like("/api/v2/alerts")
    if answer is not None and isinstance(answer.ok, list):
        return answer.said()
    answer = prometheus.like("/api/v1/rules")
    return answer.said() if answer is not None and isinstance(answer.ok, dict) else None


def _routed(answer: Answer) -> Iterator[Alert]:
    for index, found in _listed(answer):
        state = _STATES.get(look.text(found, "status", "state"), "")
        if state:
            path: tuple[Step, ...] = ("status", "state")
            silenced = tuple(text for _, text in look.texts(found, "status", "silencedBy"))
            labels, notes = look.strings(found, "labels"), look.strings(found, "annotations")
            since = look.text(found, "startsAt")
            yield Alert(answer.place(index), labels, state, path, notes, since, ("startsAt",), silenced)


def silences(alertmanager: Answers) -> Iterator[Silence]:
    """The silences that are not over."""
    answer = alertmanager.like("/api/v2/silences")
    for index, found in _listed(answer):
        state = look.text(found, "status", "state")
        if answer is not None and state in {"active", "pending"}:
            yield Silence(
                answer.place(index),
                look.text(found, "id"),
                state,
                look.text(found, "comment"),
                look.text(found, "createdBy"),
                look.text(found, "endsAt"),
                tuple(_matcher(entry) for _, entry in look.entries(found, "matchers")),
            )


def _matcher(entry: Mapping[str, Any]) -> str:
    equal, regex = look.at(entry, "isEqual") is not False, look.at(entry, "isRegex") is True
    return f'{look.text(entry, "name")}{_OPERATORS[equal, regex]}"{look.text(entry, "value")}"'


def _listed(answer: Answer | None, *path: Step) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list in a 200 answer."""
    if answer is not None:
        yield from look.entries(answer.ok, *path)
