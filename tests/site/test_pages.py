"""The site as it is built: strictly, without a network, filled, with all that it promises."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.building import DOCS, EMBEDDED, ROOT
from truebook import pipeline
from truebook.model import Inventory
from truebook.pages import regions

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}
PAGES = sorted(path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md"))

# What the page that this site grew from has on it.
ROWS = {
    "GitOps": [("ArgoCD", "argocd.html", "Continuous delivery", "argocd.homelab.local")],
    "Security": [
        ("Authentik", "authentik.html", "Identity provider", "auth.homelab.local"),
        ("Vault", "vault.html", "Secrets management", "vault.homelab.local"),
    ],
    "Observability": [
        ("Prometheus", "prometheus.html", "Metrics collection", "prometheus.homelab.local"),
        ("Grafana", "grafana.html", "Dashboards", "grafana.homelab.local"),
    ],
    "Backup": [("Velero", "velero.html", "Cluster backup", "MinIO S3")],
}
COMMANDS = [
    "argocd app sync <app-name>",
    "argocd app wait <app-name>",
    "vault kv put secret/app/db password=$(openssl rand -base64 32)",
    "kubectl rollout restart deployment/<app> -n <namespace>",
    "kubectl scale deployment/<name> --replicas=3 -n <namespace>",
    "# Edit values.yaml and push to Git",
]
TOPICS = [
    ("argocd.html", "ArgoCD", "GitOps continuous delivery"),
    ("vault.html", "Vault", "Secrets management"),
    ("prometheus.html", "Prometheus", "Metrics and alerting"),
    ("grafana.html", "Grafana", "Visualization and dashboards"),
    ("authentik.html", "Authentik", "Identity and access management"),
    ("oidc.html", "OIDC Integration", "Single sign-on setup"),
    ("velero.html", "Velero", "Backup and disaster recovery"),
]
STEPS = [
    ("Identify", "Check Grafana dashboards and Alertmanager"),
    ("Contain", "Scale down affected workloads if needed"),
    ("Investigate", "Review logs in Grafana/Loki"),
    ("Remediate", "Apply fix via GitOps"),
    ("Document", "Update runbooks"),
]
NODES = ["GitHub", "ArgoCD", "Authentik", "Vault", "Prometheus", "Grafana", "Alertmanager", "Velero", "MinIO"]


@dataclass
class Html(HTMLParser):
    """What a page refers to, has and says."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _within: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._within = tag
        self.ids.update(value for name, value in values.items() if name in ("id", "name"))
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") not in ("prev", "next"):
            self.fetched.append(values["href"])
        if tag in FETCHED and FETCHED[tag] in values:
            self.fetched.append(values[FETCHED[tag]])
        if "style" in values:
            self.styles.append(values["style"])

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self.styles.append(data)
        elif self._within != "script":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(path: Path) -> Html:
    page = Html()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    settings = pipeline.load_settings(DOCS.parent / "truebook.yml")
    return pipeline.build_inventory(pipeline.read_state(settings, EMBEDDED), settings)


def test_builds_every_page(site: Path) -> None:
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert built == {*PAGES, "404.html", "drift.html", "verification.html"}


