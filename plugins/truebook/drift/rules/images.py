"""Images whose tag says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.drift.facts import Check, Facts, found
from truebook.drift.places import place_of
from truebook.findings import Finding, RuleInfo

MOVING = RuleInfo(
    "moving-image",
    "A component runs an image whose tag says nothing",
    "An image by `latest`, or without a tag and a digest, is another one tomorrow: no version can be documented, and a "
    "restart is an update. Name a version in Git.",
)


def _find(facts: Facts) -> Iterator[Finding]:
    for component in facts.live.components:
        images = component.values.get("images")
        for image in images.value if images is not None and isinstance(images.value, tuple) else ():
            if _moves(image):
                path, line = place_of(component, facts)
                message = f"{component.title} runs {image}, whose tag says nothing"
                subject = f"{component.name} {image}"
                assert images is not None
                yield found(MOVING, path, line, subject, message, hint="name a version", evidence=(images.evidence,))


def _moves(image: str) -> bool:
    if "@" in image:
        return False
    tag = image.rpartition("/")[2].partition(":")[2]
    return tag in ("", "latest")


CHECK = Check((MOVING,), _find)
