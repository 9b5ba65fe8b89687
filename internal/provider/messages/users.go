package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func userMessages() map[check.Code]message {
	return map[check.Code]message{
		check.UsersNone: {
			"{{.Server}} has no user of type {{quote (index .Subjects 0)}}",
			"{{.Product}} stores scopes with each user, so an apply for this user type changes nothing and fails. " +
				"A user that is created later has the default scopes of its user type.\n\n" +
				"Create the users first, then apply.",
		},
		check.UsersBeyondReach: {
			"{{.Server}} changes only {{.Data.Written}} of {{.Data.Count}} users of type {{quote (index .Subjects 0)}}",
			"A write changes the users that were created last. All other users keep their scopes, and a second write changes the same users. " +
				"A user type has a scope only if all of its users have it. The apply fails unless the other users already have the configured scopes.",
		},
		check.UsersSampled: {
			"Only one user of type {{quote (index .Subjects 0)}} is read from {{.Server}}",
			"The provider logs in as one user of this type and reads the scopes in its token. Other users of the type can have other scopes. " +
				"Neither a plan nor an apply can see them.\n\nThe guide about {{.Product}} lists what else can be read.",
		},
		check.UsersDiffer: {
			"Users of type {{quote .Data}} in {{.Server}} differ in {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"Some users of this type have these scopes, and others do not:\n\n{{list .Subjects}}\n\n" +
				"They are not scopes of the user type. To grant the same scopes to all of its users, apply authscopes_user_type_scopes.",
		},
		check.UsersReader: {
			"Provider needs {{count .Subjects \"revoked scope\"}} of {{.Data}} in {{.Server}} ({{first .Subjects}})",
			"The provider logs in to {{.Server}} as a user of this type. To read the scopes of other user types, it needs these scopes, which the " +
				"configuration does not list:\n\n{{list .Subjects}}\n\n" +
				"After the apply, each plan that reads another user type fails with 403, also with the old configuration. " +
				"To keep these scopes, add them to scopes. If an apply has revoked them, add them to scopes and apply this resource alone:\n\n" +
				"terraform apply -target=authscopes_user_type_scopes.<name>",
		},
	}
}
