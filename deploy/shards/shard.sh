#!/bin/sh
# One share of the check. Which one, truebook takes from JOB_COMPLETION_INDEX and TRUEBOOK_SHARDS.
#
# REPOSITORY, BRANCH  the repository with the docs and truebook.yml
# REPORTS             where each share leaves its report
# CREDENTIALS         a file of lines as in git-credentials, where the repository wants a sign-in
#
# Exit code 0 where there is a report, whatever it says: what came of the check is said by the merge. A share without a
# report fails, so that its pod is tried again.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME="$folder" GIT_TERMINAL_PROMPT=0
if [ -r "${CREDENTIALS:-}" ]; then
    (umask 077 && cat "$CREDENTIALS" >"$folder/credentials")
    git config --global credential.helper "store --file=$folder/credentials"
fi

# Blocks are run in a sandbox: without one there is nothing to be tested here, and this pod has to say so.
bwrap --unshare-user --unshare-pid --unshare-net --ro-bind / / --proc /proc --dev /dev -- true || {
    echo "this node's kernel or runtime forbids the sandbox (user namespaces); see deploy/README.md" >&2
    exit 3
}

git clone --quiet --depth=1 --single-branch --branch "$BRANCH" -- "$REPOSITORY" "$folder/repository"
cd "$folder/repository"
report="$REPORTS/$JOB_COMPLETION_INDEX.json"
rm -f "$report"
set --
# What earlier pods took, by which the shares are balanced. It is no pod's to write, so all see the same.
[ ! -f "$REPORTS/durations.json" ] || set -- --durations "$REPORTS/durations.json"
truebook check --run "$@" --output "$report" || [ -s "$report" ]
