import Basics
import PodRules
import YAMLTree

/// A probe's handler as text: copied from a readinessProbe, or a connection to a declared port.
struct ProbeHandler {
    private let name: String
    /// In flow style or one plain line; empty where it is `lines`.
    private let value: String
    /// In block style from the margin; empty where it is `value`.
    private let lines: [String]
    private let timeout: String?
    /// In words: what has to happen for the probe to pass.
    let origin: String

    /// At one probe every two seconds: two minutes, or as long as readiness was waited for.
    private(set) var failures = 60

    private static let names = ["httpGet", "tcpSocket", "grpc", "exec"]

    /// - Parameter path: another one than the readinessProbe's, where that one waits for main.
    static func derived(
        for container: ManifestContainer, _ readiness: SourceNode?, path: String? = nil, beside mains: Neighbours,
        _ text: SourceText
    ) -> ProbeHandler? {
        if let readiness {
            let probe = names.lazy.compactMap { name in copied(name, from: readiness, text) }.first
            guard let path, let asked = readiness.at("httpGet", "path")?.text else { return path == nil ? probe : nil }
            return probe?.asking(path, insteadOf: asked)
        }
        if let check = container.known?.checks.lazy.compactMap({ $0.target(in: container.words) }).first {
            return ProbeHandler(
                name: "httpGet", value: "", lines: ["path: \(check.path)", "port: \(check.port)"], timeout: nil,
                origin: "\(check.path) answers on port \(check.port)")
        }
        guard container.known?.servesLocalhostOnly != true, !container.mayListenOnLocalhost(beside: mains),
            let port = container.node["ports"]?.elements?.first(where: {
                $0["protocol"]?.text ?? "TCP" == "TCP"
                    && !container.isMains($0["containerPort"]?.text ?? "", among: mains)
            }),
            let number = port["containerPort"]?.text.flatMap({ UInt16($0) }), port["hostIP"] == nil
        else { return nil }
        return ProbeHandler(
            name: "tcpSocket", value: "", lines: ["port: \(number)"], timeout: nil,
            origin: "port \(number) answers")
    }

    private func asking(_ path: String, insteadOf old: String) -> ProbeHandler {
        ProbeHandler(
            name: name, value: value.replacing(old, with: path), lines: lines.map { $0.replacing(old, with: path) },
            timeout: timeout, origin: "\(path) answers", failures: failures)
    }

    private static func copied(_ name: String, from probe: SourceNode, _ text: SourceText) -> ProbeHandler? {
        guard let pair = probe.ownPair(name), !pair.value.isAlias else { return nil }
        let range = pair.value.offset..<pair.value.end
        let bytes = text.bytes[range]
        // An anchor cannot stand twice, and a tag might mean something elsewhere.
        guard !bytes.contains(UInt8(ascii: "&")), !bytes.contains(UInt8(ascii: "*")) else { return nil }
        let timeout = probe["timeoutSeconds"]?.text.flatMap { Int32($0) }.flatMap { $0 > 0 ? String($0) : nil }
        let origin = "its readinessProbe passes"
        if pair.value.isFlow {
            guard !bytes.contains(0x0A) || !bytes.contains(UInt8(ascii: "#")) else { return nil }
            let words = String(decoding: bytes, as: UTF8.self)
                .split(whereSeparator: { $0.isNewline }).map { $0.drop { $0 == " " } }.joined(separator: " ")
            return ProbeHandler(
                name: name, value: words, lines: [], timeout: timeout, origin: origin, failures: failures(probe))
        }
        let block = text.bytes[text.lineStart(range.lowerBound)..<range.upperBound]
        let lines = SourceText.shift(Array(block), by: -(pair.value.start.column - 1))
            .split(separator: 0x0A).map { String(decoding: $0.filter { $0 != 0x0D }, as: UTF8.self) }
        return ProbeHandler(
            name: name, value: "", lines: lines, timeout: timeout, origin: origin, failures: failures(probe))
    }

