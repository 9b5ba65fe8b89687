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

// onPACE shows the comparison on the server. The provider cannot change PACE: the result of
// the comparison drifts, and the scope is restored outside Terraform.
func onPACE(ctx context.Context, tf *terraform) error {
	const publicURL, scope = "https://api.pace.cloud", "user:callbacks:password-reset"
	s := pace.NewServer(pace.Options{})
	s.SetKnown(scope)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	if err := replaceIn(filepath.Join(tf.dir, "main.tf"), publicURL, web.URL); err != nil {
		return err
	}
	say("The demo uses a stand-in for PACE at %s, which follows the published page of check-scopes.\n"+
		"    It replaces the url of the example, %s, with this address.", web.URL, publicURL)
	return program.Play(ctx, func(t *program.T) {
		say("1. Apply %s. PACE compares the defined scopes with its own. No scope is missing.", tf.example)
		t.Must(tf.run(ctx, 0, "apply", "-auto-approve", "-input=false"))
		say("2. The scope %s is deleted from the Keycloak of PACE.", scope)
		s.SetKnown()
		say("3. Plan. The output missing changes, so the exit code is 2.")
		t.Must(tf.run(ctx, 2, "plan", "-detailed-exitcode", "-input=false"))
		say("4. The provider cannot change PACE, so the scope is restored there. The next plan is empty. The exit code is 0.")
		s.SetKnown(scope)
		t.Must(tf.run(ctx, 0, "plan", "-detailed-exitcode", "-input=false"))
		say("The request that the stand-in received has the form of the published page:")
		r := s.Requests()[0]
		fmt.Printf("  %s %s\n  %s\n", r.Method, r.Path, r.Body)
		say("The demo stops the stand-in. No request was sent to PACE.")
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
