"""Certificates of documented addresses that end soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from truebook.drift.facts import Check, Facts, found
from truebook.drift.places import place_of
from truebook.findings import Finding, RuleInfo

SOON = timedelta(days=21)

ENDS = RuleInfo(
    "certificate-ends",
    "A certificate ends soon",
    "The certificate that an address is served with ends within three weeks, or has ended. Renewal should have "
    "happened by itself: look at what renews it.",
)


def _find(facts: Facts) -> Iterator[Finding]:
    components = {component.name: component for component in facts.live.components}
    for record in facts.live.records_of("certificate"):
        ends, component = record.values.get("not_after"), components.get(record.component)
        if ends is None or component is None:
            continue
        try:
            moment = datetime.fromisoformat(str(ends.value)).astimezone(UTC)
        except ValueError:
            continue
        if moment - facts.now < SOON:
            path, line = place_of(component, facts)
            word = "ended" if moment <= facts.now else "ends"
            message = f"the certificate of {record.name} {word} on {moment:%Y-%m-%d}"
            yield found(ENDS, path, line, record.name, message, hint="renew it", evidence=(ends.evidence,))


CHECK = Check((ENDS,), _find)