    private static func failures(_ probe: SourceNode) -> Int {
        // The API's fields hold 32 bits, so that 64 hold what they come to.
        func number(_ name: String, _ standard: Int64) -> Int64 {
            probe[name]?.text.flatMap { Int32($0) }.map(Int64.init) ?? standard
        }
        let waited = number("initialDelaySeconds", 0) + number("periodSeconds", 10) * number("failureThreshold", 3)
        return Int(min(max(60, (waited + 1) / 2), Int64(Int32.max)))
    }

    var block: [String] {
        let head = lines.isEmpty ? ["\(name): \(value)"] : ["\(name):"] + lines.map { "  " + $0 }
        return head + (timeout.map { ["timeoutSeconds: \($0)"] } ?? [])
    }

    /// `nil` where it was written in block style and holds a tag.
    ///
    /// - Parameter quote: around names and texts, where the container is written as JSON.
    func flow(_ quote: String) -> String? {
        let asJSON = !quote.isEmpty
        guard let handler = lines.isEmpty ? value : Self.flow(lines, asJSON) else { return nil }
        let patience = timeout.map { ", \(quote)timeoutSeconds\(quote): \($0)" } ?? ""
        return "\(quote)\(name)\(quote): \(handler)\(patience)"
    }

    private static func flow(_ lines: [String], _ asJSON: Bool) -> String? {
        (try? YAMLNode(parsing: lines.joined(separator: "\n"))).flatMap { flow($0, asJSON) }
    }

    /// In one line. Plain text ends at more characters there than in block style: what holds one of them is quoted.
    private static func flow(_ node: YAMLNode, _ asJSON: Bool) -> String? {
        guard node.tag == nil else { return nil }
        switch node.content {
        case .scalar(let scalar):
            return scalar.style == .plain && isPlain(scalar.text, asJSON) ? scalar.text : JSONValue(node).text
        case .sequence(let elements):
            let texts = elements.compactMap { flow($0, asJSON) }
            return texts.count == elements.count ? "[\(texts.joined(separator: ", "))]" : nil
        case .mapping(let mapping):
            let fields = mapping.pairs.compactMap { pair in
                flow(pair.value, asJSON).map {
                    "\(isPlain(pair.key, asJSON) ? pair.key : JSONValue.string(pair.key).text): \($0)"
                }
            }
            return fields.count == mapping.pairs.count ? "{\(fields.joined(separator: ", "))}" : nil
        }
    }

    /// Whether a plain text is one in flow style, too.
    private static func isPlain(_ text: String, _ asJSON: Bool) -> Bool {
        !asJSON && !text.isEmpty && text != "-"
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "/._-".utf8.contains(byte)
                }
            }
    }
}

extension ProbeTarget {
    /// - Parameter container: whose probe or hook it is.
    init(_ probe: SourceNode, of container: ManifestContainer) {
        let handler = ["httpGet", "tcpSocket", "grpc"].first { probe[$0]?["port"] != nil }
        let target = handler.flatMap { probe[$0] }
        let port = target?["port"]?.text
        // Of its own ports a name is as good as the number.
        let named = container.node["ports"]?.elements?.first { port != nil && $0["name"]?.text == port }
        self.init(
            port: named?["containerPort"]?.text ?? port, path: target?["path"]?.text ?? "",
            host: target?["host"]?.text ?? "",
            command: container.withVariables((probe.at("exec", "command")?.elements ?? []).compactMap(\.text)),
            isTCP: handler == "tcpSocket")
    }

    /// What a probe of a sidecar, or a hook, needs beside the sidecar itself.
    static func need(_ probe: SourceNode, of sidecar: ManifestContainer, mains: Neighbours) -> Need {
        let upstream = sidecar.upstreamPorts
        let need = ProbeTarget(probe, of: sidecar).need(
            beside: sidecar.ports.filter { !mains.listen(on: $0) && !upstream.contains($0) },
            of: { mains.first(answering: $0)?.port ?? upstream.first(where: $0.contains) },
            programs: sidecar.programs, words: sidecar.words, reachesMain: sidecar.reaches(mains))
        let command = (probe.at("exec", "command")?.elements ?? []).compactMap(\.text)
        guard need == .itself, sidecar.file(ofMains: mains, in: command, byOthers: true) != nil else { return need }
        return .perhapsMain
    }
}
