/// Names that mean something to others: Kubernetes' own, OpenKruise's, Flyte's, and those we gave.
package enum WellKnownNames {
    /// Before the names of annotations and labels that we gave.
    package static let prefix = "sidecar.k-pipe.cloud/"
    /// The namespace of what the cluster itself runs on.
    package static let systemNamespace = "kube-system"

    /// Variables of a container's environment; literal values count, those taken from elsewhere are not in the pod.
    package enum Variable {
        /// `true`, in any case: the container is a sidecar.
        package static let terminate = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"
        /// An image: the container is a sidecar, and on virtual nodes it is ended by swapping to that image.
        package static let terminateWithImage = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT_WITH_IMAGE"
        /// `true`, in any case: the container's exit code must not decide the pod's result.
        package static let ignoreExitCode = "KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE"
        /// Alibaba's, on virtual nodes. `sidecar`: the container is one.
        package static let eciType = "ECI_CONTAINER_TYPE"
        package static let eciIgnoreExitCode = "ECI_CONTAINER_IGNORE_EXIT_CODE"
    }

    package enum Annotation {
        /// Names of sidecars, separated by commas.
        package static let sidecars = "sidecar.k-pipe.cloud/sidecars"
        /// The same to nrmitchi/k8s-controller-sidecars.
        package static let nrmitchiSidecars = "nrmitchi.com/sidecars"
        /// The one main container; all others are sidecars.
        package static let primaryContainer = "sidecar.k-pipe.cloud/primary-container"
        /// Flyte's name for the same.
        package static let flytePrimaryContainer = "primary_container_name"
        /// Where a step's report.json lies, once it is stored.
        package static let report = "sidecar.k-pipe.cloud/report"
        /// Followed by a container's name: how to ask that container to leave.
        package static let quitPrefix = "sidecar.k-pipe.cloud/quit."
        /// The same for several containers, as a JSON object by their names: those may be too long for an annotation's.
        package static let quit = "sidecar.k-pipe.cloud/quit"
        /// Followed by a container's name: how long after main's end that container is left alone.
        package static let lingerPrefix = "sidecar.k-pipe.cloud/linger."
        /// The same for several containers, as a JSON object by their names.
        package static let linger = "sidecar.k-pipe.cloud/linger"
        /// Followed by a container's name: how Argo ends that container.
        package static let argoKillPrefix = "workflows.argoproj.io/kill-cmd-"
        /// The container that kubectl takes where none is named.
        package static let defaultContainer = "kubectl.kubernetes.io/default-container"
        /// `disabled`: hands off this pod.
        package static let terminator = "sidecar.k-pipe.cloud/terminator"
        /// `KS104 the hook is quick`: findings of `render` that somebody has looked at, and why they may stay.
        package static let ignore = "sidecar.k-pipe.cloud/ignore"
        /// The terminator's memory: which rung was tried when.
        package static let progress = "sidecar.k-pipe.cloud/terminating"
        /// A cue for the node agent: `container=container id`, separated by commas.
        package static let stopCue = "sidecar.k-pipe.cloud/stop"
        /// On pods that a kubelet made from a file and shows to the API server.
        package static let mirror = "kubernetes.io/config.mirror"
    }

    package enum Label {
        /// On every namespace, by the API server: its name.
        package static let namespaceName = "kubernetes.io/metadata.name"
        /// `enabled` on a namespace or pod: known sidecars count without a marker.
        package static let terminateKnown = "sidecar.k-pipe.cloud/terminate-known"
        /// `enabled` on a namespace, pod or Job: marked sidecars become native as pods are created. `disabled` on a pod
        /// excepts it.
        package static let convert = "sidecar.k-pipe.cloud/convert"
        package static let enabled = "enabled"
        package static let disabled = "disabled"
        /// `true` on a pod whose phase the terminator holds, so that whoever leads next finds it by this: by its phase it
        /// looks finished.
        package static let held = "sidecar.k-pipe.cloud/held"
        /// On a Job's pods: the Job's uid.
        package static let jobUID = "batch.kubernetes.io/controller-uid"
        /// On a Job's pods: the Job's name.
        package static let jobName = "batch.kubernetes.io/job-name"
        /// On nodes that are no machines: `virtual-kubelet`.
        package static let nodeType = "type"
        package static let virtualKubelet = "virtual-kubelet"
        /// On every node: what it runs, `linux` or `windows`.
        package static let operatingSystem = "kubernetes.io/os"
        package static let windows = "windows"
        package static let linux = "linux"
    }

    /// Keys of nodes' taints.
    package enum Taint {
        package static let virtualKubelet = "virtual-kubelet.io/provider"
    }

    package enum Finalizer {
        /// On a Job's pod until the Job has counted its result.
        package static let jobTracking = "batch.kubernetes.io/job-tracking"
    }

    /// Types of conditions in a pod's status.
    package enum Condition {
        package static let sidecarTerminated = "SidecarTerminated"
    }
}
