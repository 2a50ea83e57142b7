internal import Basics
package import KubeModel

/// What a pod's annotations say about its containers one by one: an annotation for each, or one for all of them, because
/// the name of an annotation has no room for that of every container.
package struct ContainerAnnotations<Value> {
    /// By container.
    package private(set) var values: [String: Value] = [:]
    /// Annotations that cannot be followed, each as one sentence.
    private(set) var findings: [String] = []
    private let expectation: String
    private let read: (String) -> Value?

    /// - Parameters:
    ///   - key: of the annotation for all, a JSON object by the containers' names.
    ///   - prefix: of an annotation for one, followed by that one's name.
    ///   - expectation: what a value has to be, with its article.
    private init(
        _ pod: Pod, key: String, prefix: String, plural: String, expectation: String, read: @escaping (String) -> Value?
    ) {
        self.expectation = expectation
        self.read = read
        let annotations = pod.metadata.annotations
        if let text = annotations[key] {
            let entries = Self.entries(text)
            let names = Set(pod.spec.containers.map(\.name))
            if entries == nil {
                findings.append("the annotation \(key) is not a JSON object of \(plural) by container name")
            }
            for (container, text) in entries ?? [] {
                guard names.contains(container) else {
                    findings.append("\(PodRoles.Finding(annotation: key, container: container))")
                    continue
                }
                add(text, for: container, "\(container) in the annotation \(key)")
            }
        }
        // The more special word counts.
        for container in pod.spec.containers {
            let key = prefix + container.name
            if let text = annotations[key] { add(text, for: container.name, "the annotation \(key)") }
        }
    }

    private mutating func add(_ text: String, for container: String, _ place: String) {
        guard let value = read(text) else {
            findings.append("\(place) is not \(expectation)")
            return
        }
        values[container] = value
    }

    /// `nil` where it is no JSON object of texts.
    private static func entries(_ text: String) -> [(container: String, value: String)]? {
        let text = Array(text.utf8)
        let bytes = text.span
        var cursor = JSONCursor(bytes)
        var entries: [(container: String, value: String)] = []
        do throws(WireError) {
            guard try cursor.beginObject(in: bytes) else { return nil }
            while let key = try cursor.key(in: bytes) { entries.append((key, try cursor.text(in: bytes))) }
        } catch { return nil }
        return entries
    }
}

extension ContainerAnnotations<QuitEndpoint> {
    /// How containers are asked to leave.
    static func quits(of pod: Pod) -> Self {
        Self(
            pod, key: WellKnownNames.Annotation.quit, prefix: WellKnownNames.Annotation.quitPrefix,
            plural: "endpoints", expectation: QuitEndpoint.expectation
        ) { QuitEndpoint($0) }
    }
}

extension ContainerAnnotations<Int64> {
    /// How many seconds containers are left alone after main's end.
    package static func lingers(of pod: Pod) -> Self {
        Self(
            pod, key: WellKnownNames.Annotation.linger, prefix: WellKnownNames.Annotation.lingerPrefix,
            plural: "durations", expectation: "a duration such as 15s"
        ) { Linger.seconds($0) }
    }
}

/// How long a sidecar is left alone after main's end, for its last lines.
package enum Linger {
    /// In whole seconds, those begun counted; `nil` where the text is no duration.
    package static func seconds(_ text: String) -> Int64? {
        DurationText.milliseconds(text).map { ($0 + 999) / 1000 }
    }
}
