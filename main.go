// Command terraform-provider-authscopes serves the provider to Terraform.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debugged := flag.Bool("debug", false, "serve for a debugger to attach")
	show := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *show {
		fmt.Println("terraform-provider-authscopes " + version)
		return
	}
	tune(os.Getenv)
	var opts []tf6server.ServeOpt
	if *debugged {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	if err := tf6server.Serve("registry.terraform.io/authscopes/authscopes", provider.NewServer(provider.New(version)()), opts...); err != nil {
		log.Fatal(err.Error())
	}
}

// tune skips log lines that Terraform drops because logging is off: the provider's own, one for
// each request, and the framework's, one for each element of each map. The framework (1.19) looks
// up its logger through as many contexts, so that these lines are the larger part of a plan of
// 5,000 scopes. It also sets a higher target for the garbage collector, because the process ends
// after a plan. https://developer.hashicorp.com/terraform/plugin/log/managing
func tune(getenv func(string) string) {
	logs := false
	for _, name := range []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_AUTHSCOPES", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK"} {
		logs = logs || getenv(name) != ""
	}
	if !logs {
		for _, name := range []string{"TF_LOG_PROVIDER_AUTHSCOPES", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK"} {
			_ = os.Setenv(name, "ERROR") // these are valid names
		}
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
