import Basics
import KubeClient
import KubeModel
import KubeRuntime
import YAMLTree

/// The work of a leader: counts, each time on the version of the ConfigMap that it knows.
struct Counting: Sendable {
    private let api: KubeClient
    private let identity: String
    private static let resource = APIResource(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap")
    private static let key = ObjectKey(namespace: "default", name: "work")

    init(_ api: KubeClient, _ identity: String) {
        self.api = api
        self.identity = identity
    }

    func run(_ leadership: Leadership) async {
        var version: String?
        while !Task.isCancelled {
            let before = ElectorProgram.moment()
            if leadership.isHeld {
                ElectorProgram.say("believes \(before) \(ElectorProgram.moment())")
                do throws(KubeError) {
                    if let known = version {
                        version = try await count(on: known)
                        ElectorProgram.say("wrote \(version ?? "")")
                    } else {
                        version = try await read()
                    }
                } catch {
                    version = nil
                    if let code = error.status?.code { ElectorProgram.say("refused \(code)") }
                }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func read() async throws(KubeError) -> String? {
        Self.version(in: try await api.send(.get(Self.resource, Self.key)))
    }

    private func count(on version: String) async throws(KubeError) -> String? {
        let patch: JSONValue = [
            "metadata": ["resourceVersion": .string(version)],
            "data": ["leader": .string(identity), "moment": .string("\(ElectorProgram.moment())")],
        ]
        return Self.version(in: try await api.send(.patch(Self.resource, Self.key, .merge(patch))))
    }

    private static func version(in answer: APIResponse) -> String? {
        (try? YAMLNode(parsing: answer.body))?["metadata"]?["resourceVersion"]?.text
    }
}
