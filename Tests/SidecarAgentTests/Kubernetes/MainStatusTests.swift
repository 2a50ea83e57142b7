import KubeModel
import Testing

@testable import SidecarAgent

@Suite struct MainStatusTests {
    /// A pod of ordinary containers; an empty reason means that it runs.
    static func pod(
        _ containers: [(name: String, state: ContainerState)], policy: String = "Never",
        annotations: [String: String] = [:], isBeingDeleted: Bool = false, reason: String = ""
    ) -> Pod {
        var pod = Pod()
        pod.metadata.annotations = annotations
        pod.metadata.isBeingDeleted = isBeingDeleted
        pod.spec.restartPolicy = policy
        pod.status.reason = reason
        for (name, state) in containers {
            var container = Container()
            container.name = name
            if name == "agent" {
                var variable = EnvironmentVariable()
                variable.name = WellKnownNames.Variable.terminate
                variable.value = "true"
                container.env = [variable]
            }
            pod.spec.containers.append(container)
            var status = ContainerStatus()
            status.name = name
            status.state = state
            pod.status.containerStatuses.append(status)
        }
        return pod
    }

    static func ended(_ code: Int32, _ reason: String = "Error") -> ContainerState {
        var end = ContainerStatus.Termination()
        end.exitCode = code
        end.reason = reason
        return .terminated(end)
    }

    static let running = ContainerState.running(startedAt: 1)

    @Test(
        arguments: [
            (pod([("main", .unknown)]), nil),
            (pod([("main", .waiting(reason: "ContainerCreating"))]), nil),
            (pod([("main", .waiting(reason: "PodInitializing"))]), nil),
            (
                pod([("main", .waiting(reason: "ImagePullBackOff")), ("agent", running)]),
                .notStarted(reason: "ImagePullBackOff")
            ),
            (pod([("main", .waiting(reason: "ContainerCreating"))], reason: "Evicted"), .notStarted(reason: "Evicted")),
            (
                pod([("main", .waiting(reason: "ErrImagePull"))], reason: "DeadlineExceeded"),
                .notStarted(reason: "DeadlineExceeded")
            ),
            (
                pod([("main", ended(143))], reason: "Evicted"),
                .terminated(exitCode: 143, reason: "Evicted", final: true, restarts: 0)
            ),
            (
                pod([("main", ended(137, "OOMKilled"))], reason: "Evicted"),
                .terminated(exitCode: 137, reason: "OOMKilled", final: true, restarts: 0)
            ),
            (pod([("a", running), ("b", .waiting(reason: "ImagePullBackOff"))]), .running),
            (pod([("a", ended(1)), ("b", .waiting(reason: "ImagePullBackOff"))]), nil),
            (pod([("main", running)]), .running),
            (
                pod([("main", ended(0, "Completed"))]),
                .terminated(exitCode: 0, reason: "Completed", final: true, restarts: 0)
            ),
            (
                pod([("main", ended(137, "OOMKilled"))]),
                .terminated(exitCode: 137, reason: "OOMKilled", final: true, restarts: 0)
            ),
            (
                pod([("main", ended(1))], policy: "OnFailure"),
                .terminated(exitCode: 1, reason: "Error", final: false, restarts: 0)
            ),
            (
                pod([("main", ended(1))], policy: "OnFailure", isBeingDeleted: true),
                .terminated(exitCode: 1, reason: "Error", final: true, restarts: 0)
            ),
            (
                pod([("main", ended(0, "Completed"))], policy: "OnFailure"),
                .terminated(exitCode: 0, reason: "Completed", final: true, restarts: 0)
            ),
            (
                pod([("main", ended(3)), ("agent", running)]),
                .terminated(exitCode: 3, reason: "Error", final: true, restarts: 0)
            ),
            (pod([("a", ended(0)), ("b", running)]), .running),
            (
                pod([("a", ended(0)), ("b", ended(2))]),
                .terminated(exitCode: 2, reason: "Error", final: true, restarts: 0)
            ),
            (
                pod(
                    [("a", ended(0, "Completed")), ("b", running)],
                    annotations: [WellKnownNames.Annotation.primaryContainer: "a"]),
                .terminated(exitCode: 0, reason: "Completed", final: true, restarts: 0)
            ),
        ] as [(Pod, MainStatus?)])
    func isReadFromThePod(pod: Pod, status: MainStatus?) { #expect(MainStatus(pod) == status) }
}
