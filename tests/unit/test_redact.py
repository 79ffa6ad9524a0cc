"""Redaction: a planted secret never survives, and ordinary things do."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from truebook.redact import REDACTED, excerpt, is_secret_name, redact_json, redact_text, redact_url, redact_value
from truebook.redact.look import may_hold_secret

SECRET_NAMES = [
    "password",
    "adminPassword",
    "DB_PASSWORD",
    "DB_PASSWORD_1",
    "db-password",
    "auth.password",
    "passwd",
    "htpasswd",
    "rootPwd",
    "passphrase",
    "secret",
    "client_secret",
    "clientSecret",
    "SECRET_KEY",
    "secretKey",
    "secret-id",
    "token",
    "accessToken",
    "API_TOKEN",
    "tokens",
    "apikey",
    "apiKey",
    "api_key",
    "X-Api-Key",
    "APIKEY",
    "aws_secret_access_key",
    "AWS_ACCESS_KEY_ID",
    "private_key",
    "privateKey",
    "credentials",
    "Authorization",
    "encryptionKey",
    "connectionString",
    "passwordHash",
    "example.org/password",
    ".dockerconfigjson",
    "bearer",
]
REFERENCE_NAMES = [
    "secretName",
    "secretKeyRef",
    "secretRef",
    "secretStoreRef",
    "tokenSecretRef",
    "id_token_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported",
    "passwordFile",
    "tokenPath",
    "existingSecret",
    "secretType",
    "imagePullSecrets",
    "TOKEN_URL",
    "token_endpoint",
    "tokenTTL",
    "passwordPolicy",
    "passwordKey",
    "secretNamespace",
    "authorizationMode",
    "tokenExpirationSeconds",
    "kind",
    "name",
    "keyring",
    "vault.hashicorp.com/agent-inject-secret-config",
    "secrets.example/x",
    "nginx.ingress.kubernetes.io/auth-secret",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", REFERENCE_NAMES)
def test_names_of_what_only_refers_to_one(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password: hunter2", "password: REDACTED"),
        ("a: 1\n  adminPassword: 'a b c'\nb: 2", "a: 1\n  adminPassword: 'REDACTED'\nb: 2"),
        ("[oauth]\nclient_secret = x y;z\nenabled = true", "[oauth]\nclient_secret = REDACTED\nenabled = true"),
        ("password: |\n  first\n  second\nnext: kept", "password: REDACTED\nnext: kept"),
        ("tokens:\n  - one\n  - two\nnext: kept", "tokens:REDACTED\nnext: kept"),
        ('{"password": "a\\"b", "user": "kept"}', '{"password": "REDACTED", "user": "kept"}'),
        ('"client.secret" = "a b"', '"client.secret" = "REDACTED"'),
        ("mysql --password hunter2 -h kept", "mysql --password REDACTED -h kept"),
        ("--db-password=hunter2", "--db-password=REDACTED"),
        ("https://user:hunter2@host/kept", "https://REDACTED@host/kept"),
        ("postgres://user:hun/ter@host:5432/kept", "postgres://REDACTED@host:5432/kept"),
        ("https://ghp_token@host/kept", "https://REDACTED@host/kept"),
        ("https://host/kept?token=hunter2&page=kept", "https://host/kept?token=REDACTED&page=kept"),
        ("https://host/?X-Amz-Signature=abc&x=kept", "https://host/?X-Amz-Signature=REDACTED&x=kept"),
        ("curl -H 'Authorization: Bearer abc' kept", "curl -H 'Authorization: REDACTED' kept"),
        ("Basic dXNlcjpodW50ZXIy", "Basic REDACTED"),
        ("env:\n  - name: DB_PASSWORD\n    value: a b\n  - name: kept\n    value: kept", None),
        ('[{"name": "DB_PASSWORD", "value": "a"}, 1]', '[{"name": "DB_PASSWORD", "value": "REDACTED"}, 1]'),
        ('{"auths": {"r": {"auth": "dXNlcjpwYXNz"}}}', '{"auths": {"r": {"auth": "REDACTED"}}}'),
        ("curl -u admin:hunter2 https://kept", "curl -u admin:REDACTED https://kept"),
        ("client-key-data: LS0tLS1", "client-key-data: REDACTED"),
        ("<password>hunter2</password>", "<password>REDACTED</password>"),
        ("DB_PASSWORD=${NAME:-hunter2}", "DB_PASSWORD=REDACTED"),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/services/REDACTED"),
    ],
)
def test_texts(text: str, expected: str | None) -> None:
    expected = expected or text.replace("a b", REDACTED)
    assert redact_text(text) == expected
    assert redact_text(expected) == expected


ORDINARY = [
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "0b3c8d1e2f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "ghcr.io/external-secrets/external-secrets:v0.10.4",
    "registry.homelab.local/token-service:1.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "docker.io/acme/token:1.0",
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "https://vault.homelab.local:8200/v1/secret/data/apps",
    "git@git.homelab.local:ops/apps.git",
    "ssh://git@git.homelab.local:2222/ops/apps.git",
    "my-app:external-secrets.io/ExternalSecret:vault/vault-secrets",
    "vault-secrets:apps/Deployment:vault/vault",
    "successfully synced (all tasks run)",
    "PASSWORD=$DB_PASSWORD",
    "password: ${DB_PASSWORD}",
    "password: {{ .password }}",
    'password: ""',
    "secretName: grafana-tls",
    "existingSecret: grafana-admin",
    "2026-11-24T05:30:00Z",
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM=",
    "- name: vault-secrets\n  value-from: x",
    "app.kubernetes.io/part-of=vault",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_texts_survive(text: str) -> None:
    assert redact_text(text) is text
    assert redact_value({"anything": [text]}) == {"anything": [text]}


SHAPES = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA",
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NBUUVB",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "glpat-abcdefghij0123456789",
    "hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabcdefghijklmnop",
    "s.iyNUhq8Ov4hIAx6snw5mB2nL",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-1234567890-abcdefghij",
    "sk_live_abcdefghijklmnop",
    "glsa_abcdefghijklmnopqrstuvwxyz012345_abcdef12",
    "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
]


@pytest.mark.parametrize("secret", SHAPES)
@pytest.mark.parametrize("around", ["{}", "it says {}, it does", '{{"x": "{}"}}', "a\n{}\nb", "({})"])
def test_well_known_tokens_go_wherever_they_stand(secret: str, around: str) -> None:
    body = max(secret.split("\n"), key=len) if "PRIVATE" in secret else secret
    text = around.format(secret)
    assert body not in redact_text(text)
    assert body.encode() not in redact_json(msgspec.json.encode({"message": text}))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"name": "API_TOKEN", "value": "x"}, {"name": "API_TOKEN", "value": REDACTED}),
        ({"value": "x", "forceString": True, "name": "auth.password"}, None),
        ({"name": "TOKEN_URL", "value": "https://kept"}, {"name": "TOKEN_URL", "value": "https://kept"}),
        ({"args": ["--password", "x", "--user", "kept"]}, {"args": ["--password", REDACTED, "--user", "kept"]}),
        ({"password": 12345}, {"password": REDACTED}),
        ({"serviceAccountToken": True, "tokens": 4096}, {"serviceAccountToken": True, "tokens": 4096}),
        ({"password": {"value": "x", "from": "kept"}}, {"password": {"value": REDACTED, "from": "kept"}}),
        ({"tokens": ["x"], "secrets": [{"name": "kept"}]}, {"tokens": [REDACTED], "secrets": [{"name": "kept"}]}),
        ({"secretKey": "kept", "remoteRef": {"key": "kept"}}, {"secretKey": "kept", "remoteRef": {"key": "kept"}}),
        ({"kind": "Secret", "data": {"a": "eA=="}}, {"kind": "Secret", "data": {"a": REDACTED}}),
        ({"kind": "ConfigMap", "data": {"a": "kept"}}, {"kind": "ConfigMap", "data": {"a": "kept"}}),
        ({"serviceAccountToken": {"path": "token"}}, {"serviceAccountToken": {"path": "token"}}),
        ({"template": {"data": {"password": "{{ .pw }}"}}}, {"template": {"data": {"password": "{{ .pw }}"}}}),
        ({"token": "", "password": None}, {"token": "", "password": None}),
    ],
)
def test_objects(item: Any, expected: Any) -> None:
    expected = expected or {**item, "value": REDACTED}
    assert redact_value(item) == expected
    assert json.loads(redact_json(json.dumps(item).encode())) == expected


def test_what_is_clean_is_the_very_same_object() -> None:
    item = {"spec": {"containers": [{"image": "a:1", "env": [{"name": "A", "value": "b"}]}]}}
    data = msgspec.json.encode(item)
    assert redact_value(item) is item
    assert redact_json(data) is data


PLACES: list[Any] = [
    lambda secret: {"spec": {"password": secret}},
    lambda secret: {"env": [{"name": "SMTP_PASSWORD", "value": secret}]},
    lambda secret: {"helm": {"parameters": [{"forceString": True, "name": "admin.password", "value": secret}]}},
    lambda secret: {"data": {"config": json.dumps({"client_secret": secret})}},
    lambda secret: {"data": {"config": json.dumps(json.dumps({"client_secret": secret}))}},
    lambda secret: {"apiVersion": "v1", "kind": "Secret", "stringData": {"anything": secret}},
    lambda secret: {"args": ["--token", "x" + secret]},
    lambda secret: {"annotations": {"example.org/api-key": secret}},
]
LINES: list[Any] = [
    lambda secret: f"extraEnv:\n  - name: SMTP_PASSWORD\n    value: {secret}\n",
    lambda secret: f"user: admin\npassword: {secret}\nport: 80",
    lambda secret: f"[security]\nadmin_password = {secret}\n",
    lambda secret: f"export API_TOKEN={secret}",
    lambda secret: f"--db-password={secret}",
]
WORDS: list[Any] = [
    lambda secret: f"run mysql --password {secret} now",
    lambda secret: f"https://user:{secret}@host/path",
    lambda secret: f"https://host/path?access_token={secret}&page=2",
    lambda secret: f"psql 'host=db password={secret}'",
    lambda secret: f"Authorization: Bearer {secret}",
]


@pytest.mark.parametrize("secret", ['"pl4nt3d', 'a"pl4nt3d"b', '\\"pl4nt3d', 'a\\\\"pl4nt3d', "'pl4nt3d"])
@pytest.mark.parametrize("depth", range(4))
def test_quotes_within_a_quoted_secret_do_not_end_it(secret: str, depth: int) -> None:
    text = json.dumps({"client_secret": secret, "issuer": "x"})
    for _ in range(depth):
        text = json.dumps(text)
    assert "pl4nt3d" not in redact_text(text)


@settings(deadline=None)
@given(st.sampled_from(PLACES), st.text(max_size=12), st.text(max_size=12))
def test_a_planted_secret_never_survives_in_an_object(place: Any, before: str, after: str) -> None:
    before = before.encode("utf-8", "ignore").decode()
    after = after.encode("utf-8", "ignore").decode()
    found = redact_json(msgspec.json.encode(place(f"{before}pl4nt3d{after}")))
    assert b"pl4nt3d" not in found


shown = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"'\\[]{}&#|<>`$*")
visible = st.text(shown, max_size=10)


@settings(deadline=None)
@given(st.sampled_from(LINES), visible, visible.filter(lambda text: not text.startswith(("-", "/"))))
@example(LINES[0], "a", "b, c: d")
@example(LINES[1], "a", "b; c")
def test_a_planted_secret_never_survives_on_a_line(line: Any, before: str, after: str) -> None:
    text = line(f"{before}pl4nt3d{after}")
    assert "pl4nt3d" not in redact_text(text)
    assert b"pl4nt3d" not in redact_json(msgspec.json.encode({"message": text}))


word = st.text(st.sampled_from("abcXYZ019._~!+="), max_size=10)


@settings(deadline=None)
@given(st.sampled_from(WORDS), word, word)
def test_a_planted_secret_never_survives_within_a_line(line: Any, before: str, after: str) -> None:
    text = line(f"x{before}pl4nt3d0{after}")
    assert "pl4nt3d" not in redact_text(text)
    assert b"pl4nt3d" not in redact_json(msgspec.json.encode({"message": text}))


FRAGMENTS = [
    *[
        "password",
        "token",
        "secret",
        "Secret",
        "secretName",
        "name",
        "value",
        "key",
        "x",
        "hunter2",
        "REDACTED",
        "=",
        ":",
        ",",
        '"',
        "'",
        "\\",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "&",
        "?",
        "--",
        "-",
        "|",
        "$X",
    ],
    *["://", "u:p@h", "@", "eyJhbGciOiJI.eyJzdWIiOiI.abc", "s.iyNUhq8Ov4hIAx6snw5mB2nL", "sig=", "K", "ſ"],
    *(
        "api key",
        " ",
        ": ",
        "\n",
        "\t",
        "\r",
        "Bearer ",
        "name: ",
        "value: ",
        "\n  value: ",
        "- ",
        "LS0tLS1CRUdJTiBSU0E",
    ),
]
strings = st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join)
keys = st.sampled_from(
    ["name", "key", "value", "password", "token", "secretName", "secretKey", "data", "kind", "args", "valueFrom",
     "secretKeyRef", "remoteRef", "env", "a", "stringData", "x/api-key", "apiKey"]
) | strings  # fmt: skip
objects = st.recursive(
    st.none() | st.booleans() | st.integers(-5000, 5000) | strings,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(objects)
@example({"name": "PASSWORD", "x": "}", "value": "s"})
@example({"value": "pa{ss", "name": "PASSWORD"})
@example([{"name": "a password=hunter2", "b": 1}])
@example({"secretName": "x password=hunter2"})
@example({"name": None, "Secret'--x": "|"})
@example({"name": 'a"PASSWORD', "value": "x"})
@example({"password": {"a": "}", "b": {}, "value": "x"}})
@example({"tokens": [{"a": {}}, "x"]})
@example({"tokens": [{"a": "}"}, "x"]})
def test_the_quick_look_never_misses_what_the_close_one_takes_out(item: Any) -> None:
    data = msgspec.json.encode(item)
    closely = redact_value(item)
    if not may_hold_secret(data):
        assert closely == item
    assert msgspec.json.decode(redact_json(data)) == closely


@settings(max_examples=200, deadline=None)
@given(st.lists(objects, min_size=3, max_size=12))
def test_looking_at_parts_gives_what_looking_at_the_whole_gives(items: list[Any]) -> None:
    whole = {"padding": "p" * 600, "spec": {"more": "q" * 600, "items": items}, "list": [{"a": "r" * 600, "b": items}]}
    assert msgspec.json.decode(redact_json(msgspec.json.encode(whole))) == redact_value(whole)


@settings(max_examples=200, deadline=None)
@given(strings)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece", ["token", "eyJ-", "password=", "password: ", "://a:", "<token", "gh", "--token ", "Bearer "]
)
def test_hostile_texts_take_no_longer_than_long_ones(piece: str) -> None:
    # The time limit is what fails here, should a pattern be quadratic.
    redact_text(piece * (400_000 // len(piece)))


def test_what_is_nested_too_deeply_to_look_at_is_dropped() -> None:
    assert redact_json(b'{"a":' * 100_000 + b'{"password":"x"}' + b"}" * 100_000) == b"{}"


def test_urls_lose_their_credentials_altogether() -> None:
    assert redact_url("https://user:x@git.homelab.local/a.git") == "https://git.homelab.local/a.git"
    assert redact_url("https://REDACTED@git.homelab.local/a.git") == "https://git.homelab.local/a.git"
    assert redact_url("ssh://git@git.homelab.local/a.git") == "ssh://git@git.homelab.local/a.git"


def test_excerpts_fit_a_line_and_hold_no_secret() -> None:
    found = excerpt(b"no\x1b[31m\n entry\xff for password=hunter2 \xe2\x80\xae" + b"x" * 500)
    assert found.startswith("no [31m entry for password=REDACTED")
    assert len(found) == 200
    assert found.endswith("…")


def test_without_re2_every_look_is_a_close_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.redact.look._LOOK", None)
    item = {"image": "a:1", "env": [{"name": "API_TOKEN", "value": "x"}]}
    assert json.loads(redact_json(json.dumps(item).encode())) == redact_value(item)
    assert redact_json(b'{"image":"a:1"}') == b'{"image":"a:1"}'
