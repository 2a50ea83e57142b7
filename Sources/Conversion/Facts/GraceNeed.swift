import Basics
import PodRules
import YAMLTree

/// How much of the one grace period main, the hooks and the sidecars need together, in seconds, and for what.
struct GraceNeed {
    /// What Kubernetes gives where nothing is written.
    static let standard = 30
    /// For the sidecars to flush and end in, beyond what is written down.
    static let ending = 10

    private(set) var parts: [(what: String, seconds: Int)] = []

    /// At most what the field of the API holds; what a manifest says may be any number.
    var seconds: Int {
        parts.reduce(0) { sum, part in
            let (seconds, isTooLarge) = sum.addingReportingOverflow(part.seconds)
            return isTooLarge ? .max : seconds
        }
    }
    var words: String { parts.map { "\($0.what) \($0.seconds) s" }.joined(separator: ", ") }

    /// Flags by which programs wait before they end.
    private static let drains = [
        "--max-sigterm-delay", "-term_timeout", "--term-timeout", "--drain-time-s", "--shutdown-grace-period",
    ]

    /// All hooks run at once when the pod begins to end; then main ends, and the sidecars one after another.
    ///
    /// - Parameter lingers: hooks that are to be added, in seconds.
    init(mains: [ManifestContainer], sidecars: [ManifestContainer], lingers: [String: Int] = [:]) {
        let all = mains + sidecars
        let neighbours = Neighbours(all)
        let hooks = all.compactMap { container in
            (lingers[container.name] ?? Self.hook(container, among: neighbours)).map {
                (what: "the hook of \(container.name)", seconds: $0)
            }
        }
        if let longest = hooks.max(by: { $0.seconds < $1.seconds }) { parts.append(longest) }
        for sidecar in sidecars {
            if let seconds = Self.drain(sidecar) { parts.append(("\(sidecar.name) to drain", seconds)) }
        }
        parts.append(("to end in", Self.ending))
    }

    /// Of a preStop hook that only waits; others end as they end, or are removed.
    private static func hook(_ container: ManifestContainer, among all: Neighbours) -> Int? {
        guard let hook = container.node.at("lifecycle", "preStop") else { return nil }
        switch HookPurpose(hook, of: container, among: all) {
        case .sleeps, .works: break
        case .endsOrAwaits, .other: return nil
        }
        if let seconds = hook.at("sleep", "seconds")?.text.flatMap(seconds) { return seconds }
        let words = (hook.at("exec", "command")?.elements ?? []).compactMap(\.text).joined(separator: " ")
            .split(whereSeparator: { " ;&|\n".contains($0) }).map(String.init)
        guard let index = words.firstIndex(of: "sleep"), words.indices.contains(index + 1) else { return nil }
        return seconds(words[index + 1])
    }

    private static func drain(_ container: ManifestContainer) -> Int? {
        let words = container.words
        for (index, word) in words.enumerated() {
            guard let flag = drains.first(where: { word == $0 || word.hasPrefix("\($0)=") }) else { continue }
            let value = word == flag ? words.dropFirst(index + 1).first : String(word.dropFirst(flag.count + 1))
            if let seconds = value.flatMap(seconds) { return seconds }
        }
        return nil
    }

    /// `nil` below zero, too, which no program waits.
    private static func seconds(_ text: String) -> Int? {
        (Int(text) ?? DurationText.parse(text).map { Int($0.components.seconds) }).flatMap { $0 < 0 ? nil : $0 }
    }
}

extension HookPurpose {
    /// - Parameter container: one of `all`.
    init(_ hook: SourceNode, of container: ManifestContainer, among all: Neighbours) {
        self.init(
            command: (hook.at("exec", "command")?.elements ?? []).compactMap(\.text),
            path: hook.at("httpGet", "path")?.text ?? "", sleeps: hook["sleep"] != nil,
            ownPaths: container.mounts.filter { all.isOnes(volume: $0.volume) }.map(\.path))
    }
}
