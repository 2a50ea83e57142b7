import Basics
import YAMLTree

/// A node and a Job controller, simulated as a real one was seen to behave. A value: `step` brings the cluster to a
/// moment, nothing happens in between.
///
/// It knows of the kubelet what decides about Jobs: when containers start, stop and are started again, what a changed
/// image does, how a phase follows from containers, and what becomes of one that somebody else has written; and of the
/// Job controller how it counts pods and restarts.
package struct FakeNode: Sendable {
    package var images: FakeImages
    /// Seconds until the kubelet notices that a pod's phase is not what it says.
    package var phaseReview = 3.0
    /// Seconds until the Job controller counts a pod that has ended.
    package var jobReview = 1.0
    /// By uid.
    private var pods: [String: FakePod] = [:]
    private var jobs = FakeJobs()
    private var answered: Set<String> = []
    private var serial = 0
    private let wall: KubeTime
    private var now = 0.0
    /// The API server's version before the last step.
    private var seen = 0
    /// When something happens by itself, in seconds; until then a step changes nothing if nobody else has.
    package private(set) var nextEvent = 0.0

    /// - Parameter wall: what the clock shows at 0.
    package init(_ images: FakeImages, wall: KubeTime) {
        self.images = images
        self.wall = wall
    }

    private func text(_ now: Double) -> KubeTime {
        KubeTime(microseconds: wall.microseconds + Int64(now * 1_000_000))
    }

    /// - Parameter now: in seconds, never less than before.
    package mutating func step(_ api: inout FakeAPI, at now: Double) {
        self.now = now
        guard api.store.version != seen || now >= nextEvent else { return }
        seen = api.store.version
        jobs.step(&api, at: now, wall: text(now), review: jobReview)
        let objects = api.objects("Pod")
        let uids = Set(objects.compactMap { $0.text(at: "metadata.uid") })
        pods = pods.filter { uids.contains($0.key) }
        for object in objects { step(object, &api, at: now) }
        for request in api.objects("ContainerRecreateRequest") { answer(request, at: now) }
        nextEvent = pods.values.reduce(jobs.nextEvent) { min($0, $1.nextEvent) }
    }

    private mutating func step(_ object: JSONValue, _ api: inout FakeAPI, at now: Double) {
        let uid = object.text(at: "metadata.uid") ?? ""
        if let known = pods[uid], known.version == object.text(at: "metadata.resourceVersion"), now < known.nextEvent {
            return
        }
        var pod = pods[uid] ?? FakePod(object, at: now)
        pod.obey(object, at: now)
        pod.live(images) { [serial] in "containerd://\(serial + $0)" }
        serial += pod.containers.count + 8
        let status = pod.status(over: object, review: phaseReview, wall: text)
        pod.rest(over: object, review: phaseReview)
        pods[uid] = pod
        if let status { api.change("Pod", pod.name, in: pod.namespace) { $0["status"] = status } }
        if pod.isDeleted, pod.isClosed, object[path: ["metadata", "finalizers"]] == nil {
            api.vanish("Pod", pod.name, in: pod.namespace)
        }
    }

    /// As Kruise's daemon does, once.
    private mutating func answer(_ request: JSONValue, at now: Double) {
        guard answered.insert(request.text(at: "metadata.uid") ?? "").inserted else { return }
        let pod = request.text(at: "spec.podName") ?? ""
        for container in request[path: ["spec", "containers"]]?.array ?? [] {
            let grace = request[path: ["spec", "strategy", "terminationGracePeriodSeconds"]]?.integer ?? 30
            change(pod) { [now] _, container in
                container.stop(grace: Double(grace), at: now)
            } where: {
                $0.name == container["name"]?.string
            }
        }
    }

    // MARK: Within pods

    /// A process in the container sends SIGTERM to process 1.
    package mutating func signal(_ container: String, of pod: String) {
        change(pod) { [now] _, container in
            if let code = container.program.codeOnTerm {
                container.leaving = (code, now + container.program.secondsOnTerm)
            }
        } where: {
            $0.name == container
        }
    }

    /// A request comes in at a port on the localhost of every pod.
    package mutating func request(_ port: Int) {
        for pod in pods.values.map(\.name) {
            change(pod) { [now] _, container in
                container.leaving = (0, now)
            } where: {
                $0.program.quitPort == port
            }
        }
    }

    /// The kubelet is restarted. What it was stopping for the sake of another image has ended by the time that it is there again:
    /// then it finds a container that has ended, and nothing tells that it is to be started.
    package mutating func restartKubelet() {
        for pod in pods.values.map(\.name) {
            change(pod) {
                $1.isSwapped = false
            } where: { _ in
                true
            }
        }
    }

    // MARK: The container runtime

    package struct Container: Sendable {
        package var name: String
        package var podUID: String
        package var isRunning: Bool
    }

    /// - Parameter id: with the runtime's scheme, as statuses have it.
    package func container(_ id: String) -> Container? {
        for pod in pods.values {
            for container in pod.containers where container.id == id {
                return Container(name: container.name, podUID: pod.uid, isRunning: container.isRunning)
            }
        }
        return nil
    }

    /// SIGTERM now, SIGKILL after the grace.
    package mutating func stop(_ id: String, grace: Double) {
        for pod in pods.values.map(\.name) {
            change(pod) { [now] in
                $1.stop(grace: grace, at: now)
            } where: {
                $0.id == id
            }
        }
    }

    private mutating func change(
        _ pod: String, _ body: (FakePod, inout FakeContainer) -> Void, where isMeant: (FakeContainer) -> Bool
    ) {
        for (uid, var found) in pods where found.name == pod {
            for index in found.containers.indices where isMeant(found.containers[index]) {
                let pod = found
                body(pod, &found.containers[index])
            }
            found.wake()
            pods[uid] = found
            nextEvent = 0
        }
    }
}