def test_every_link_leads_somewhere(site: Path) -> None:
    pages = {path: read(path) for path in site.rglob("*.html") if path.name != "404.html"}
    broken = []
    for path, page in pages.items():
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or not link:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                broken.append(f"{path.relative_to(site)}: {link}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                broken.append(f"{path.relative_to(site)}: {link} (no such section)")
    assert not broken


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    def outside(url: str) -> bool:
        return url.startswith("//") or bool(urlsplit(url.strip("'\" ")).scheme not in ("", "data"))

    found = []
    for path in site.rglob("*"):
        styles = path.read_text(encoding="utf-8") if path.suffix == ".css" else ""
        if path.suffix == ".html":
            page = read(path)
            found += [f"{path.name}: {url}" for url in page.fetched if outside(url)]
            styles = "\n".join(page.styles)
            assert 'pre class="mermaid' not in path.read_text(encoding="utf-8"), "Material would fetch its own Mermaid"
        urls = re.findall(r"url\(\s*([^)]{1,200})|@import\s+([^;]+)", styles)
        found += [f"{path.name}: {url}" for pair in urls for url in pair if url and outside(url)]
    assert not found


def test_the_vendored_files_are_published_with_their_licences(site: Path) -> None:
    vendor = site / "assets" / "vendor"
    for name in ("mermaid", "inter", "jetbrains-mono"):
        assert (vendor / f"{name}.LICENSE").stat().st_size > 500
    assert (vendor / "mermaid.min.js").stat().st_size > 1_000_000
    assert "assets/vendor/mermaid.min.js" in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_how_fresh_it_is(site: Path, page: str) -> None:
    recording = json.loads(EMBEDDED.read_bytes())
    html = (site / page).read_text(encoding="utf-8")
    assert html.count('<p class="truebook-freshness') == 1
    assert f'data-recorded-at="{recording["recorded_at"]}"' in html
    assert f"<strong>{recording['cluster']['name']}</strong>" in html
    assert "the embedded homelab" in html


def tables(html: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Each table of the landing page below its heading, as rows of the cells' HTML."""
    for heading, _, table in re.findall(r"<h3[^>]*>([^<]+)(.*?)<table>(.*?)</table>", html, re.DOTALL):
        yield (
            heading,
            [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)],
        )


def test_the_landing_page_has_all_components_live(site: Path) -> None:
    found = dict(tables((site / "index.html").read_text(encoding="utf-8")))
    assert list(found) == [*ROWS, "Platform", "Apps"]
    for group, rows in ROWS.items():
        header, *cells = found[group]
        assert header == ["Component", "Purpose", "Storage" if group == "Backup" else "URL", "Status", "Version"]
        for title, page, purpose, third in rows:
            row = next(row for row in cells if f'href="{page}"' in row[0])
            assert f">{title}<" in row[0]
            assert row[1] == purpose
            assert re.sub("<[^>]+>", "", row[2]) == third
            assert re.search(r"\d+\.\d+", row[4])
    for header, *cells in found.values():
        assert "Status" in header
        for row in cells:
            assert 'class="truebook-status truebook-status--' in row[3] or "GitHub" in row[0]


def test_the_tables_say_what_the_recorded_objects_say(site: Path) -> None:
    """Read from the recording's bytes, not by the engine: ArgoCD's health word for each component it deploys."""
    recording = json.loads(EMBEDDED.read_bytes())
    lists = recording["parts"]["kubernetes"]["data"]["lists"]
    health = {
        item["metadata"]["name"]: item["status"]["health"]["status"]
        for item in lists["argoproj.io/applications"]["items"]
    }
    rows = {
        re.sub("<[^>]+>", "", row[0]).lower().replace(" ", "-"): re.sub("<[^>]+>", "", row[3])
        for _, table in tables((site / "index.html").read_text(encoding="utf-8"))
        for row in table[1:]
    }
    compared = {name: word for name, word in health.items() if name in rows}
    assert len(compared) >= 12
    assert {name: rows[name] for name in compared} == compared
    assert {"Healthy", "Degraded", "Progressing"} <= set(compared.values())


def test_the_landing_page_has_its_runbooks_steps_and_topics(site: Path) -> None:
    page = read(site / "index.html")
    markdown = (DOCS / "index.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"    {command}\n" in markdown
    for tab in ("Deploy Changes", "Rotate Secrets", "Scale Workloads"):
        assert f'=== "{tab}"' in markdown
        assert tab in page.text
    assert "Emergency Procedures" in page.text
    for step, words in STEPS:
        assert f"{step} - {words}" in page.text
        assert f"incident/{step.lower()}.html" in page.links
    for link, title, words in TOPICS:
        assert link in page.links
        assert f"{title} - {words}" in page.text


GROUPS = {
    "GitOps": ["GitHub", "ArgoCD"],
    "Security": ["Authentik", "Vault"],
    "Observability": ["Prometheus", "Grafana", "Alertmanager"],
    "Backup": ["Velero", "MinIO"],
}
ARROWS = {
    ("GitHub", "", "ArgoCD"),
    ("ArgoCD", "deploys", "Authentik"),
    ("ArgoCD", "deploys", "Vault"),
    ("ArgoCD", "deploys", "Prometheus"),
    ("Authentik", "SSO", "Grafana"),
    ("Vault", "secrets", "ArgoCD"),
    ("Prometheus", "", "Grafana"),
    ("Prometheus", "", "Alertmanager"),
    ("Velero", "", "MinIO"),
}


def test_the_diagram_has_the_nodes_groups_and_arrows_that_were_asked_for_and_no_others(site: Path) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<div class="mermaid">(.*?)</div>', page, re.DOTALL)
    assert found is not None
    drawn = unescape(found[1])
    frames = re.findall(r'subgraph \w+\["(.*?)"\]\n(.*?)\n +end', drawn, re.DOTALL)
    boxes = {group: re.findall(r'(n\d+)[\[(]+"(.*?)(?:<br>.*)?"', body) for group, body in frames}
    assert {group: [title for _, title in titles] for group, titles in boxes.items()} == GROUPS
    titles = {node: title for found in boxes.values() for node, title in found}
    arrows = re.findall(r'^ +(n\d+) (-->|-\.->)(?:\|"(.*?)"\|)? (n\d.*)$', drawn, re.MULTILINE)
    assert {
        (titles[source], label, titles[target])
        for source, _, label, targets in arrows
        for target in targets.split(" & ")
    } == ARROWS
    assert {line for _, line, *_ in arrows} == {"-->"}


def test_each_of_its_arrows_has_its_evidence(site: Path) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    evidence = re.search(r'<details class="truebook-evidence">(.*?)</details>', page, re.DOTALL)
    assert evidence is not None
    items = [unescape(re.sub("<[^>]+>", "", item)) for item in re.findall("<li[^>]*>(.*?)</li>", evidence[1])]
    said = dict(item.split(": ", 1) for item in items)
    assert set(said) == {f"{source} → {target}" + (f" ({label})" if label else "") for source, label, target in ARROWS}
    assert not [item for item in items if "stated in" in item]
    assert "Not drawn" not in page


def test_no_arrow_is_only_stated(inventory: Inventory) -> None:
    assert [r for r in inventory.relations if r.kind == "stated" or r.evidence.source == "catalog"] == []


@pytest.mark.parametrize("page", [page.removesuffix(".html") + ".md" for page in PAGES])
def test_what_is_committed_is_what_the_homelab_says(page: str, inventory: Inventory) -> None:
    """Stable columns are facts; a reader of the repository must see them as they are."""

    def link(written: str) -> str | None:
        name, mark, anchor = written.partition("#")
        return (
            posixpath.relpath(name, posixpath.dirname(page) or ".") + mark + anchor if (DOCS / name).exists() else None
        )

    committed = (DOCS / page).read_text(encoding="utf-8")
    filled = regions.fill(
        committed, path=page, inventory=inventory, page_url=link, live=False, site_url="https://docs.homelab.local"
    )
    blocks = re.compile(r"<!-- BEGIN truebook:(?!value).*?<!-- END truebook", re.DOTALL)
    assert blocks.findall(filled) == blocks.findall(committed)


def section(site: Path, page: str, anchor: str) -> str:
    """The HTML of a section of a page, from its heading to the next of its level."""
    html = (site / page).read_text(encoding="utf-8")
    found = re.search(rf'<h2 id="{anchor}">(.*?)(?=<h2 |</article>)', html, re.DOTALL)
    assert found is not None, f"{page}#{anchor}"
    return found[1]


def cells(html: str) -> list[list[str]]:
    """The rows of a section's first table as text, without its head."""
    table = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    assert table is not None
    return [
        [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL)
    ]


def answer(system: str, path: str) -> Any:
    """What a system said, read from the recording's bytes and not by the engine."""
    return json.loads(EMBEDDED.read_bytes())["parts"][system]["data"]["answers"][path]["body"]


def test_alerts_lead_to_their_runbooks_in_this_site(site: Path) -> None:
    told = answer("alertmanager", "/api/v2/alerts")
    assert told
    for page, anchor, up in (
        ("alertmanager.html", "what-fires-now", ""),
        ("incident/identify.html", "what-is-not-well", "../"),
    ):
        shown = section(site, page, anchor)
        for alert in told:
            assert alert["labels"]["alertname"] in shown
            name = alert["annotations"]["runbook_url"].removeprefix("https://docs.homelab.local/")
            assert f'href="{up}{name}"' in shown


def test_what_is_silenced_is_said_with_its_reason(site: Path) -> None:
    told = [s for s in answer("alertmanager", "/api/v2/silences") if s["status"]["state"] == "active"]
    assert {s["comment"] for s in told} == {
        row[1] for row in cells(section(site, "alertmanager.html", "what-is-silenced"))
    }


def test_targets_and_rules_are_those_of_prometheus(site: Path) -> None:
    targets = answer("prometheus", "/api/v1/targets?state=active")["data"]["activeTargets"]
    shown = cells(section(site, "prometheus.html", "what-it-scrapes"))
    assert sorted((t["labels"]["job"], t["health"]) for t in targets) == sorted((row[0], row[1]) for row in shown)
    groups = answer("prometheus", "/api/v1/rules?type=alert")["data"]["groups"]
    shown = cells(section(site, "prometheus.html", "what-can-fire"))
    assert sorted(rule["name"] for group in groups for rule in group["rules"]) == sorted(row[0] for row in shown)


def test_clients_secrets_dashboards_and_backups_are_on_their_pages(site: Path) -> None:
    clients = {p["client_id"] for p in answer("authentik", "/api/v3/providers/oauth2/")["results"]}
    oidc = section(site, "oidc.html", "clients")
    assert {row[1] for row in cells(oidc)} == clients
    assert "A stand-in answered for Authentik" in unescape(oidc)
    lists = json.loads(EMBEDDED.read_bytes())["parts"]["kubernetes"]["data"]["lists"]
    external = lists["external-secrets.io/externalsecrets"]["items"]
    keys = {f"secret/{d['remoteRef']['key']}" for item in external for d in item["spec"]["data"]}
    paths = {row[0] for row in cells(section(site, "vault.html", "who-uses-what"))}
    assert keys
    assert keys <= paths
    dashboards = {d["title"] for d in answer("grafana", "/api/search?type=dash-db")}
    assert {row[0] for row in cells(section(site, "grafana.html", "dashboards"))} == dashboards
    schedules = {item["metadata"]["name"] for item in lists["velero.io/schedules"]["items"]}
    assert {row[0] for row in cells(section(site, "velero.html", "what-is-saved"))} == schedules


@pytest.mark.parametrize(
    "page", ["argocd", "authentik", "vault", "prometheus", "grafana", "alertmanager", "loki", "velero", "minio", "git"]
)
def test_each_component_s_page_says_what_there_is_for_it(site: Path, page: str, inventory: Inventory) -> None:
    shown = dict(cells(section(site, f"{page}.html", "at-a-glance")))
    component = inventory.component(page)
    assert component is not None
    for key, title in (("state", "State"), ("reported_version", "Reports version")):
        assert shown.get(title, "").startswith(component.text(key)), title
        if page in ("vault", "prometheus", "alertmanager", "grafana", "authentik", "loki"):
            assert component.text(key), f"{page}.{key}"
    ends = {r.target for r in inventory.relations if r.source == page} | {
        r.source for r in inventory.relations if r.target == page
    }
    assert ends
    assert ("Arrows in" in shown) or ("Arrows out" in shown)
    if page not in ("git", "argocd"):
        assert "firing" in shown["Alerts"] or shown["Alerts"] in ("None fires", "Not watched")


def test_the_dashboards_that_pages_name_are_there() -> None:
    """Grafana's dashboards are in the homelab's second repository; a page that sends somebody to another one lies."""
    made = (ROOT / "homelab" / "dashboards" / "dashboards").glob("*.yaml")
    titles = {re.findall(r'"title": "(.+?)"', file.read_text())[0] for file in made}
    said = "\n".join(path.read_text() for path in DOCS.rglob("*.md"))
    named = {
        name
        for names in re.findall(r"dashboards? (\*.+?\*)(?:[ ,.])", said)
        for name in re.findall(r"\*(.+?)\*", names)
    }
    assert {"Cluster", "GitOps"} <= named <= titles
