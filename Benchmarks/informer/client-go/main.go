// Follows all pods of the cluster that KUBECONFIG means with client-go's shared informer, typed and in protobuf, and says
// how long it took to be in step and what it costs: the peer of ../Sources/informer, in the same words.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func kibibytes(name string) string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "0"
	}
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, name) {
			return strings.Fields(line)[1]
		}
	}
	return "0"
}

func processorSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	seconds := func(time syscall.Timeval) float64 { return float64(time.Sec) + float64(time.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	start := time.Now()
	factory := informers.NewSharedInformerFactoryWithOptions(
		kubernetes.NewForConfigOrDie(config), 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = "spec.restartPolicy!=Always,status.phase!=Succeeded,status.phase!=Failed"
		}),
		informers.WithTransform(func(object any) (any, error) {
			if pod, ok := object.(*corev1.Pod); ok {
				pod.ManagedFields = nil
			}
			return object, nil
		}))
	pods := factory.Core().V1().Pods().Informer()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced) {
		os.Exit(1)
	}
	wall := time.Since(start).Seconds()
	processor := processorSeconds()
	// What is resident once it is quiet, not in the moment of the last event.
	time.Sleep(2 * time.Second)
	fmt.Printf("pods=%d wall=%.9f cpu=%.6f resident_kib=%s peak_kib=%s\n",
		len(pods.GetStore().List()), wall, processor, kibibytes("VmRSS:"), kibibytes("VmHWM:"))
}
