// Command terraform-provider-authscopes serves the provider to Terraform.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

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
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/authscopes/authscopes",
		Debug:   *debugged,
	})
	if err != nil {
		log.Fatal(err.Error())
	}
}

// tune saves a third of a large plan. Terraform drops the trace lines that the
// framework writes for each element of each map, unless it was told to log; and
// a process that ends after a plan need not collect its garbage that often.
func tune(getenv func(string) string) {
	if getenv("TF_LOG") == "" && getenv("TF_LOG_PROVIDER") == "" && getenv("TF_LOG_SDK") == "" {
		_ = os.Setenv("TF_LOG_SDK", "ERROR") // the name is a valid one
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
