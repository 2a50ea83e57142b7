internal import KubeClient
package import KubeModel
internal import KubeRuntime

extension Diagnosis {
    /// Which pods.
    package enum Subject: Sendable, Equatable {
        case all
        case namespace(String)
        case pod(ObjectKey)
        case job(ObjectKey)

        /// As on a command line: `pod/NAME`, `job NAME`, `namespace/NAME`, `all`, or nothing for `namespace` itself.
        ///
        /// - Returns: `nil` for what is none of these.
        package init?(words: [String], in namespace: String) {
            guard let first = words.first else {
                self = .namespace(namespace)
                return
            }
            if words == ["all"] {
                self = .all
                return
            }
            let parts =
                words.count == 1
                ? first.split(separator: "/", omittingEmptySubsequences: false).map(String.init) : words
            guard parts.count == 2, !parts[1].isEmpty, !parts[1].contains("/") else { return nil }
            let key = ObjectKey(namespace: namespace, name: parts[1])
            switch parts[0] {
            case "pod", "pods", "po": self = .pod(key)
            case "job", "jobs": self = .job(key)
            case "namespace", "namespaces", "ns": self = .namespace(parts[1])
            default: return nil
            }
        }

        /// Of many pods only those are shown that say something of sidecars and have not finished.
        package var isMany: Bool {
            switch self {
            case .all, .namespace: true
            case .pod, .job: false
            }
        }

        /// `nil`: all namespaces.
        var namespace: String? {
            switch self {
            case .all: nil
            case .namespace(let name): name
            case .pod(let key), .job(let key): key.namespace
            }
        }

        var scope: WatchScope {
            var scope = WatchScope(.pods, namespace: namespace, encoding: .protobuf)
            switch self {
            case .all, .namespace: break
            case .pod(let key): scope.fieldSelector = "metadata.name=\(key.name)"
            case .job(let key): scope.labelSelector = "\(WellKnownNames.Label.jobName)=\(key.name)"
            }
            return scope
        }
    }
}
