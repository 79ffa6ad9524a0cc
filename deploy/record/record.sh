#!/bin/sh
# Reads what is live once, and brings the recording to where the site is built from.
#
# REPOSITORY, BRANCH  the repository with truebook.yml, as Git names them
# RECORDING           the file to write, below the repository's root
# CREDENTIALS         a file of lines as in git-credentials, where the repository wants a sign-in
# UPLOAD              a configuration of curl's (url, header …): where it is there, the recording is uploaded to that
#                     place, and nothing is committed
#
# Exit code 2 where not everything could be read; what was read is brought there all the same, and says so itself.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME="$folder" GIT_TERMINAL_PROMPT=0
git config --global user.name truebook
git config --global user.email truebook@localhost
if [ -r "${CREDENTIALS:-}" ]; then
    # Git wants to write to it, and what a Secret is mounted as can't be written.
    (umask 077 && cat "$CREDENTIALS" >"$folder/credentials")
    git config --global credential.helper "store --file=$folder/credentials"
fi

git clone --quiet --depth=1 --single-branch --branch "$BRANCH" -- "$REPOSITORY" "$folder/repository"
cd "$folder/repository"
code=0
truebook record --output "$RECORDING" || code=$?
[ -f "$RECORDING" ] || exit "$((code ? code : 2))"

if [ -r "${UPLOAD:-}" ]; then
    curl --fail --silent --show-error --output /dev/null --config "$UPLOAD" --upload-file "$RECORDING"
    echo "uploaded $RECORDING" >&2
else
    git add --force -- "$RECORDING"
    if git diff --cached --quiet; then
        echo "nothing to commit" >&2
    else
        git commit --quiet --message "Record what is live"
        # Somebody else's push in between fails this one; the next try starts from theirs.
        git push --quiet origin "HEAD:refs/heads/$BRANCH"
        echo "pushed $(git rev-parse --short HEAD) to $BRANCH" >&2
    fi
fi
exit "$code"
