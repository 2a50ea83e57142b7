import ConfigSchema
import WorkdirProtocol

/// Fills `{pod.name}`, `{pod.namespace}`, `{pod.uid}`, `{job.name}` and `{env.NAME}` in URLs and paths. Values are put
/// in as they stand; `{{` and `}}` stand for the braces themselves.
struct Placeholders: Sendable {
    let pod: PodIdentity
    let environment: [String: String]

    func fill(_ text: String) throws(Decoding.Unfilled) -> String {
        var filled = ""
        var rest = Substring(text)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            filled += rest[..<brace]
            let isDoubled = rest[brace...].dropFirst().first == rest[brace]
            if isDoubled || rest[brace] == "}" {
                filled.append(rest[brace])
                rest = rest[brace...].dropFirst(isDoubled ? 2 : 1)
                continue
            }
            guard let end = rest[brace...].firstIndex(of: "}") else {
                throw Decoding.Unfilled(message: "a { has no }; write {{ for the brace itself")
            }
            filled += try value(of: String(rest[brace..<end].dropFirst()))
            rest = rest[end...].dropFirst()
        }
        return filled + rest
    }

    private func value(of name: String) throws(Decoding.Unfilled) -> String {
        let (value, help): (String?, String)
        switch name {
        case "pod.name": (value, help) = (pod.name, "set KPIPE_POD_NAME from metadata.name")
        case "pod.namespace": (value, help) = (pod.namespace, "set KPIPE_POD_NAMESPACE from metadata.namespace")
        case "pod.uid": (value, help) = (pod.uid, "set KPIPE_POD_UID from metadata.uid")
        case "job.name":
            (value, help) = (pod.job, "set KPIPE_JOB_NAME from metadata.labels['batch.kubernetes.io/job-name']")
        case _ where name.hasPrefix("env.") && name != "env.":
            (value, help) = (environment[String(name.dropFirst(4))], "set that environment variable")
        default:
            throw Decoding.Unfilled(
                message: "no such placeholder {\(name)}; there are {pod.name}, {pod.namespace}, {pod.uid}, {job.name} "
                    + "and {env.NAME}; write {{ for the brace itself")
        }
        guard let value, !value.isEmpty else {
            throw Decoding.Unfilled(message: "{\(name)} is not known here; \(help)")
        }
        guard !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Decoding.Unfilled(message: "the value of {\(name)} holds a control character")
        }
        return value
    }
}

/// Who this step is, as far as the environment says (downward API, or somebody's own variables).
package struct PodIdentity: Sendable, Equatable {
    /// `metadata.name`; outside a cluster the host's name.
    var name: String?
    var namespace: String?
    package var uid: String?
    /// `metadata.labels['batch.kubernetes.io/job-name']`.
    var job: String?
    /// The trace that the step belongs to, by the agent's environment; passed on with every report.
    var traceparent: String?
}

extension PodIdentity {
    /// Reads `KPIPE_POD_NAME` before `POD_NAME` and so on; the name falls back to `HOSTNAME`, which Kubernetes sets to
    /// it. `serviceAccountNamespace` is what the file of that name holds, if anything.
    init(environment: [String: String], serviceAccountNamespace: String? = nil) {
        func first(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        name = first(AgentVariable.podName, "POD_NAME", "HOSTNAME")
        namespace = first(AgentVariable.podNamespace, "POD_NAMESPACE") ?? serviceAccountNamespace
        uid = first(AgentVariable.podUID, "POD_UID")
        job = first(AgentVariable.jobName, "JOB_NAME")
        traceparent = TraceParent.checked(environment[TraceParent.variable])
    }

    /// Where a pod finds its namespace when a token is mounted.
    static let serviceAccountNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
}
