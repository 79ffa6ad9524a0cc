"""The table of the differential test, continued: dry runs, sent to the real API server and to a replay of its
recording. `UNTOLD` are those that a replay refuses to answer rather than to guess."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
PLAIN = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Write:
    """A request with a body. `media` is its type."""

    method: str
    path: str
    body: str
    media: str = PLAIN

    def __str__(self) -> str:
        kind = self.media.rpartition("/")[2].partition("+")[0]
        return f"{self.method} {self.path} {kind} {self.body[:120]}"


N = "namespaces/differential"
DEPLOYMENTS = f"/apis/apps/v1/{N}/deployments"
PODS = f"/api/v1/{N}/pods"
GADGETS = f"/apis/differential.truebook.dev/v1/{N}/gadgets"
DRY = "?dryRun=All"
WEB = f"{DEPLOYMENTS}/web{DRY}"
ADMITTED = "kubectl.kubernetes.io/restartedAt"


def write(method: str, path: str, body: Any, media: str = PLAIN) -> Write:
    return Write(method, path, body if isinstance(body, str) else json.dumps(body), media)


def merge(path: str, *bodies: Any) -> tuple[Write, ...]:
    return tuple(write("PATCH", path, body, MERGE) for body in bodies)


def strategic(path: str, *bodies: Any) -> tuple[Write, ...]:
    return tuple(write("PATCH", path, body, STRATEGIC) for body in bodies)


def spec(**fields: Any) -> Json:
    return {"spec": fields}


def pods(**fields: Any) -> Json:
    """A patch of the pod template."""
    return spec(template={"spec": fields})


def main(**fields: Any) -> Json:
    """A patch of the container `main`."""
    return pods(containers=[{"name": "main", **fields}])


def meta(**fields: Any) -> Json:
    return {"metadata": fields}


def options(**fields: Any) -> Json:
    return {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"], **fields}


def workload(kind: str, name: str, *, container: Json | None = None, **fields: Any) -> Json:
    containers = [{"name": "c", "image": "nginx", **(container or {})}]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, **fields.pop("metadata", {})},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template, **fields},
    }


def gadget(name: str, **fields: Any) -> Json:
    api = {"apiVersion": "differential.truebook.dev/v1", "kind": "Gadget"}
    return {**api, "metadata": {"name": name}, "spec": fields}


def eviction(name: str) -> Json:
    head = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": name, "namespace": "differential"}}
    return {**head, "deleteOptions": {"dryRun": ["All"]}}


ORDER = "$setElementOrder/containers"
FULL = {
    "name": "new",
    "image": f"nginx@sha256:{'a' * 64}",
    "ports": [{"containerPort": 1}],
    "readinessProbe": {"httpGet": {"port": 80}},
    "env": [{"name": "A", "value": ""}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    "envFrom": [{"configMapRef": {"name": "settings"}}],
    "volumeMounts": [{"name": "w", "mountPath": "/w"}],
}
VOLUMES = [{"name": "v", "configMap": {"name": "x"}}, {"name": "w", "emptyDir": {}}]

METADATA = (
    *merge(WEB, meta(labels={"a": "b"}), meta(labels={"part": None}), meta(labels={"a b": "c d"}), meta(name="other")),
    *merge(WEB, meta(annotations={"a": "b"}), meta(annotations={"a b": "b"}), meta(annotations={"a/b/c": "d"})),
    *merge(WEB, meta(namespace="other"), meta(resourceVersion="1"), meta(uid="1"), meta(finalizers=["a.b/c"]), {}),
    *merge(f"/api/v1/namespaces/differential{DRY}", meta(labels={"x": "y"})),
    *merge(f"/api/v1/nodes/node-1{DRY}", meta(labels={"x": "y"}), meta(labels={"x": "/"})),
    *merge(f"{PODS}/stuck{DRY}", meta(labels={"x": "y"}), meta(labels={"weight": None})),
    *merge(f"/api/v1/{N}/services/web{DRY}", meta(labels={"x": "y"}), spec(selector={"x": "y"})),
    *merge(f"/apis/networking.k8s.io/v1/{N}/ingresses/web{DRY}", meta(annotations={"x": "y"})),
    *merge(f"/api/v1/{N}/persistentvolumeclaims/data{DRY}", meta(annotations={"x": "y"})),
)

PATCHES = (
    *merge(
        WEB, spec(replicas=3), spec(replicas=2), spec(replicas=-1), spec(replicas=None), {"status": {"replicas": 9}}
    ),
    *merge(f"{DEPLOYMENTS}/nope{DRY}", {}),
    *strategic(WEB, spec(template=meta(annotations={ADMITTED: "x"})), spec(paused=True), spec(paused=False)),
    *strategic(
        WEB, main(image="nginx:9"), main(image=""), main(imagePullPolicy="x"), pods(containers=[{"image": "x"}])
    ),
    *strategic(WEB, pods(containers=[{"name": "new", "image": "nginx:latest"}]), pods(containers=[{"name": "new"}])),
    *strategic(WEB, pods(containers=[FULL], volumes=VOLUMES), pods(containers=[{"name": "we_b", "image": "x"}])),
    *strategic(WEB, pods(**{ORDER: [{"name": "main"}], "containers": [{"name": "main", "image": "nginx:9"}]})),
    *strategic(WEB, pods(containers=[{"$patch": "replace"}, {"name": "x", "image": "y"}])),
    *strategic(WEB, pods(containers=[{"name": "main", "$patch": "nope"}]), pods(nodeSelector={"a": "b"})),
    *strategic(WEB, pods(containers=[{"name": "b", "image": "y"}, {"name": "main", "$patch": "delete"}])),
    *strategic(WEB, main(env=[{"name": "X", "value": "y"}, {"name": "Z"}]), main(args=["a"]), main(command=["a", "b"])),
    *strategic(WEB, main(resources={"limits": {"cpu": "200m", "memory": "1Gi"}}), main(ports=[{"containerPort": 0}])),
    *strategic(WEB, main(volumeMounts=[{"name": "nope", "mountPath": "/x"}]), main(ports=[{"containerPort": 70000}])),
    *strategic(WEB, spec(strategy={"$retainKeys": ["type"], "type": "Recreate"}), spec(strategy={"type": "Recreate"})),
    *strategic(WEB, spec(strategy={"type": "Recreate", "rollingUpdate": None}), meta(labels={})),
    *strategic(WEB, spec(selector={"matchLabels": {"app": "x"}}), spec(template=meta(labels={"app": "x"}))),
    *strategic(f"/apis/apps/v1/{N}/statefulsets/db{DRY}", spec(replicas=3), main(image="postgres:18")),
    *strategic(f"/apis/apps/v1/{N}/daemonsets/agent{DRY}", main(image="promtail:4"), meta(annotations={"a": "b"})),
    *strategic(f"/apis/batch/v1/{N}/cronjobs/nightly{DRY}", spec(suspend=False), spec(schedule="0 4 * * *")),
    *strategic(f"/apis/batch/v1/{N}/jobs/once{DRY}", spec(suspend=False), meta(labels={"a": "b"})),
    *strategic(f"{PODS}/stuck{DRY}", spec(containers=[{"name": "main", "image": "y"}])),
    *strategic(f"/api/v1/nodes/node-1{DRY}", spec(unschedulable=True), spec(unschedulable=None)),
    *strategic(f"/api/v1/nodes/node-1{DRY}", spec(taints=[{"key": "a", "value": "b", "effect": "NoSchedule"}])),
    *(
        write("PATCH", WEB, [operation], PATCH)
        for operation in (
            {"op": "replace", "path": "/spec/replicas", "value": 7},
            {"op": "test", "path": "/spec/replicas", "value": 3},
            {"op": "test", "path": "/spec/replicas", "value": 2},
            {"op": "remove", "path": "/nope"},
            {"op": "add", "path": "/metadata/labels/x", "value": "y"},
            {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "n", "image": "m"}},
            {"op": "copy", "from": "/spec/replicas", "path": "/spec/minReadySeconds"},
            {"op": "nope", "path": "/x"},
        )
    ),
    *(write("PATCH", WEB, body, media) for body, media in (("[]", MERGE), ("{}", PATCH), ("{}", "text/plain"))),
    *(write("PATCH", f"{WEB}&fieldValidation={how}", {}, MERGE) for how in ("Strict", "Warn", "Ignore", "Nope")),
)

SET, DAEMONS = f"/apis/apps/v1/{N}/statefulsets/db{DRY}", f"/apis/apps/v1/{N}/daemonsets/agent{DRY}"
OTHER = {"matchLabels": {"app": "other"}}


def rolling(field: str, **more: Any) -> Json:
    return spec(**{field: {"rollingUpdate": more}})


RULES = (
    *strategic(SET, main(image=""), main(volumeMounts=[{"name": "x", "mountPath": "/x"}]), main(imagePullPolicy="x")),
    *strategic(SET, spec(template=meta(labels={"a b": "c"})), spec(template=meta(annotations={"a b": "c"}))),
    *strategic(SET, spec(template=meta(labels={"app": "c"})), spec(selector=OTHER), spec(serviceName="x")),
    *strategic(SET, spec(podManagementPolicy="Parallel"), spec(revisionHistoryLimit=3), spec(minReadySeconds=3)),
    *strategic(
        SET, spec(updateStrategy={"type": "OnDelete", "rollingUpdate": None}), rolling("updateStrategy", partition=2)
    ),
    *strategic(SET, spec(persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"})),
    *strategic(DAEMONS, spec(updateStrategy={"type": "OnDelete"}), rolling("updateStrategy", maxUnavailable=2)),
    *strategic(DAEMONS, rolling("updateStrategy", maxUnavailable=0), spec(selector=OTHER)),
    *strategic(DAEMONS, spec(template=meta(labels={"a b": "c"})), spec(minReadySeconds=3, revisionHistoryLimit=2)),
    *strategic(
        WEB, rolling("strategy", maxUnavailable=0, maxSurge=0), rolling("strategy", maxUnavailable=1, maxSurge="50%")
    ),
    *strategic(WEB, spec(progressDeadlineSeconds=5, minReadySeconds=10), spec(progressDeadlineSeconds=50)),
    *strategic(WEB, pods(serviceAccountName="x"), pods(initContainers=[{"name": "i", "image": "x"}])),
    *strategic(WEB, pods(volumes=[{"name": "a"}]), main(readinessProbe={"tcpSocket": {"port": "http"}})),
    *merge(f"/apis/batch/v1/{N}/jobs/once{DRY}", spec(parallelism=3), spec(ttlSecondsAfterFinished=3)),
    *merge(f"/apis/batch/v1/{N}/cronjobs/nightly{DRY}", spec(concurrencyPolicy="Forbid", failedJobsHistoryLimit=3)),
    *strategic(f"/apis/batch/v1/{N}/cronjobs/nightly{DRY}", spec(jobTemplate=main(image="z"))),
    *strategic(f"/apis/batch/v1/{N}/cronjobs/nightly{DRY}", spec(jobTemplate=spec(backoffLimit=3))),
)
"""What goes across fields."""

SCALES = (
    *merge(f"{DEPLOYMENTS}/web/scale{DRY}", spec(replicas=3), spec(replicas=0), spec(replicas=-3), meta(name="x")),
    *merge(f"{DEPLOYMENTS}/web/scale{DRY}", meta(resourceVersion="1"), {}),
    *merge(f"{DEPLOYMENTS}/nope/scale{DRY}", spec(replicas=3)),
    *merge(f"/apis/apps/v1/{N}/statefulsets/db/scale{DRY}", spec(replicas=3)),
    *merge(f"/apis/apps/v1/{N}/daemonsets/agent/scale{DRY}", spec(replicas=3)),
    *strategic(f"{DEPLOYMENTS}/web/scale{DRY}", spec(replicas=3)),
    write("PATCH", f"{DEPLOYMENTS}/web/scale{DRY}", [{"op": "replace", "path": "/spec/replicas", "value": 7}], PATCH),
    *(
        write("PUT", f"{DEPLOYMENTS}/web/scale{DRY}", {"metadata": {"name": "web", **more}, "spec": {"replicas": 5}})
        for more in ({}, {"resourceVersion": "1"}, {"namespace": "differential"})
    ),
)

CUSTOM = (
    *merge(f"{GADGETS}/a-gadget{DRY}", spec(size=9), spec(size="x"), spec(size=1), spec(nope="x"), spec(color=None)),
    *merge(f"{GADGETS}/a-gadget{DRY}", meta(labels={"x": "y"}), meta(annotations={"x": "y"}), {"nope": 1}),
    *merge(f"{GADGETS}/a-gadget{DRY}&fieldValidation=Strict", spec(size=9)),
    write("POST", f"{GADGETS}{DRY}&fieldValidation=Strict", gadget("fresh", nope="x")),
    *merge(f"{GADGETS}/nope{DRY}", {}),
    *strategic(f"{GADGETS}/a-gadget{DRY}", spec(size=9)),
    write("PATCH", f"{GADGETS}/a-gadget{DRY}", [{"op": "replace", "path": "/spec/size", "value": 7}], PATCH),
    *(write("POST", f"{GADGETS}{DRY}", gadget(name, size=1)) for name in ("fresh", "a-gadget", "T_o")),
    write("POST", f"{GADGETS}{DRY}", gadget("fresh", size="x")),
    write("POST", f"{GADGETS}{DRY}", gadget("fresh", nope="x")),
    write("PUT", f"{GADGETS}/a-gadget{DRY}", gadget("a-gadget", size=1)),
    *(write("DELETE", f"{GADGETS}/a-gadget", options(propagationPolicy=p)) for p in ("Background", "Foreground")),
)


def job(labels: Json | None = None, own: Json | None = None, **fields: Any) -> Json:
    """A Job with labels of its own, and those of its template."""
    template = {
        "metadata": {"labels": own or {}},
        **spec(restartPolicy="Never", containers=[{"name": "c", "image": "x"}]),
    }
    head = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "fresh", "labels": labels or {}}}
    return {**head, "spec": {"template": template, **fields}}


JOBS = f"/apis/batch/v1/{N}/jobs{DRY}"
CREATED = (
    *(
        write("POST", JOBS, job(*labels))
        for labels in ((), ({"a": "b"},), (None, {"c": "d"}), ({"a": "b"}, {"c": "d"}))
    ),
    *(write("POST", JOBS, job(**fields)) for fields in ({"parallelism": 2}, {"completions": 2}, {"suspend": True})),
    write("POST", JOBS, job(backoffLimit=-1)),
    write("POST", JOBS, job(template=spec(restartPolicy="OnFailure", containers=[FULL], volumes=VOLUMES))),
    write("POST", JOBS, job(template=spec(containers=[{"name": "c", "image": "x"}]))),
    *(
        write("POST", f"/apis/apps/v1/{N}/{kind.lower()}s{DRY}", workload(kind, "fresh"))
        for kind in ("Deployment", "StatefulSet", "DaemonSet")
    ),
    *(write("POST", f"{DEPLOYMENTS}{DRY}", workload("Deployment", name)) for name in ("web", "", "N_o")),
    write("POST", f"{DEPLOYMENTS}{DRY}", workload("Deployment", "fresh", container={"image": ""})),
    write("POST", f"{DEPLOYMENTS}{DRY}", workload("Deployment", "fresh", container=FULL)),
    write("POST", f"{DEPLOYMENTS}{DRY}", workload("Deployment", "fresh", metadata={"namespace": "other"})),
    write("POST", f"{DEPLOYMENTS}{DRY}", workload("Deployment", "fresh", replicas=4, strategy={"type": "Recreate"})),
    write("POST", f"/apis/apps/v1/namespaces/nowhere/deployments{DRY}", workload("Deployment", "fresh")),
    *(
        write("POST", f"/api/v1/namespaces{DRY}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for name in ("fresh", "differential", "fre.sh")
    ),
    write("PUT", WEB, workload("Deployment", "web")),
    write("PUT", WEB, workload("Deployment", "other")),
    write("PUT", f"{DEPLOYMENTS}/nope{DRY}", workload("Deployment", "nope")),
    write("PATCH", f"{DEPLOYMENTS}/fresh{DRY}&fieldManager=x", workload("Deployment", "fresh"), APPLY),
)

BACKGROUND: Json = {"propagationPolicy": "Background"}
DELETE_OPTIONS: tuple[Json, ...] = (
    *({"propagationPolicy": policy} for policy in ("Background", "Foreground", "Orphan")),
    *({}, {"orphanDependents": True}, {"orphanDependents": False}),
    *({"preconditions": {"uid": "x"}}, {"preconditions": {"resourceVersion": "x"}}),
)

DELETED = (
    *(
        write("DELETE", f"{PODS}/stuck", options(**more))
        for more in ({}, BACKGROUND, {"gracePeriodSeconds": 0}, {"gracePeriodSeconds": 1})
    ),
    *(write("DELETE", f"{DEPLOYMENTS}/web", options(**more)) for more in DELETE_OPTIONS),
    *(
        write("DELETE", path, options(propagationPolicy="Background"))
        for path in (
            *(
                f"{PODS}/nope",
                f"/apis/batch/v1/{N}/jobs/once",
                "/api/v1/namespaces/differential",
                "/api/v1/nodes/node-1",
            ),
            *(f"/api/v1/{N}/services/web", f"/api/v1/{N}/persistentvolumeclaims/data", DEPLOYMENTS),
            *(f"{PODS}?labelSelector=weight%3D7", f"{PODS}?labelSelector=app%3Dnope", f"{PODS}?fieldSelector=nope%3Dx"),
        )
    ),
    write("DELETE", f"/apis/batch/v1/{N}/jobs/once", options()),
    write("DELETE", f"{DEPLOYMENTS}/web{DRY}", ""),
    write("DELETE", f"{DEPLOYMENTS}{DRY}", ""),
    *(write("POST", f"{PODS}/{name}/eviction", eviction(name)) for name in ("stuck", "nope")),
    write("POST", f"{PODS}/stuck/eviction", eviction("other")),
    write("POST", f"{PODS}/stuck/eviction{DRY}", {**eviction("stuck"), "deleteOptions": {}}),
)

WRITES = tuple(dict.fromkeys((*METADATA, *PATCHES, *RULES, *SCALES, *CUSTOM, *CREATED, *DELETED)))

MISTYPED = (
    *merge(WEB, spec(replicas="x"), meta(annotations={"a": 1}), meta(labels={"a": True})),
    *merge(f"{DEPLOYMENTS}/web/scale{DRY}", spec(replicas="x")),
    *merge(f"{GADGETS}/a-gadget{DRY}&fieldValidation=Strict", spec(nope="x")),
)
"""What can't be read after the patch: the API server repeats the whole object, so that code and reason are compared."""

