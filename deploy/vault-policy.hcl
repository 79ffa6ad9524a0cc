# What truebook's token may do in Vault or OpenBao: see mounts and how people sign in, see which secrets there are, and
# find out what it may do. It can read no secret's value, and it can change nothing.
#
#     vault policy write truebook deploy/vault-policy.hcl
#     vault token create -policy=truebook -no-default-policy -period=768h
#
# The engine is `secret/` and the sign-in `oidc/` here: repeat their paths for others.

# The pages: which engines and sign-ins there are. Health and seal state need no token.
path "sys/mounts" {
  capabilities = ["read"]
}
path "sys/auth" {
  capabilities = ["read"]
}
path "auth/oidc/config" {
  capabilities = ["read"]
}
path "auth/oidc/role/+" {
  capabilities = ["read"]
}

# The proofs of `vault kv …` in runbooks: which engine serves a path, whether the secret is there, what is permitted.
path "sys/internal/ui/mounts/*" {
  capabilities = ["read"]
}
path "sys/capabilities-self" {
  capabilities = ["update"]
}
path "secret/metadata/*" {
  capabilities = ["read", "list"]
}

# A proof of `vault kv put` asks Vault whether the account may write the path. This account may, but with no parameter
# at all: Vault denies every write that says what to write, and the engine has no use for one that does not.
# Leave these out, and such a block is not run: "the account may not create or update".
path "secret/data/*" {
  capabilities      = ["create", "update"]
  denied_parameters = { "*" = [] }
}
path "secret/undelete/*" {
  capabilities      = ["update"]
  denied_parameters = { "*" = [] }
}
path "secret/destroy/*" {
  capabilities      = ["update"]
  denied_parameters = { "*" = [] }
}
