"""Whose fault it is that a block failed: the block's, or what is not here, not permitted or not recorded."""

from __future__ import annotations

import re
from dataclasses import replace

from truebook.claims import permission, refused
from truebook.guard import web
from truebook.model import BlockResult, Claim, RequestRecord
from truebook.pipeline_workshop import WAITING
from truebook.runbooks.proofs import standing

_SECRET = re.compile(r"/api/v1/(?:namespaces/[^/]+/)?secrets(?:/[^/]+)?")
_REVIEWS = "/selfsubjectaccessreviews"
_NO_PROGRAM = 127
_NOT_FOUND = re.compile(r": ([\w.+-]+): command not found$")
"""How bash ends, and what it says last, where there is no such program; only names of known ones are ever run."""
_IN_VAIN = re.compile(r"timed out waiting for the condition|^ended: it took longer")
_NEVER_RECORDED = re.compile(r"Metrics API not available|not found in OpenAPI schema")
"""What kubectl says where it lacks what no recording holds."""
_UNREACHABLE = frozenset({502, 503, 504})
_WHOLE = frozenset({"kubernetes", "argocd"})
"""Systems of whose answers a recording keeps all but secrets."""
_NOT_TOLD = 501
"""How a replay answers what does not follow from a recording."""


def fair(result: BlockResult, *, replayed: bool) -> BlockResult:
    """A result without blame for what is not the block's fault: a system out of reach, a recording that ends
    somewhere, a run that was not asked for, an account that may not do what the block does."""
    if result.state == "unknown" and result.reason == WAITING:
        return replace(result, state="not-run", started_at="", cluster="", tools={})
    if result.plan == "dry-run" and result.claims and result.exit_code is None:
        # There was no sandbox to run it in: what was done is not what was planned.
        result = replace(result, plan="prove")
    if result.state != "failed":
        return result
    if result.exit_code is None and (lacking := _not_permitted(result.claims)) is not None:
        return replace(result, state="not-run", reason=f"not permitted to truebook: {lacking.text}")
    refusal = next((one for one in result.requests if one.decision == "refuse"), None)
    if refusal is not None and (said := _withheld(refusal)):
        return replace(result, state="not-run", reason=f"not permitted to truebook: {said}", failed_line=0)
    if result.reason == "exit code 1: no" and result.requests[-1:] and result.requests[-1].path.endswith(_REVIEWS):
        said = "its account may not do what the block asks for"
        return replace(result, state="not-run", reason=f"not permitted to truebook: {said}", failed_line=0)
    if result.exit_code == _NO_PROGRAM and (found := _NOT_FOUND.search(result.reason)):
        return replace(result, state="unknown", reason=f"{found[1]} is not installed here", failed_line=0)
    reasons = ((_out_of_reach(record, replayed=replayed), record) for record in result.requests)
    why, record = next((found for found in reasons if found[0]), ("", None))
    if record is None and (said := _only_tried(result)):
        accepted = Claim("the API server accepts what the block writes before it", True)
        claims = (*result.claims, accepted, Claim(said, None))
        return replace(result, state="passed", plan="prove", reason=said, claims=claims, exit_code=None, failed_line=0)
    if record is None and replayed and (lacks := _NEVER_RECORDED.search(_said(result))):
        said = f"a recording holds neither usage nor schemas: {lacks[0]}"
        return replace(result, state="unknown", reason=said, failed_line=0, unrecorded=True)
    if record is None:
        return replace(result, reason=f"{result.reason}{_cut_down(result)}") if replayed else result
    unrecorded = replayed and not _is_away(record)
    return replace(result, state="unknown", reason=why, failed_line=0, unrecorded=unrecorded)


def _not_permitted(claims: tuple[Claim, ...]) -> Claim | None:
    """The permission that truebook's account lacks, where nothing else speaks against a block that was not run."""
    false = [claim for claim in claims if claim.holds is False]
    return false[0] if false and all(map(permission, false)) else None


def _withheld(refusal: RequestRecord) -> str:
    """What the guard keeps from every block, however right it is; empty for what is the block's own fault. A Secret is
    read by `kubectl describe`, by helm, and before `kubectl apply` writes it."""
    reads = refusal.method in ("GET", "HEAD")
    if refusal.system == "kubernetes" and reads and _SECRET.fullmatch(refusal.path):
        return f"it reads no Secret, as {refusal.method} {refusal.path} would"
    beyond = refusal.reason.endswith((web.FAR, web.NEAR))
    return refusal.reason if refusal.system == "http" and beyond else ""


def _only_tried(result: BlockResult) -> str:
    """Why a block could not go on after a dry run of its own: what it made is not there, what it waits for does not
    come. Empty where it failed of something else."""
    asked = [record for record in result.requests if record.system == "kubernetes"]
    tried = [record for record in asked[:-1] if record.decision == "dry-run" and record.status < 300]
    if not tried or refused(result.claims):
        return ""
    last = asked[-1]
    made = tuple(f"{record.path}/" for record in tried if record.method == "POST" or record.status == 201)
    if last.status == 404 and f"{last.path}/".startswith(made):
        return f"{last.method} {last.path} needs what the block only made as a dry run"
    return "it waits for what the block only did as a dry run" if _IN_VAIN.search(_said(result)) else ""


def _said(result: BlockResult) -> str:
    """Why it failed, and all that it printed: what a command complains of need not come last."""
    return f"{result.reason}\n{result.output}"


def _cut_down(result: BlockResult) -> str:
    """What of its answers a recording did not keep: a block may have failed for want of a field that is there live."""
    asked = (f"{one.method} {one.path}" for one in result.requests if one.system not in _WHOLE and one.status < 400)
    found = list(dict.fromkeys(asked))
    return f" (of {' and '.join(found)} the recording holds only the fields that truebook reads)" if found else ""


def instead(result: BlockResult, claims: tuple[Claim, ...]) -> BlockResult:
    """What is known of a block at an answer of which the recording ends, such as a pod's log: what its claims say. One
    claim more says that the block was not run to its end."""
    state = standing(claims)
    if state == "unknown":
        return result
    false = refused(claims)
    reason = f"checked and not run, as {result.reason}" if false is None else f"does not hold: {false.text}"
    untold = Claim(f"{result.reason}: the block was not run to its end", None)
    return replace(result, state=state, plan="prove", reason=reason, claims=(*claims, untold), exit_code=None)


def _is_away(record: RequestRecord) -> bool:
    """Whether it was an answer of a system, or none, that was no use; and not the end of a recording."""
    return record.status in _UNREACHABLE and not (record.system == "http" and record.decision == "refuse")


def _out_of_reach(record: RequestRecord, *, replayed: bool) -> str:
    """Why a request could not be answered, empty where it was. People may be permitted more than truebook is."""
    if record.status in _UNREACHABLE:
        if record.decision == "refuse" or "can't be reached" in record.reason:
            return record.reason
        return f"{record.system} answered {record.status} to {record.method} {record.path}"
    if record.status == _NOT_TOLD and replayed:
        api = {"kubernetes": "the API server"}.get(record.system, record.system)
        return f"a recording does not tell what {api} answers to {record.method} {record.path}"
    if record.status in (401, 403) and record.decision in ("forward", "dry-run"):
        what = f"{record.method} {record.path}"
        return f"the recording does not hold {what}" if replayed else f"truebook's account is not permitted to {what}"
    return ""
