"""Small sites with shell blocks and fields, and what a reader does with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.site.browsing import Visit
from tests.site.building import EMBEDDED
from tests.site.test_plugin import Site

MKDOCS = """\
site_name: Test
site_url: %s
use_directory_urls: false
theme: {name: material, font: false, features: [content.code.copy, content.code.annotate%s]}
plugins:
  - truebook/state: {recording: homelab.json}
  - truebook/runbooks: {policy: %s}
markdown_extensions:
  - attr_list
  - md_in_html
  - admonition
  - pymdownx.highlight: {anchor_linenums: true}
  - pymdownx.superfences
"""

PAGE = """\
# Fields

Before.

```bash
# Restart the pods
kubectl rollout restart deployment/<deployment> -n <namespace>

kubectl get pods -n <ns> # and look
```

```console
$ kubectl get deployment <deployment> \\
>   -n <namespace> -o name
deployment.apps/grafana
```

```bash
argocd app get "<app-name>"
argocd app get '<app>' --grpc-web
```

```bash
kubectl delete deployment <deployment> -n <namespace>
kubectl get pods -n $NS
vault login <token>
```

```bash
echo '<script>window.harmed=1</script>' # (1)!
echo '<x onclick=y>' "<your name>"
```

1.  An annotation.

Between.

```python
print("<app>")
```

After. [Other](other.md)
"""

OTHER = """\
# Other

```bash
kubectl get pods -n <namespace>
kubectl describe pod/<name> -n <namespace>
```

[Back](index.md)
"""


PLACES = """\
# Places

```bash
kubectl exec <pod> -- sh -c 'ls <path>'
echo "<path>" '<path>' <path>
cat <<EOF
<path>
EOF
```

```bash
argocd app get YOUR_APP
vault login YOUR_TOKEN
kubectl get pods -n your-namespace-here -l x=NAMESPACE # CHANGEME
MY_POD={pod}; echo ${MY_POD} [name] CHANGEME
```
"""

HARD = """it's "me"; \\ $(touch harmed) !! `id`"""
"""A value that each place has to quote in its own way."""

TESTED = """\
---
truebook:
  values:
    namespace: monitoring
    deployment: grafana
    your name: HARD
---
# Tested

<!-- truebook: output -->
```bash
# Which there are
kubectl get deployments -n <namespace> -o name # all of them
kubectl get deployment "<deployment>" -n '<namespace>' -o name
echo <your name>
```

```console
$ kubectl get deployment <deployment> \\
>   -n <namespace> -o name # on two lines
deployment.apps/grafana
$ echo "name: <your name>" '<your name>'
name: * (glob)
```

```bash
cat <<EOF # it is
# what stands in it is no comment
name: <your name>

cost: \\$1
EOF
kubectl rollout restart deployment/<deployment> -n <namespace>
```

```bash
for one in $(kubectl get pods -n <namespace> -o name); do
  # each of them
  echo "$one: <your name>"
done
```

```bash
kubectl delete deployment <deployment> -n <namespace>
```

```bash
argocd app sync <deployment>
```

```bash
kubectl get pods -n <namespace> -l app=<some label>
```

```bash
kubectl get deployment no-such -n <namespace>
```
""".replace("HARD", json.dumps(HARD))

FIRST = "kubectl rollout restart deployment/grafana -n monitoring\nkubectl get pods -n monitoring"
SECOND = "kubectl get deployment grafana \\\n  -n monitoring -o name"


def made(folder: Path, url: str = "https://docs.homelab.local/", features: str = "") -> Path:
    site = Site(folder)
    shutil.copy(EMBEDDED, folder / "homelab.json")
    (folder / "mkdocs.yml").write_text(MKDOCS % (url, features, "list"))
    (folder / "truebook.yml").write_text("cluster: homelab\n")
    site.write("index.md", PAGE)
    site.write("other.md", OTHER)
    site.write("places.md", PLACES)
    for name in ("argocd.md", "ops/deep.md"):
        (folder / "docs" / name).unlink()
    done = site.build("--strict")
    assert done.returncode == 0, done.stderr
    return folder / "site"


def tested(folder: Path) -> Path:
    """The folder of a site whose blocks were run against the embedded homelab. Results are old after two hours."""
    site = Site(folder)
    shutil.copy(EMBEDDED, folder / "homelab.json")
    (folder / "mkdocs.yml").write_text(MKDOCS % ("https://docs.homelab.local/", "", "run"))
    (folder / "truebook.yml").write_text("cluster: homelab\nstale_after: 2h\n")
    site.write("index.md", TESTED)
    for name in ("argocd.md", "ops/deep.md"):
        (folder / "docs" / name).unlink()
    done = site.build()
    assert done.returncode == 0, done.stderr
    return folder / "site"


def opened(found: Visit, where: str = "index.html") -> Page:
    found.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return found.open(where)


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def block(page: Page, number: int) -> Locator:
    return page.locator(".truebook-block").nth(number)


def field(page: Page, key: str, place: int = 0) -> Locator:
    return page.locator(f".truebook-field[data-key={key}]:visible").nth(place)


def fill(page: Page, key: str, value: str) -> None:
    field(page, key).click()
    page.keyboard.type(value)
    page.keyboard.press("Enter")


def copy(page: Page, number: int) -> None:
    block(page, number).locator(".truebook-tools__copy").click()


def select(page: Page, start: str, end: str) -> None:
    """Select from the first element to the last, then copy by key."""
    page.evaluate(
        """([start, end]) => {
          const range = document.createRange();
          range.setStartBefore(document.querySelector(start));
          range.setEndAfter(document.querySelector(end));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [start, end],
    )
    page.keyboard.press("Control+c")


def said(page: Page) -> Locator:
    return page.locator(".truebook-said--now")


def filled(page: Page) -> None:
    fill(page, "deployment", "grafana")
    fill(page, "namespace", "monitoring")


def run(folder: Path, page: str, *options: str, code: int = 0) -> list[dict[str, Any]]:
    """The results of a page's blocks, by truebook's own command: in the sandbox, behind the guard."""
    (folder / "page.md").write_text(page)
    (folder / "truebook.yml").write_text("cluster: homelab\n")
    command = [sys.executable, "-m", "truebook", "run", "page.md", "--recording", str(EMBEDDED), "--fresh"]
    done = subprocess.run(
        [*command, "--json", "found.json", *options], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads((folder / "found.json").read_text())["blocks"]
    return found


def requests(found: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(one["method"], one["path"], one["decision"], one["status"]) for one in found["requests"]]
