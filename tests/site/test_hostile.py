"""A cluster that wants to harm its readers: names, messages and tags with markup, script and Mermaid in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.site.browsing import visit
from tests.site.building import EMBEDDED, build, serving
from tests.site.test_pages import NODES

pytestmark = pytest.mark.browser

SCRIPT = "<script>window.harmed=1</script>"
IMAGE = "<img src=x onerror=window.harmed=2>"
NAMES = [
    SCRIPT,
    IMAGE,
    'quote"] click n1 call alert() n1["',
    "end",
    "pipe | tick ` star * under_score",
    "](javascript:window.harmed=3) [x](x",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "<!-- END truebook --> & &lt;b&gt;",
    "\u202eesrever\u202c \u200bzero",
    "long " + "x" * 10_000,
    "{{ 7*7 }} {% raw %} $(id)",
    "</div></article></main></body>" + SCRIPT,
]


def poisoned() -> dict[str, Any]:
    """The embedded homelab with components of such names, and with poison in the values of Vault and the sources."""
    recording: dict[str, Any] = json.loads(EMBEDDED.read_bytes())
    lists = recording["parts"]["kubernetes"]["data"]["lists"]
    ingresses = lists["networking.k8s.io/ingresses"]
    for i, name in enumerate(NAMES):
        found = copy.deepcopy(ingresses["items"][0])
        found["metadata"] |= {
            "name": f"hostile-{i}",
            "namespace": "apps",
            "labels": {},
            "annotations": {
                "gethomepage.dev/enabled": "true",
                "gethomepage.dev/name": name,
                "gethomepage.dev/group": "Security",
                "gethomepage.dev/description": name + IMAGE,
                "gethomepage.dev/href": "javascript:window.harmed=4",
            },
        }
        found["spec"] = {"rules": [{"host": f"hostile-{i}.homelab.local"}]}
        ingresses["items"].append(found)
        ingresses["cells"].append(ingresses["cells"][0])
    vault = next(item for item in lists["apps/statefulsets"]["items"] if item["metadata"]["name"] == "vault")
    vault["spec"]["template"]["spec"]["containers"][0]["image"] = f"vault:{IMAGE}|`{SCRIPT}"
    vault["metadata"]["labels"]["app.kubernetes.io/version"] = f"1.2|`{SCRIPT}"
    for item in applications(recording):
        if item["metadata"]["name"] == "vault":
            item["status"]["health"] = {"status": f"Degraded{SCRIPT}", "message": f"{IMAGE} | {SCRIPT}\n\n# head"}
    for system in ("alertmanager", "prometheus", "grafana", "authentik", "vault"):
        for reply in recording["parts"][system]["data"]["answers"].values():
            reply["body"] = poison(reply["body"])
        recording["parts"][system]["stand_in"] = f"{SCRIPT}{IMAGE}"
    for name in ("backups", "schedules", "backupstoragelocations"):
        for item in lists[f"velero.io/{name}"]["items"]:
            item.get("status", {}).update(phase=SCRIPT, message=IMAGE, lastValidationTime=SCRIPT)
    recording["parts"]["git"] |= {"state": "stale", "reason": f"{SCRIPT}{IMAGE}", "read_at": SCRIPT}
    recording["cluster"] |= {"name": f"lab{SCRIPT}", "version": IMAGE}
    return recording


TOLD = {
    "summary": f"{IMAGE} | {SCRIPT}",
    "severity": "](javascript:window.harmed=5) `",
    "runbook_url": "https://docs.homelab.local/vault.html#x](javascript:window.harmed=6)",
    "comment": f"{SCRIPT} | <!-- END truebook -->",
    "createdBy": IMAGE,
    "lastError": f"{SCRIPT}\n\n# head\n\n| a | b |",
    "title": f"{IMAGE} [x](javascript:window.harmed=8)",
    "url": "javascript:window.harmed=9",
    "client_id": f"`{SCRIPT}",
    "slug": "../../x",
    "version": f"9{SCRIPT}",
}
"""What systems say in place of these, wherever they say it."""


def poison(body: Any) -> Any:
    """An answer's body with poison in what is shown of it; what joins it to components stays."""
    if isinstance(body, list):
        return [poison(item) for item in body]
    if isinstance(body, dict):
        return {
            key: TOLD[key] if key in TOLD and isinstance(value, str) else poison(value) for key, value in body.items()
        }
    return body


