internal import Basics
internal import KubeClient
internal import KubeModel

/// Tries the exit image with a pod of its own, and removes that again.
struct ExitImageTrial: Sendable {
    enum Result: Sendable, Equatable {
        /// - Parameter hasShell: it answers to `sh`, too, as it has to for most sidecars.
        case runs(hasShell: Bool)
        case fails(String)
    }

    let api: any KubeAPI
    let image: String
    let namespace: String
    let time: Timepiece

    /// Of the whole trial; the pod itself ends soon after, whoever looks.
    private static let patience = Duration.seconds(60)
    private static let interval = Duration.milliseconds(500)

    /// - Throws: where the pod may not be made or looked at.
    func result() async throws(KubeError) -> Result {
        let made = try read(
            try await api.send(.create(.pods, namespace: namespace, body: Array(manifest.text.utf8))))
        var result = Swift.Result<Result, KubeError>.success(.fails("has not ended within 60 s"))
        let deadline = time.now() + Self.patience
        do throws(KubeError) {
            while time.now() < deadline, !Task.isCancelled {
                guard let pod = try await api.pod(made.metadata.key) else {
                    result = .success(.fails("was taken away: somebody deletes pods here"))
                    break
                }
                if let found = Self.judge(pod) {
                    result = .success(found)
                    break
                }
                try? await time.sleep(time.now() + Self.interval)
            }
        } catch { result = .failure(error) }
        let options = DeleteOptions(gracePeriod: 0, preconditions: Preconditions(uid: made.metadata.uid))
        // It has a deadline where it may not be deleted.
        _ = try? await api.send(.delete(.pods, made.metadata.key, options))
        return try result.get()
    }

    /// `nil` while nothing can be said.
    static func judge(_ pod: Pod) -> Result? {
        let states = pod.status.containerStatuses.sorted { $0.name < $1.name }.map { ($0.name, Rehearsal($0.state)) }
        for case (Self.plain, .failed(let reason)?) in states { return .fails(reason) }
        guard states.count == 2, states.allSatisfy({ $0.1 != nil }) else { return nil }
        return .runs(hasShell: states.allSatisfy { $0.1 == .passed })
    }

    private static let plain = "exit"
    private static let shell = "shell"

    private var manifest: JSONValue {
        let security: JSONValue = [
            "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]], "readOnlyRootFilesystem": true,
            "runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"],
        ]
        func container(_ name: String, _ command: [JSONValue]) -> JSONValue {
            .object(present: [
                "name": .string(name), "image": .string(image), "imagePullPolicy": "IfNotPresent",
                "command": command.isEmpty ? nil : .array(command), "securityContext": security,
            ])
        }
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["generateName": "kpipe-rehearsal-"],
            "spec": [
                "restartPolicy": "Never", "activeDeadlineSeconds": 90, "automountServiceAccountToken": false,
                "terminationGracePeriodSeconds": 0,
                "nodeSelector": .object([
                    .init(WellKnownNames.Label.operatingSystem, .string(WellKnownNames.Label.linux))
                ]),
                "containers": [container(Self.plain, []), container(Self.shell, ["sh", "-c", "exit 7"])],
            ],
        ]
    }

    private func read(_ answer: APIResponse) throws(KubeError) -> Pod {
        do throws(WireError) { return try Pod(.json, in: answer.body.span) } catch {
            throw KubeError(attempted: "POST pods", reason: .malformed("\(error)"))
        }
    }
}
