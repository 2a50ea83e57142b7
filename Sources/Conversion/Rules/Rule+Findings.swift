import PodRules

/// What a conversion changes beyond the move, and what it meets.
extension Rule {
    package static let converted = Rule(
        id: "KS100", severity: .note, title: "A container became a native sidecar",
        explanation: """
            The container moves to `initContainers` and gets `restartPolicy: Always`: the kubelet \
            starts it before main and ends it after main. Check after applying that no webhook \
            stripped the field: `kubectl get pod -o \
            jsonpath='{.spec.initContainers[*].restartPolicy}'`.
            """,
        evidence: "KEP-753; datadog-operator#1116; eks-pod-identity-webhook#209; kops#16802")

    package static let order = Rule(
        id: "KS101", severity: .note, title: "Placed among the init containers",
        explanation: """
            The init containers that are there ran without this sidecar until now, so it starts after them; effective \
            requests then stay as they were. It starts before the first one that asks it, though: one whose command or \
            variables name its port on localhost (or localhost at all, for a database proxy), and that does not run a \
            proxy of its own, as migrations do. Among sidecars, one that asks another starts after it. All end the \
            other way round.
            """,
        evidence:
            "KEP-753: order of start and end, and of effective requests; chainloop#325: migrations in an init container"
    )

    package static let askedTooEarly = Rule(
        id: "KS128", severity: .warning, title: "An init container asks the sidecar too early",
        explanation: """
            It names the sidecar's port on localhost, but it, or one behind it, writes to a volume that the sidecar \
            mounts, so the sidecar starts after both, as before. If the volume is not what the sidecar needs, move the \
            sidecar up by hand.
            """,
        evidence: "KEP-753: order of start")

    package static let startupProbe = Rule(
        id: "KS102", severity: .note, title: "A startup probe was added",
        explanation: """
            A native sidecar counts as started at once unless a startupProbe says when. It is taken from the \
            readinessProbe's handler where that can pass before main runs (KS125, KS129; of Dapr's health the outbound half), \
            else it is the check that the proxy serves by its own flags (Cloud SQL's and AlloyDB's), else a TCP connection \
            to a declared port, and waits up to two minutes.
            """,
        evidence: "KEP-753; flyte#6501; kubexit#8; airflow#45772")

    package static let noStartupProbe = Rule(
        id: "KS103", severity: .warning, title: "Main may start before the sidecar serves",
        explanation: """
            There is neither a startupProbe nor something to derive one from (a readinessProbe, a port \
            that answers from outside the pod). Proxies that listen on localhost alone need an HTTP probe on their \
            admin port: for Cloud SQL's and AlloyDB's `--health-check --http-address=0.0.0.0`.
            """,
        evidence: "flyte#6523; airflow#45772; a startupProbe that never passes holds main for ever (measured on 1.36.2)"
    )

    package static let postStart = Rule(
        id: "KS104", severity: .warning, title: "postStart now holds main back",
        explanation: """
            The next container starts only when the hook has finished, and a hook that waits for main \
            waits for ever.
            """,
        evidence: "KEP-753")

    package static let preStopDropped = Rule(
        id: "KS105", severity: .warning, title: "A preStop hook that quits or awaits main was removed",
        explanation: """
            preStop of a native sidecar runs when the pod begins to end: after main where the pod ended by itself, beside \
            main on deletion or eviction; all hooks at once, and only SIGTERM waits for its turn. A hook that quits would \
            take the sidecar away while main still needs it, one that waits for main only spends the grace period. A hook \
            is removed only where each of its commands quits, sleeps, or waits for another container (a process, a \
            connection, a file that is to come); one that drains, flushes, stores or does anything else besides stays.
            """,
        evidence: "the kubelet's killContainer; kubernetes/enhancements#4183")

    package static let preStopKept = Rule(
        id: "KS106", severity: .warning, title: "A preStop hook spends the grace period",
        explanation: """
            It stays: it sleeps, drains, flushes or stores, or asks another container. Where it also quits, take that out \
            by hand: nobody can tell what of the rest has to be done before. It begins when the pod begins to \
            end, together with all other hooks, and on deletion main still runs then. Its time is taken from the one grace \
            period that all containers share.
            """,
        evidence: "the kubelet's killContainer; kubernetes/enhancements#4183; Contour: Envoy's shutdown-manager")

    package static let grace = Rule(
        id: "KS107", severity: .note, title: "The grace period was raised",
        explanation: """
            Hooks, main and sidecars share terminationGracePeriodSeconds: first all hooks at once, then main, then the \
            sidecars one after another. It is computed from the longest hook that sleeps, the time that sidecars are told \
            to drain, and 10 s to end in, and raised where it is less.
            """,
        evidence: "KEP-753: shared grace; measured: a sidecar that takes 8 s gets them only within the grace")