TWO = {"httpGet": {"port": 80}, "tcpSocket": {"port": 80}}
UNTOLD = (
    write("POST", JOBS, job(completionMode="Indexed", completions=2)),
    *strategic(SET, spec(updateStrategy={"type": "OnDelete"}), pods(restartPolicy="Never")),
    *strategic(WEB, pods(initContainers=[{"name": "main", "image": "x"}]), main(readinessProbe=TWO)),
    *strategic(
        WEB, main(readinessProbe={"periodSeconds": 2}), main(envFrom=[{}]), main(env=[{"name": "A", "valueFrom": {}}])
    ),
    *strategic(WEB, main(livenessProbe={"httpGet": {"port": 80}, "successThreshold": 2})),
    *strategic(WEB, pods(volumes=[{"name": "a", "emptyDir": {}, "secret": {"secretName": "x"}}])),
    *strategic(
        WEB, main(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}), main(resources={"limits": {"x": "1"}})
    ),
    *strategic(WEB, main(ports=[{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}])),
    *merge(f"/apis/batch/v1/{N}/cronjobs/nightly{DRY}", spec(schedule="99 * * * *")),
    *merge(f"/api/v1/nodes/node-1{DRY}", spec(taints=[{"key": "a", "effect": "Nope"}])),
    *strategic(WEB, spec(strategy={"type": "Nope"})),
    *strategic(WEB, spec(nope=1), pods(hostNetwork=True), main(resources={"limits": {"cpu": "0.5"}})),
    *strategic(f"{PODS}/stuck{DRY}", spec(containers=[{"name": "main", "command": ["y"]}])),
    *merge(f"/apis/networking.k8s.io/v1/{N}/ingresses/web{DRY}", spec(ingressClassName="x")),
    write("PATCH", f"{WEB}&fieldManager=x", workload("Deployment", "web"), APPLY),
    write("POST", f"{DEPLOYMENTS}{DRY}", workload("Deployment", "", metadata={"generateName": "made-"})),
    write(
        "DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.differential.truebook.dev", options()
    ),
)

