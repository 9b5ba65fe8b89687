package main

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

// standIn is a story on a server that cannot be had here.
type standIn struct {
	server  string // as the reader knows it
	from    string // what the stand-in was made from
	handler http.Handler
	env     func(url string) []string // of the configuration
	applied func()                    // shows the server after the first apply
	change  func()                    // changes it behind Terraform's back, and says how
}

// play applies, changes the server, and lets plan and apply put it right.
func (d standIn) play(ctx context.Context, tf *terraform) error {
	web := httptest.NewServer(d.handler)
	defer web.Close()
	tf.Env = append(tf.Env, d.env(web.URL)...)
	say("This is not %s, but a strict stand-in for it on %s, made from %s.\n    It keeps its state in memory and goes at the end.", d.server, web.URL, d.from)
	return program.Play(ctx, func(t *program.T) {
		say("Terraform applies %s:", tf.example)
		t.Must(tf.run(ctx, 0, "apply", "-auto-approve", "-input=false"))
		d.applied()
		say("Now somebody changes the server behind Terraform's back:")
		d.change()
		say("terraform plan -detailed-exitcode finds it (exit code 2: there are changes):")
		t.Must(tf.run(ctx, 2, "plan", "-detailed-exitcode", "-input=false", "-out=changes.tfplan"))
		say("terraform apply of that plan puts it right:")
		t.Must(tf.run(ctx, 0, "apply", "-input=false", "changes.tfplan"))
		d.applied()
		say("And the plan is empty (exit code 0):")
		t.Must(tf.run(ctx, 0, "plan", "-detailed-exitcode", "-input=false"))
		say("The stand-in goes now; %s was never asked.", d.server)
	})
}
