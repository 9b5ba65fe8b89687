package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

// onPACE shows the comparison on the server. PACE has nothing to apply: what drifts is
// the result, and the scope is restored outside of Terraform.
func onPACE(ctx context.Context, tf *terraform) error {
	const publicURL, scope = "https://api.pace.cloud", "user:callbacks:password-reset"
	s := pace.NewServer(pace.Options{})
	s.SetKnown(scope)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	if err := replaceIn(filepath.Join(tf.dir, "main.tf"), publicURL, web.URL); err != nil {
		return err
	}
	say("This is not PACE, but a strict stand-in for it on %s, made from the published page of check-scopes.\n"+
		"    The only change to the example is its url, which was %s.", web.URL, publicURL)
	return program.Play(ctx, func(t *program.T) {
		say("Terraform applies %s. PACE compares the defined scopes, and nothing is missing:", tf.example)
		t.Must(tf.run(ctx, 0, "apply", "-auto-approve", "-input=false"))
		say("Now the scope %s is deleted from PACE's Keycloak.", scope)
		s.SetKnown()
		say("terraform plan -detailed-exitcode finds it (exit code 2: the output missing changes):")
		t.Must(tf.run(ctx, 2, "plan", "-detailed-exitcode", "-input=false"))
		say("The provider cannot change the scopes of PACE. PACE creates the scope again, and the plan is empty (exit code 0):")
		s.SetKnown(scope)
		t.Must(tf.run(ctx, 0, "plan", "-detailed-exitcode", "-input=false"))
		say("The request, as the published page has it:")
		r := s.Requests()[0]
		fmt.Printf("  %s %s\n  %s\n", r.Method, r.Path, r.Body)
		say("The stand-in ends now. No request was sent to PACE.")
	})
}

// replaceIn replaces a text in a file, which must have it.
func replaceIn(file, from, to string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), from) {
		return fmt.Errorf("%s does not contain %s", file, from)
	}
	return os.WriteFile(file, []byte(strings.ReplaceAll(string(text), from, to)), 0o600)
}