    package static let exitsByItself = Rule(
        id: "KS108", severity: .warning, title: "The sidecar ends by itself",
        explanation: """
            A native sidecar that exits is restarted. Loops that wait for a file and one-shot \
            helpers are for ordinary containers or ordinary init containers. The command line is read as the shell reads \
            it: an endless loop or pipeline (`tail -F x | grep y`) is none of these, nor is what reads a fifo or a stream, or a \
            trap that passes SIGTERM on. A script that kills the program which it has started itself, as soon as main has left \
            word, ends with it; leave that to the kubelet.
            """,
        evidence: "KEP-753; under OnFailure its restarts count towards backoffLimit (measured)")

    package static let mainHack = Rule(
        id: "KS109", severity: .warning, title: "Main ends the sidecar by hand",
        explanation: """
            A call to a quit endpoint, pkill, scuttle, linkerd-await or kubexit in main would now only \
            restart the sidecar. Remove it.
            """,
        evidence: "istio#6324, #11659; cloud-sql-proxy#828; kubexit#8")

    package static let sharedProcesses = Rule(
        id: "KS110", severity: .note, title: "shareProcessNamespace may no longer be needed",
        explanation: "It is kept. If it was there only so that main could signal the sidecar, it can go.",
        evidence: "kubernetes#25908")

    package static let shell = Rule(
        id: "KS111", severity: .warning, title: "A shell keeps SIGTERM from the program",
        explanation: """
            `sh -c` without `exec` does not pass SIGTERM on: the sidecar is killed when the grace is \
            over and its last data is lost. Write `exec` before the command.
            """,
        evidence: "argo#6402; gcs-fuse-csi#23")

    package static let namedPort = Rule(
        id: "KS112", severity: .warning, title: "Named ports of sidecars need 1.32",
        explanation: """
            Before 1.32 Services, network policies and monitors do not find ports of init containers by name. Use the \
            number there until then.
            """,
        evidence: "kubernetes#127958, #128825; calico#8881")

    package static let failurePolicy = Rule(
        id: "KS113", severity: .note, title: "The pod failure policy was pinned to main",
        explanation: """
            onExitCodes without containerName also looks at init containers, so a sidecar's 137 could \
            decide. containerName is set to the one main container.
            """,
        evidence: "KEP-753; Job API reference, podFailurePolicy")

    package static let failurePolicyOpen = Rule(
        id: "KS114", severity: .warning, title: "The pod failure policy also looks at the sidecar",
        explanation: """
            onExitCodes has no containerName, and there are several main containers; write one rule \
            for each. Or it names the sidecar: the kubelet now ends that whenever main has failed, with 143 or 137 as often \
            as not, so that such a rule would decide about main's failures.
            """,
        evidence: "Job API reference, podFailurePolicy")

    package static let crash = Rule(
        id: "KS115", severity: .note, title: "A crash of the sidecar no longer fails the pod",
        explanation: """
            Under restartPolicy Never a failed sidecar failed the pod; as native sidecar it is \
            restarted instead.
            """,
        evidence: "measured on 1.36.2")

    package static let markers = Rule(
        id: "KS116", severity: .note, title: "Markers of terminators were removed",
        explanation: """
            Variables (OpenKruise's, and Alibaba's ECI_CONTAINER_TYPE) and annotations (of names, and how to end a \
            container: ours, Argo's, k8s-controller-sidecars') have no meaning for a native sidecar. Flyte's \
            annotation stays, because Flyte goes by it.
            """,
        evidence: "kruise#2362; Alibaba Cloud, declaring container types; argo: sidecar injection")

    package static let defaultContainer = Rule(
        id: "KS117", severity: .note, title: "The first container changed",
        explanation: """
            kubectl logs and exec take the first container where no `kubectl.kubernetes.io/default- \
            container` is set; that is another one now.
            """,
        evidence: "kubectl: default container")

    package static let injected = Rule(
        id: "KS118", severity: .warning, title: "The sidecar is its injector's",
        explanation: """
            The container is a placeholder or is injected at admission; it stays. Set the injector's own switch for \
            native sidecars (of Vault's, the one that leaves it at an init container). With `--detect`, or where another \
            sidecar moves, this is said of pods, too, that are to end and ask for an injection. Where the pod's markers go, \
            the label `sidecar.k-pipe.cloud/terminate-known` comes in their place, so that a terminator still ends what is \
            injected as an ordinary container.
            \(Injector.all.map { "\n- `\($0.container)`: \($0.advice)" }.joined())
            """,
        evidence: Injector.all.map(\.source).joined(separator: "; "))

    package static let serialStart = Rule(
        id: "KS119", severity: .note, title: "Sidecars now start one after another",
        explanation: """
            Native sidecars start in the order of the list, each when the one before has started; they \
            stop in reverse order.
            """,
        evidence: "KEP-753")