NOT_DRY = (
    *(
        write("PATCH", f"{DEPLOYMENTS}/web{query}", spec(replicas=3), MERGE)
        for query in ("", "?dryrun=All", "?dryRun=")
    ),
    *(write("PATCH", f"{WEB}{more}", spec(replicas=3), MERGE) for more in ("&dryRun=", "&dryRun=None")),
    write("PATCH", f"{DEPLOYMENTS}/web?dryRun=all", spec(replicas=3), MERGE),
    write("DELETE", f"{PODS}/stuck{DRY}", {"kind": "DeleteOptions", "apiVersion": "v1"}),
    write("DELETE", f"{PODS}/stuck{DRY}", "{}"),
    write("DELETE", f"{PODS}/stuck{DRY}", '{"dryrun": ["All"]}'),
    write("DELETE", f"{PODS}/stuck{DRY}", '{"dryRun": ["All", "None"]}'),
    write("DELETE", f"{PODS}/stuck", ""),
    write("POST", f"{PODS}/stuck/eviction", {**eviction("stuck"), "deleteOptions": {}}),
    write("POST", f"/api/v1/{N}/serviceaccounts/default/token{DRY}", {"spec": {}}),
)
"""What is no dry run, or may not be one."""

S = "-n differential --dry-run=server"
KUBECTL_WRITES = (
    *(f"scale deploy/web --replicas={number} {S}" for number in (3, 0, -1)),
    *(f"scale {what} --replicas=3 {S}" for what in ("sts/db", "deploy/nope", "ds/agent", "deploy/web sts/db")),
    f"scale deploy/web --current-replicas=2 --replicas=3 {S}",
    f"scale deploy/web --current-replicas=9 --replicas=3 {S}",
    *(f"label {what} {S}" for what in ("deploy web a=b", "deploy web part=x", "pods --all a=b", "deploy web part-")),
    *(
        f"annotate {what} {S}"
        for what in ("deploy web a=b", "pod stuck a=b -o yaml", "gadget a-gadget a=b", "ns x a=b")
    ),
    *(f"set image deploy/web main=nginx:{tag} {S} -o yaml" for tag in ("9", "latest")),
    *(f"set image deploy/web nope=nginx {S}", f"set env deploy/web A=b {S}", f"set env deploy/web A=b {S} -o yaml"),
    f"set resources deploy/web --limits=cpu=200m {S}",
    f'patch deploy web -p \'{{"spec":{{"replicas":7}}}}\' {S} -o yaml',
    f'patch gadget a-gadget --type=merge -p \'{{"spec":{{"size":7}}}}\' {S} -o json',
    *(f"delete {what} {S}" for what in ("pod stuck", "deploy web", "gadget a-gadget", "pod nope", "pods -l weight=7")),
    *(f"delete {what} {S}" for what in ("deploy --all", "svc web", "pod stuck --now", "pod stuck --force", "job once")),
    *(f"{verb} node-1 --dry-run=server" for verb in ("cordon", "uncordon", "cordon nope", "taint node")),
    "taint node node-1 a=b:NoSchedule --dry-run=server",
    "drain node-1 --dry-run=server --ignore-daemonsets --force --delete-emptydir-data --pod-selector=part=differential",
    "delete ns differential --dry-run=server",
    *(f"rollout undo {what} {S}" for what in ("deploy/web", "deploy/nope")),
    *(f"create -f {file} {S}" for file in ("fresh.yaml", "web.yaml", "gadget.yaml")),
    *(f"apply -f {file} {S}" for file in ("fresh.yaml", "web.yaml", "gadget.yaml")),
    f"apply -f fresh.yaml {S} -o yaml",
    *(f"create job now --from=cronjob/{name} {S} -o yaml" for name in ("nightly", "nope")),
    *(f"create job {name} --image=busybox {S} -o yaml -- sleep 1" for name in ("now", "once")),
    *(f"create deployment {name} --image=nginx --port=80 {S} -o yaml" for name in ("fresh", "web")),
    *(f"create namespace {name} --dry-run=server -o yaml" for name in ("fresh", "differential", "fre.sh")),
    f"apply -f fresh.yaml --server-side {S} -o yaml",
    *(f"replace -f {file} {S}" for file in ("fresh.yaml", "web.yaml")),
    *(f"delete -f {file} {S}" for file in ("fresh.yaml", "web.yaml", "gadget.yaml")),
)

FILES = {
    "fresh.yaml": json.dumps(workload("Deployment", "fresh")),
    "web.yaml": json.dumps(workload("Deployment", "web")).replace('{"a": "b"}', '{"app": "web"}'),
    "gadget.yaml": json.dumps(gadget("a-gadget", size=4, color="red")),
}
"""What the commands read; JSON is YAML."""
