internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import YAMLTree

/// The cluster's own warnings about a pod: an image that cannot be pulled, a rung that led nowhere.
enum WarningEvents {
    /// The older of the two views of events: it can be selected from by uid since ever.
    private static let events = APIResource(group: "", version: "v1", plural: "events", kind: "Event")
    private static let limit = 8

    /// The latest, oldest first; none where they may not be read.
    static func lines(about pod: Pod, _ api: any KubeAPI) async throws(KubeError) -> [String] {
        var options = ListOptions()
        options.fieldSelector = "involvedObject.uid=\(pod.metadata.uid),type=Warning"
        let answer: APIResponse
        do throws(KubeError) {
            answer = try await api.send(.list(events, namespace: pod.metadata.namespace, options))
        } catch {
            guard error.status?.code == 403 else { throw error }
            return []
        }
        let items = (try? YAMLNode(parsing: answer.body))?["items"]?.sequence ?? []
        return items.map { (time: time(of: $0), line: line($0)) }.sorted { $0 < $1 }.suffix(limit).map(\.line)
    }

    private static func time(of event: YAMLNode) -> String {
        let places = [
            event["series"]?["lastObservedTime"], event["lastTimestamp"], event["eventTime"],
            event["metadata"]?["creationTimestamp"],
        ]
        return places.lazy.compactMap { $0?.text }.first { !$0.isEmpty && $0 != "null" } ?? ""
    }

    private static func line(_ event: YAMLNode) -> String {
        let count = (event["series"]?["count"] ?? event["count"])?.text.flatMap { Int($0) } ?? 1
        let words = (event["message"]?.text ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        return "\(event["reason"]?.text ?? ""): \(words)" + (count > 1 ? " (\(count) times)" : "")
            + " at \(time(of: event))"
    }
}