    package static let patches = Rule(
        id: "KS120", severity: .warning, title: "A patch may miss",
        explanation: """
            A patch of a Kustomization that names a converted container below `containers`, by its name or its place, misses \
            it after the move. Where the kustomization is converted together with what it stands on (`-R`), its patches follow \
            (KS136); this one could not, or stands alone. Patch `initContainers` instead.
            """,
        evidence: "kustomize: strategic merge keys; RFC 6902")

    package static let patchFollows = Rule(
        id: "KS136", severity: .note, title: "A patch follows its container",
        explanation: """
            A strategic merge patch of a Kustomization names a container that moves, so its part moves to `initContainers`; \
            in a JSON patch the place in the path changes. `kustomize build` makes the same of it as before, but for the move.
            """,
        evidence: "kustomize: strategic merge keys; RFC 6902; built before and after with kubectl kustomize")

    package static let patchedOtherwise = Rule(
        id: "KS139", severity: .warning, title: "A patch asks for another conversion",
        explanation: """
            What stands in a kustomization's resources is converted, and its patches follow (KS136). But what Kustomize builds of \
            both may ask for more: a patch brings a readinessProbe of which a startupProbe is made, a hook that goes, a drain \
            time that the grace period is too short for, or it takes a marker back. So each patched object is also converted as it \
            is built; this names what it would have then and would not have now. What else is found only in the patched object \
            is told under its own id, at the patch. Where a replacement or a transformer may change such an object besides, it is \
            not judged, and this says so.
            """,
        evidence: "built before and after with kubectl kustomize")

    package static let kubelets = Rule(
        id: "KS121", severity: .warning, title: "Some releases run native sidecars badly",
        explanation: """
            Native sidecars are on by default since 1.29; before, the API server drops the field and main never starts. \
            With `--kube-version` this names what nodes of that release do wrong with such a pod, also where its sidecars are \
            native already; without it the releases that no longer do.
            \(KubeletBug.all.map { "\n- \($0.words) (\($0.releases))" }.joined())
            """,
        evidence: KubeletBug.all.map(\.source).joined(separator: "; "))

    package static let reversed = Rule(
        id: "KS122", severity: .note, title: "A native sidecar became an ordinary container",
        explanation: """
            It moves behind the other containers, and in pods that are to end it is marked for a \
            terminator.
            """,
        evidence: "the markers in docs/render.md")

    package static let notRestored = Rule(
        id: "KS123", severity: .warning, title: "Something cannot be restored",
        explanation: """
            An ordinary container does not start before main, is not ended after it and does not hold \
            main back by its startupProbe.
            """,
        evidence: "KEP-753")

    package static let asksMain = Rule(
        id: "KS125", severity: .warning, title: "A probe of the sidecar asks main",
        explanation: """
            No startupProbe is derived from it, because main starts only afterwards; and none at all where the sidecar's own \
            program waits for main (`until nc -z localhost 8080`, or a file in a volume of main's) before it serves. As livenessProbe a probe restarts the \
            sidecar while main starts and ends.
            """,
        evidence: "KEP-753: the next container starts once `started` holds")

    package static let gateNeedsMain = Rule(
        id: "KS129", severity: .warning, title: "A probe may pass only once main runs",
        explanation: """
            A proxy answers a check that it does not serve itself with what stands behind it, which is main, and main would \
            wait for the check. A sidecar counts as one whose command, arguments or variables name a port of main on the \
            pod's own network (`--upstream=http://localhost:8080`): it may be ready only when main is. A command that looks \
            for a file in a volume that the sidecar cannot write to finds what main has written. So a TCP connection to the \
            sidecar's own port takes its place, where it declares one; a \
            startupProbe that was there stays. Let the check ask what the proxy serves itself (its admin port, a status \
            page).
            """,
        evidence:
            "Dapr: /v1.0/healthz and /v1.0/healthz/outbound; Envoy: admin /ready; oauth2-proxy: /ping; kube-rbac-proxy")

    package static let detectedAsked = Rule(
        id: "KS130", severity: .warning, title: "A known sidecar may be main",
        explanation: """
            Its name or image is that of a well-known sidecar, but the pod seems to be for it: it is named after it, a \
            Service leads to it, kubectl takes it by default, it runs on every node, only helpers and other proxies stand \
            beside it, or one of those drains it. It is not moved until somebody says so, with `--sidecar NAME` or a marker.
            """,
        evidence:
            "Contour's DaemonSet: Envoy beside shutdown-manager; ingress controllers and gateways; Datadog's DaemonSet: "
            + "trace-agent; Envoy's ratelimit; oauth2-proxy: sessions in Redis")

