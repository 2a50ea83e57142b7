import TestSupport

@testable import Conversion

/// Makes manifests of all the styles people write, the same for the same seed.
struct ManifestGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }

    mutating func stream() -> String {
        let lineBreak = chance(15) ? "\r\n" : "\n"
        var documents = (0..<Int.random(in: 1...3, using: &random)).map { _ in manifest() }
        if chance(30) { documents[0] = "---\n" + documents[0] }
        var text = documents.joined(separator: pick(["---\n", "--- # next\n", "...\n---\n"]))
        if chance(20), text.hasSuffix("\n") { text.removeLast() }
        return text.replacing("\n", with: lineBreak)
    }

    private mutating func manifest() -> String {
        var lines = ["# \(pick(["about this", "ü ß 漢字", "- name: side"]))", "apiVersion: v1", "kind: Pod"]
        lines.append(
            pick(["metadata: {name: x}", "metadata:\n  name: \"x\"  # quoted", "metadata:\n    name: 'it''s'"]))
        lines.append("spec:")
        let indent = String(repeating: " ", count: Int.random(in: 1...4, using: &random))
        let dash = indent + pick(["", "  ", "    "])
        let count = Int.random(in: 2...5, using: &random)
        let main = Int.random(in: 0..<count, using: &random)
        if chance(30) { lines.append("\(indent)restartPolicy: \(pick(["Never", "OnFailure", "\"Always\""]))") }
        if chance(30) {
            lines.append("\(indent)initContainers:")
            let other = indent + pick(["", "  ", "     "])
            lines += ["\(other)- name: prepare", "\(other)  image: busybox"]
        }
        if chance(30) { lines.append("\(indent)# the containers") }
        lines.append("\(indent)containers:" + pick(["", "   # two", "  "]))
        for index in 0..<count {
            if chance(20) { lines.append("") }
            if chance(30) { lines.append("\(dash)# container \(index)") }
            lines += container(index, isSidecar: index != main && chance(60), dash)
        }
        if chance(40) { lines.append("\(indent)volumes:\n\(indent)- name: v\n\(indent)  emptyDir: {}") }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func container(_ index: Int, isSidecar: Bool, _ dash: String) -> [String] {
        let gap = pick([" ", "   "])
        let margin = dash + " " + gap
        var fields = ["image: \(pick(["busybox", "'r.example/i:1'", "\"i@sha256:0\"   # pinned"]))"]
        if isSidecar {
            let marker = ["- name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "  value: \(pick(["\"true\"", "'True'"]))"]
            let more = ["- name: MODE", "  value: \(pick(["0644", "\"yes\"", "on", "1e3"]))"]
            let step = pick(["", "  "])
            let entries = chance(50) ? marker : chance(50) ? marker + more : more + marker
            fields.append((["env:"] + entries.map { step + $0 }).joined(separator: "\n"))
        }
        if chance(40) {
            let keep = pick(["|", "|-", ">", "|+"])
            fields.append("args:\n- \(keep)\n  line one\n\n    indented # no comment\n  - name: side")
        }
        if chance(30) {
            fields.append("command: [sh, -c,\n  \"a b\", {\"k\": 'v'}]".replacing(", {\"k\": 'v'}", with: ""))
        }
        if chance(30) { fields.append("# inside\nworkingDir: /tmp") }
        if chance(30) { fields.append("resources:\n    limits: {cpu: 1, memory: 1e3}") }
        if chance(20) { fields.append("stdin: true\n  # tail") }
        let lines = fields.shuffled(using: &random).joined(separator: "\n").split(
            separator: "\n", omittingEmptySubsequences: false)
        return ["\(dash)-\(gap)name: c\(index)"] + lines.map { $0.isEmpty ? "" : margin + $0 }
    }
}
