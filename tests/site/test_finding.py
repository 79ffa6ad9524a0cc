"""Finding things: by the search, by a component's page, on the page for incidents, and on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.browsing import Scheme, visit

pytestmark = pytest.mark.browser


def results(page: Page, words: str) -> list[str]:
    """The pages that the search finds for some words, best first."""
    field = page.locator(".md-search__input")
    field.fill(words[:-1])
    field.press_sequentially(words[-1])  # the search asks at each key: one key, so that no earlier answer is taken
    expect(page.locator(".md-search-result__meta")).to_contain_text("matching")
    links: list[str] = page.locator(".md-search-result__link").evaluate_all("all => all.map((one) => one.href)")
    return list(dict.fromkeys(link.rpartition("/")[2].partition("?")[0].partition("#")[0] for link in links))


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("Vault", "vault.html"),  # a component
        ("Jellyfin", "index.html"),  # one without a page, from a filled table
        ("grafana.homelab.local", "grafana.html"),  # a host, from a filled value
        ("jellyfin.homelab.local", "index.html"),
        ("kubectl scale deployment", "scale-workloads.html"),  # commands
        ("argocd app sync", "deploy-changes.html"),
        ("vault operator unseal", "vault.html"),
        ("replicas=3", "scale-workloads.html"),
        ("ApplicationOutOfSync", "alertmanager.html"),  # an alert
        ("--replicas", "scale-workloads.html"),  # an option, which the search's own operators would exclude
        ("-replicas=3", "scale-workloads.html"),
        ("vault.homelab.local", "vault.html"),
        ("https://vault.homelab.local/v1/sys/health", "vault.html"),
        ("kubectl rollout restart deployment", "rotate-secrets.html"),  # whole lines, as they stand in a shell
        ("kubectl rollout restart deployment/<app> -n <namespace>", "rotate-secrets.html"),
        ("$ vault kv metadata get -mount=secret app/db", "rotate-secrets.html"),
        ("argocd app set root --sync-policy none", "argocd.html"),
        ("kubectl get cronjobs,jobs -A -l app.kubernetes.io/name=certificate-renewal", "stack.html"),
    ],
)
def test_search_finds_components_hosts_and_commands(browser: Browser, base: str, words: str, where: str) -> None:
    with visit(browser, base) as found:
        page = found.open("about.html")
        page.locator(".md-search__input").click()
        assert where in results(page, words)[:4]


def test_search_finds_an_address(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("prometheus.html")
        table = page.locator("h2#what-it-scrapes ~ * table").first
        address = table.locator("tbody tr", has_text="argocd-server").locator("td", has_text=":").first.inner_text()
        assert address.count(".") == 3
        for words in (address, address.partition(":")[0]):
            page = found.open("about.html")
            page.locator(".md-search__input").click()
            assert results(page, words)[0] == "prometheus.html"


def test_the_field_keeps_what_was_typed_and_the_result_leads_to_it(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("about.html")
        page.locator(".md-search__input").click()
        results(page, "--replicas=3")
        expect(page.locator(".md-search__input")).to_have_value("--replicas=3")
        page.locator(".md-search-result__link[href*='scale-workloads']").first.click()
        expect(page.locator("mark", has_text="replicas").first).to_be_visible()


def test_a_page_that_is_not_there_leads_on(browser: Browser, base: str) -> None:
    with visit(browser, base, device="phone") as found:
        page = found.open("404.html", drawn=False)
        page.get_by_role("article").get_by_role("link", name="Something is wrong").click()
        expect(page.locator("h1")).to_contain_text("Something is wrong")


def test_search_finds_nothing_of_how_blocks_were_tested(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("about.html")
        page.locator(".md-search__input").click()
        page.locator(".md-search__input").press_sequentially("server-side dry-run accepted forward 200")
        page.locator(".md-search-result__meta").wait_for()
        assert "nothing changed since" not in page.locator(".md-search-result").inner_text()


def test_a_components_page_has_its_runbooks_with_their_state(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("argocd.html")
        table = page.locator("h2#runbooks ~ * table").first
        alert = table.locator("tr", has_text="ApplicationOutOfSync")
        expect(alert.locator("td").first.get_by_role("link")).to_have_attribute("href", "argocd.html#when-it-isnt")
        deploy = table.locator("tr", has=page.get_by_role("link", name="Deploy changes"))
        expect(deploy.locator(".truebook-status")).to_contain_text("passed")
        expect(deploy.locator("time")).to_be_visible()
        deploy.get_by_role("link", name="Deploy changes").click()
        expect(page.locator("h1")).to_contain_text("Deploy changes")


def test_every_component_with_a_page_lists_its_runbooks(browser: Browser, base: str) -> None:
    with visit(browser, base, javascript=False) as found:
        for name in ("authentik", "vault", "prometheus", "grafana", "alertmanager", "loki", "velero", "minio", "git"):
            page = found.open(f"{name}.html", drawn=False)
            expect(page.locator("h2#runbooks ~ table").first.locator("tbody tr").first).to_be_visible()


def test_the_page_for_incidents_says_what_is_not_well_and_what_helps(browser: Browser, base: str) -> None:
    with visit(browser, base, device="phone") as found:
        page = found.open("index.html")
        page.get_by_role("link", name="Something is wrong").last.click()
        table = page.locator("h2#what-is-not-well ~ * table").first
        for name, state in (
            ("Ollama", "Degraded"),
            ("ApplicationOutOfSync", "Firing, warning"),
            ("Paperless", "OutOfSync"),
            ("Home Assistant", "Progressing"),
        ):
            row = table.locator("tr", has_text=state).filter(has_text=name).first
            row.evaluate("row => scrollTo(0, row.getBoundingClientRect().top + scrollY - 200)")
            expect(row.get_by_role("link", name="ArgoCD")).to_be_in_viewport(ratio=0.5)
        row.get_by_role("link", name="ArgoCD").click()
        expect(page.locator("h1")).to_contain_text("ArgoCD")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_all_of_it_black_on_white(browser: Browser, base: str, scheme: Scheme) -> None:
    with visit(browser, base, scheme=scheme) as found:
        page = found.open("index.html")
        page.emulate_media(media="print", color_scheme=scheme)
        body = "getComputedStyle(document.body)"
        assert page.evaluate(f"{body}.backgroundColor") in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
        for hidden in (".truebook-diagram__tools", ".md-header", ".md-sidebar", ".truebook-result__facts"):
            for one in page.locator(hidden).all():
                expect(one).to_be_hidden()
        expect(page.locator(".truebook-evidence li").first).to_be_visible()  # nobody can open it there
        for command in ("argocd app sync", "vault kv put", "kubectl scale"):  # of all tabs
            expect(page.locator("pre", has_text=command).first).to_be_visible()
        wide = page.locator("article pre code").evaluate_all(
            "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
        )
        assert wide == 0
        found.screenshot(f"print-index-{scheme}")


def test_paper_is_not_wasted_and_no_heading_stands_alone(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("stack.html")
        sheets = page.pdf(format="A4").count(b"/Type /Page\n")
        assert 5 < sheets <= 12  # five diagrams with their evidence, and the certificates
        page.emulate_media(media="print")
        high = page.locator(".mermaid > svg").evaluate_all("all => all.map((svg) => svg.clientHeight)")
        assert max(high) < 950  # of the 1000 pixels that a sheet has, or so
        for selector, name, value in (
            ("h2", "breakAfter", "avoid"),
            ("tr", "breakInside", "avoid"),
            ("table", "breakInside", "auto"),
            ("th button", "position", "static"),  # else it is missing from all sheets but the first
        ):
            style = page.locator(f"article {selector}").first.evaluate(f"one => getComputedStyle(one).{name}")
            assert (selector, style) == (selector, value)


def test_paper_says_where_links_lead(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("vault.html")
        page.emulate_media(media="print")
        page.evaluate(
            """() => {
              const link = document.createElement("a");
              Object.assign(link, { href: "https://a.example/b", textContent: "b" });
              const line = document.createElement("p");
              line.append(link);
              document.querySelector("article").append(line);
            }"""
        )
        after = "link => getComputedStyle(link, '::after').content"
        assert "https://a.example/b" in page.locator("article p a[href='https://a.example/b']").evaluate(after)
        address = page.locator("article td a[href^='https://vault.homelab.local']").first
        assert address.evaluate(after) in ("none", "normal", '""')  # its words are its address


def test_paper_has_the_values_that_were_filled_in(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("runbooks/scale-workloads.html")
        field = page.locator(".truebook-field:visible").first
        field.click()
        page.keyboard.type("jellyfin-on-paper")
        page.keyboard.press("Enter")
        page.emulate_media(media="print")
        block = page.locator("pre", has_text="jellyfin-on-paper").first
        expect(block).to_be_visible()
        assert field.inner_text() == "jellyfin-on-paper"
        for tool in page.locator(".truebook-tools").all():
            expect(tool).to_be_hidden()
        found.screenshot("print-filled")
