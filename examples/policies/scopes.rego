# Rules for plans that change scopes, for OPA and conftest:
#
#   terraform plan -out=plan && terraform show -json plan >plan.json
#   opa eval --data scopes.rego --data limits.json --input plan.json --format pretty data.authscopes.deny
#   conftest test --policy scopes.rego --data limits.json --namespace authscopes plan.json
package authscopes

# Names of the sets that the rules look at, by resource type.
scope_types := {"authscopes_server_scopes", "authscopes_server_scope"}

# A change to a resource, with "actions", "before" and "after".
changed contains rc if {
	some rc in input.resource_changes
	rc.mode == "managed"
	rc.change.actions != ["no-op"]
	rc.change.actions != ["read"]
}

# No scope is opened: "everyone" is for the scopes of limits.open_scopes, and for those that
# were open before.
deny contains message if {
	some rc in changed
	some name in names(rc.change.after)
	access(rc.change.after, name) == "everyone"
	not was_open(rc.change, name)
	not name in data.limits.open_scopes
	message := sprintf("%s: scope %q is opened to everyone", [rc.address, name])
}

# "unguarded" is not used: the scope would open when its last role mapping is removed.
deny contains message if {
	some rc in changed
	some name in names(rc.change.after)
	access(rc.change.after, name) == "unguarded"
	message := sprintf("%s: scope %q is unguarded", [rc.address, name])
}

# Access and grants that are unknown until apply cannot be checked.
deny contains message if {
	some rc in changed
	rc.type in scope_types
	some attribute in ["settings", "overrides", "scopes"]
	any_unknown(object.get(rc.change, "after_unknown", {}), attribute)
	message := sprintf("%s: %s is unknown until apply", [rc.address, attribute])
}

deny contains message if {
	some rc in changed
	rc.type in {"authscopes_user_type_scopes", "authscopes_server_grants"}
	some attribute in ["scopes", "user_types", "client_roles"]
	any_unknown(object.get(rc.change, "after_unknown", {}), attribute)
	message := sprintf("%s: %s is unknown until apply", [rc.address, attribute])
}

# Only the user types of limits.writers get a scope that ends with ":write".
deny contains message if {
	some rc in changed
	some grant in grants(rc.type, rc.change.after)
	endswith(grant.scope, ":write")
	not grant.user_type in data.limits.writers
	message := sprintf("%s: user type %q gets %q", [rc.address, grant.user_type, grant.scope])
}

# Deletions and revocations of one plan are bounded.
deny contains message if {
	count(deleted) > data.limits.max_deletions
	message := sprintf("%d scopes are deleted, more than %d: %s", [count(deleted), data.limits.max_deletions, concat(", ", sort(deleted))])
}

deny contains message if {
	count(revoked) > data.limits.max_revocations
	lines := sort([sprintf("%s from %s", [g.scope, g.user_type]) | some g in revoked])
	message := sprintf("%d grants are revoked, more than %d: %s", [count(revoked), data.limits.max_revocations, concat(", ", lines)])
}

# A replacement deletes everything first. A renamed scope is not deleted, and neither is one
# that the resource only stops managing.
deleted contains name if {
	some rc in changed
	rc.type in scope_types
	is_object(rc.change.before)
	some name in names(rc.change.before) - kept(rc)
}

# The update of a single scope renames it in place.
kept(rc) := names(rc.change.before) if {
	keeps_on_destroy(rc)
} else := set() if {
	"delete" in rc.change.actions
} else := names(rc.change.before) if {
	rc.type == "authscopes_server_scope"
} else := (names(rc.change.after) | renamed(rc.change.after)) | excluded(rc)

# on_destroy is for a destroy alone: an update deletes what the configuration no longer lists.
keeps_on_destroy(rc) if {
	"delete" in rc.change.actions
	rc.change.before.on_destroy == "keep"
}

renamed(values) := {old | some old in object.get(values, "previous_names", {})} if {
	is_object(object.get(values, "previous_names", null))
} else := set()

# Scopes in state that the globs of an update exclude: they are only removed from state.
excluded(rc) := {name |
	is_object(rc.change.after)
	some name in names(rc.change.before) | {g.scope | some g in grants(rc.type, rc.change.before)}
	not managed(rc.change.after, name)
}

managed(values, name) if {
	is_managed(values, name)
	not matches(object.get(values, "ignore", null), name)
}

is_managed(values, name) if matches(object.get(values, "manage", null), name)

is_managed(values, _) if count(non_null(object.get(values, "manage", null))) == 0

# In a glob, * stands for any characters and ? for one.
matches(globs, name) if {
	some glob in globs
	quoted := regex.replace(glob, `[^\w*?]`, `\$0`)
	regex.match(sprintf("^(?s:%s)$", [strings.replace_n({"*": ".*", "?": "."}, quoted)]), name)
}

revoked contains grant if {
	some rc in changed
	not keeps_on_destroy(rc)
	some grant in grants(rc.type, rc.change.before)
	not grant in grants(rc.type, rc.change.after)
	not grant.scope in excluded(rc)
	not ignored(rc, grant.user_type)
}

ignored(rc, name) if {
	is_object(rc.change.after)
	matches(object.get(rc.change.after, "ignore_user_types", null), name)
}

# The names of the scopes of one resource.
names(values) := {name | some name, _ in values.scopes} if {
	is_object(values)
	is_object(values.scopes)
} else := {values.name} if {
	is_object(values)
	is_string(values.name)
} else := set()

# The access of a scope: of the override, or else of the settings.
access(values, name) := values.overrides[name].access if {
	is_string(values.overrides[name].access)
} else := values.settings.access if {
	is_string(values.settings.access)
}

was_open(change, name) if {
	is_object(change.before)
	access(change.before, name) == "everyone"
}

# What a resource grants, as pairs of a user type and a scope.
grants("authscopes_user_type_scopes", values) := {{"user_type": user_type(values), "scope": scope} | some scope in values.scopes} if is_object(values)

grants("authscopes_server_grants", values) := realm | clients if {
	is_object(values)
	realm := {{"user_type": realm_role(role), "scope": scope} | some role, scopes in object.get(values, "user_types", {}); some scope in scopes}
	clients := {{"user_type": client_role(client, role), "scope": scope} |
		some client, roles in non_null(object.get(values, "client_roles", {}))
		some role, scopes in roles
		some scope in scopes
	}
}

grants(_, null) := set()

grants(type, values) := set() if {
	is_object(values)
	not type in {"authscopes_user_type_scopes", "authscopes_server_grants"}
}

# A client role is written client/CLIENT/ROLE, and a realm role by its name, or realm/NAME if
# it could be mistaken: as in the plans of the provider.
client_role(client, role) := sprintf("client/%s/%s", [replace(replace(client, "%", "%25"), "/", "%2F"), role])

user_type(values) := client_role(values.client_id, values.user_type) if {
	is_string(object.get(values, "client_id", null))
} else := realm_role(values.user_type)

realm_role(role) := sprintf("realm/%s", [role]) if {
	regex.match("^(client|realm)/", role)
} else := role

non_null(values) := values if values != null

non_null(null) := {}

# Whether an attribute, or a part of it, is unknown. Computed attributes are of no interest.
any_unknown(unknown, attribute) if {
	walk(object.get(unknown, attribute, false), [_, true])
}
