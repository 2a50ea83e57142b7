import KubeModel

/// Why a pod is left as it was.
extension Rule {
    package static let noMain = Rule(
        id: "KS001", severity: .error, title: "No main container would remain",
        explanation: """
            A pod needs at least one ordinary container; when every container counts as a sidecar \
            nothing is moved. Name the main container with `--primary`.
            """,
        evidence: "Kubernetes validation: spec.containers is required; KEP-753")

    package static let unknownContainer = Rule(
        id: "KS002", severity: .error, title: "A named container does not exist",
        explanation: """
            An annotation names a sidecar or primary container that the pod does not have. Converting \
            the rest would leave that one behind unnoticed, so the pod stays as it was.
            """,
        evidence: "kruise#1285")

    package static let duplicateName = Rule(
        id: "KS003", severity: .error, title: "Two containers have one name",
        explanation: "The API server refuses such a pod, and a name would not say which container is meant.",
        evidence: "Kubernetes validation: names are unique among containers and initContainers")

    package static let shape = Rule(
        id: "KS004", severity: .error, title: "Not the shape of a pod",
        explanation: """
            A `spec` that is not a mapping, or `containers` that is not a list of mappings with names, \
            is left as it was.
            """,
        evidence: "Kubernetes API reference, PodSpec")

    package static let anchor = Rule(
        id: "KS005", severity: .error, title: "An anchor or alias stands in the way",
        explanation: """
            A value that an alias repeats elsewhere cannot change here alone, and an alias cannot come \
            before its anchor. Write the container out.
            """,
        evidence: "YAML 1.2.2 §7.1")

    package static let layout = Rule(
        id: "KS006", severity: .error, title: "The layout cannot be kept",
        explanation: """
            The move would have to touch text that is not part of it: a comment between braces, lists \
            of two styles, a key that shares its line. Rewrite that place in block style.
            """,
        evidence: "YAML 1.2.2 §3.2.3.3: comments belong to no node; §7.4, §8.2.1: flow and block collections")

    package static let ownPolicy = Rule(
        id: "KS007", severity: .error, title: "The container has a restart policy of its own",
        explanation: """
            A container-level `restartPolicy` other than Always (1.34 and later) contradicts a native \
            sidecar.
            """,
        evidence: "KEP-5307")

    package static let verification = Rule(
        id: "KS008", severity: .error, title: "The result could not be verified",
        explanation: """
            After each conversion the new text is read again and compared with what was intended. \
            Where they differ the document stays as it was. Please report the manifest.
            """,
        evidence: "YAML 1.2.2 §3.2.1: two texts mean the same where their representation graphs are equal")

    package static let waitsForMain = Rule(
        id: "KS009", severity: .error, title: "The sidecar's startupProbe waits for main",
        explanation: """
            Main starts only when the postStart hook of a native sidecar has finished and its startupProbe has passed. A probe or \
            hook that asks a port of main, or Dapr's health with that of the application, would wait for ever, and so would a \
            startupProbe of a program that itself waits for a port or file of main. Let it ask the sidecar alone. This is said of \
            sidecars, too, that are native already.
            """,
        evidence: "a startupProbe that never passes holds main for ever (measured on 1.36.2)")

    package static let injectedStays = Rule(
        id: "KS010", severity: .error, title: "An injected sidecar stays an ordinary container",
        explanation: """
            Its injector has filled it in already. It starts only when all init containers have, so that a native sidecar \
            beside it would begin without it: a mesh's proxy, through which all traffic goes, would keep a startupProbe from \
            ever passing. And without the markers of the others no terminator would end it. Let the injector make it native.
            """,
        evidence: "Istio: inject.go, order of the containers of a pod; istio#11130")

    package static let notForInit = Rule(
        id: "KS011", severity: .error, title: "The resize policy needs Kubernetes 1.33",
        explanation: """
            Before 1.33 an API server with the feature `InPlacePodVerticalScaling` refuses `resizePolicy` in init containers, \
            native sidecars too.
            """,
        evidence: "Kubernetes: validateInitContainers, AllowSidecarResizePolicy; kubernetes#128367")

    package static let refusals: [Rule] = [
        .noMain, .unknownContainer, .duplicateName, .shape, .anchor, .layout, .ownPolicy, .verification, .waitsForMain,
        .injectedStays, .notForInit,
    ]
}
