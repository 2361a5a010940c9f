// Command controlplane is etcd or kube-apiserver, by the name it is called by: a
// real Kubernetes for tests, built from Go modules alone. It is a module of its
// own, so that nothing of it comes into weir's.
package main

import (
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case "etcd":
		etcdmain.Main(os.Args)
	default:
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	}
}