def applications(recording: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each Application, as Kubernetes and as ArgoCD told it."""
    yield from recording["parts"]["kubernetes"]["data"]["lists"]["argoproj.io/applications"]["items"]
    for answer in recording["parts"]["argocd"]["data"]["answers"].values():
        for item in (answer["body"] or {}).get("items") or []:
            if "health" in item.get("status", {}):
                yield item


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "homelab.json").write_text(json.dumps(poisoned()), encoding="utf-8")
    built = build(folder / "site", recording=folder / "homelab.json", strict=False)
    assert built.returncode == 0, built.stderr
    with serving(folder / "site") as url:
        yield url


PAGES = ["index", "stack", "vault", "alertmanager", "prometheus", "grafana", "oidc", "velero", "incident/identify"]


@pytest.mark.parametrize("name", [f"{page}.html" for page in PAGES])
def test_nothing_of_it_runs_or_becomes_markup(browser: Browser, hostile: str, name: str) -> None:
    with visit(browser, hostile) as found:
        page = found.open(name)
        assert page.evaluate("window.harmed") is None
        assert (
            page.locator("article img, article iframe, article script, article [onerror], article [onclick]").count()
            == 0
        )
        assert page.locator("article h1").count() == 1
        links = page.locator("a").evaluate_all("all => all.map((a) => a.href?.baseVal ?? a.href)")
        assert [link for link in links if link.startswith(("javascript:", "data:"))] == []
        expect(page.locator(".md-footer")).to_have_count(1)  # nothing closed the page early
        expect(page.locator(".truebook-freshness")).to_contain_text(SCRIPT)
        found.screenshot(f"hostile-{name.removesuffix('.html').replace('/', '-')}")


def test_tables_and_diagram_stay_whole(browser: Browser, hostile: str) -> None:
    with visit(browser, hostile) as found:
        page = found.open("index.html")
        table = page.locator("h3#security ~ .md-typeset__scrollwrap table").first
        cells = table.locator("tr").evaluate_all("rows => rows.map((row) => row.cells.length)")
        assert cells == [5] * (1 + 2 + len(NAMES))
        shown = table.inner_text()
        for name in (SCRIPT, IMAGE, "end", "pipe | tick ` star * under_score", "{{ 7*7 }}"):
            assert name in shown
        assert "\u202e" not in shown
        assert "x" * 500 not in shown

        assert len(page.locator(".mermaid svg .node").all_text_contents()) == len(NODES)  # whatever else there is

        page = found.open("stack.html")
        diagram = page.locator(".mermaid").first
        labels = diagram.locator("svg .node").all_text_contents()
        assert len(labels) == len(NODES) + 1 + len(NAMES)  # Loki is in the diagram too
        assert SCRIPT in " ".join(labels)
        assert diagram.locator("svg .cluster").count() == 4


def test_what_systems_tell_stays_in_its_table(browser: Browser, hostile: str) -> None:
    with visit(browser, hostile) as found:
        page = found.open("alertmanager.html")
        table = page.locator("h2#what-fires-now ~ .md-typeset__scrollwrap table").first
        cells = table.locator("tr").evaluate_all("rows => rows.map((row) => row.cells.length)")
        assert len(set(cells)) == 1
        assert len(cells) > 1
        assert TOLD["summary"] in table.inner_text()
        links = table.locator("a").evaluate_all("all => all.map((a) => a.href)")
        assert links
        assert all(link.startswith(hostile) for link in links)
        page = found.open("grafana.html")
        dashboards = page.locator("h2#dashboards ~ .md-typeset__scrollwrap table").first
        assert IMAGE in dashboards.inner_text()
        assert "stand-in" in page.locator(".truebook-note").first.inner_text()


def test_values_in_prose_stay_text(browser: Browser, hostile: str) -> None:
    with visit(browser, hostile) as found:
        page = found.open("vault.html")
        table = page.locator("h2#where-it-runs ~ .md-typeset__scrollwrap table").first
        rows = dict(
            table.locator("tbody tr").evaluate_all("rows => rows.map((r) => [...r.cells].map((c) => c.innerText))")
        )
        assert SCRIPT in rows["Version"]
        assert f"{IMAGE} | {SCRIPT}" in rows["Message"]
        assert SCRIPT in rows["Status"]
