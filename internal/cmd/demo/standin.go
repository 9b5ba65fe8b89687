package main

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

// standIn is a demo on a server that is not available to the demo.
type standIn struct {
	server  string // name in the output
	from    string // source of the stand-in's behavior
	handler http.Handler
	env     func(url string) []string // environment variables of the configuration
	applied func()                    // prints the state of the server
	change  func()                    // changes the server outside Terraform, and prints the changes
}

// play applies the example, changes the server, plans and applies again.
func (d standIn) play(ctx context.Context, tf *terraform) error {
	web := httptest.NewServer(d.handler)
	defer web.Close()
	tf.Env = append(tf.Env, d.env(web.URL)...)
	say("The demo uses a stand-in for %s at %s, which follows %s.\n    The stand-in has its data in memory.", d.server, web.URL, d.from)
	return program.Play(ctx, func(t *program.T) {
		say("1. Apply %s.", tf.example)
		t.Must(tf.run(ctx, 0, "apply", "-auto-approve", "-input=false"))
		d.applied()
		say("2. An administrator makes these changes outside Terraform:")
		d.change()
		say("3. Plan. Exit code 2 means that there are changes.")
		t.Must(tf.run(ctx, 2, "plan", "-detailed-exitcode", "-input=false", "-out=changes.tfplan"))
		say("4. Apply the plan.")
		t.Must(tf.run(ctx, 0, "apply", "-input=false", "changes.tfplan"))
		d.applied()
		say("5. Plan again. The plan is empty. Exit code 0 means that there are no changes.")
		t.Must(tf.run(ctx, 0, "plan", "-detailed-exitcode", "-input=false"))
		say("The demo stops the stand-in. No request was sent to %s.", d.server)
	})
}