    package static let notReached = Rule(
        id: "KS131", severity: .warning, title: "A marker in a place that is not known",
        explanation: """
            A list of containers carries a marker, but no known path leads there, so nothing was converted. Nor are lists \
            converted of which an operator makes containers (Spark's `driver.sidecars`): use its pod template. A patch of a \
            kustomization is such a place, too: mark the container in what is patched. Else name the path of \
            the pod's spec with `--pod-spec-path`. Knative Serving takes neither init containers nor their restartPolicy: \
            there the sidecar stays.
            """,
        evidence: "the kinds in docs/render.md; knative/serving: pkg/apis/serving/fieldmask.go")

    package static let meantNative = Rule(
        id: "KS132", severity: .warning, title: "Written like a native sidecar, but it is none",
        explanation: """
            Only an init container with `restartPolicy: Always` is a native sidecar. On an ordinary container the field is \
            accepted from 1.35 and means that it is started again for ever, so that a Job never ends; it counts as a \
            marker here, and the container moves. An init container with another policy is an ordinary one: main waits for \
            its end.
            """,
        evidence: "KEP-5307; measured on 1.36.2; clowder#1783")

    package static let lateSidecar = Rule(
        id: "KS133", severity: .warning, title: "A native sidecar starts after what needs it",
        explanation: """
            Init containers start in the order of the list. One that asks a sidecar listed behind it asks in vain, and the \
            pod never starts.
            """,
        evidence: "KEP-753: order of start")

    package static let markerMisplaced = Rule(
        id: "KS134", severity: .warning, title: "A marker stands on the wrong metadata",
        explanation: """
            Annotations and labels of a Job are not those of its pods. Put the marker into `spec.template.metadata`.
            """,
        evidence: "Kubernetes API reference, PodTemplateSpec")

    package static let ignoreWithoutReason = Rule(
        id: "KS135", severity: .warning, title: "A finding is ignored without a reason",
        explanation: """
            `sidecar.k-pipe.cloud/ignore: KS104 the hook is quick`, as an annotation of the object or its pods or in a comment \
            above a line or a document, lets a finding stand. Without ids and a reason nothing is ignored.
            """,
        evidence:
            "kube-linter: the value of ignore-check.kube-linter.io/… is the reason; golangci-lint, nolintlint: "
            + "require-explanation and require-specific")

    package static let lingers = Rule(
        id: "KS137", severity: .note, title: "A sidecar lingers by a hook",
        explanation: """
            `sidecar.k-pipe.cloud/linger.NAME` lets a terminator wait after main's end. A native sidecar waits by a preStop \
            hook that sleeps as long (1.30 and later), and the grace period is raised for it.
            """,
        evidence: "KEP-3960: sleep action of preStop")

    package static let lingerLost = Rule(
        id: "KS138", severity: .warning, title: "A sidecar does not linger",
        explanation: """
            It is to be left alone for a while after main's end, but it has a preStop hook of its own, or the release that has \
            the action `sleep` (1.30) is not known to be there. It gets SIGTERM as soon as main has ended.
            """,
        evidence: "KEP-3960: sleep action of preStop")

    package static let resources = Rule(
        id: "KS126", severity: .note, title: "Effective requests and QoS class",
        explanation: """
            Computed before and after as the scheduler does: native sidecars add to every init container behind them. \
            Behind the other init containers the sum stays; a quota or a node that was just enough may still be short \
            where this says that it changed.
            """,
        evidence: "KEP-753: max(max_i(init_i + sidecars before i), sidecars + containers)")

    package static let graceKept = Rule(
        id: "KS127", severity: .warning, title: "The grace period is short",
        explanation: """
            It is less than hooks and sidecars need together, but it is shared with another place of the document or \
            stands where nothing can be added. Raise it by hand.
            """,
        evidence: "KEP-753: shared grace")

    package static let kindUnknown = Rule(
        id: "KS124", severity: .note, title: "Not a kind with a pod template",
        explanation: """
            The document is passed on as it is. Name the place of a custom resource's pod spec with \
            `--pod-spec-path`.
            """,
        evidence: "the kinds in docs/render.md")

    package static let findings: [Rule] = [
        .converted, .order, .startupProbe, .noStartupProbe, .postStart, .preStopDropped, .preStopKept, .grace,
        .exitsByItself, .mainHack, .sharedProcesses, .shell, .namedPort, .failurePolicy, .failurePolicyOpen, .crash,
        .markers, .defaultContainer, .injected, .serialStart, .patches, .kubelets, .reversed, .notRestored,
        .kindUnknown, .asksMain, .resources, .graceKept, .askedTooEarly,
        .gateNeedsMain, .detectedAsked, .notReached, .meantNative, .lateSidecar, .markerMisplaced, .ignoreWithoutReason,
        .patchFollows, .lingers, .lingerLost, .patchedOtherwise,
    ]
}
