internal import Basics
package import Conversion
internal import YAMLTree

/// What a kustomization makes of objects once they and its patches are converted, compared with what the conversion would make
/// of them as they are built: a patch can bring a probe, a hook or a marker, or take one back.
package struct KustomizeOutcome {
    private let options: ConversionOptions
    private let isListed: (String) -> Bool
    private var before: KustomizeBuild
    private var after: KustomizeBuild

    /// - Parameters:
    ///   - isListed: whether a file is converted; of others nothing is said.
    ///   - before: the bytes of a file as it is; `nil` where there is none.
    ///   - after: the same as it is to be.
    package init(
        _ options: ConversionOptions, isListed: @escaping (String) -> Bool,
        before: @escaping (String) -> [UInt8]?, after: @escaping (String) -> [UInt8]?
    ) {
        self.options = options
        self.isListed = isListed
        (self.before, self.after) = (KustomizeBuild(read: before), KustomizeBuild(read: after))
    }

    /// What is found about a kustomization, by the files in whose patches the reason stands.
    package mutating func findings(_ path: String) -> [String: [Diagnostic]] {
        guard options.direction == .toNative else { return [:] }
        let old = before.objects(of: path)
        let isPatched = old.map { !$0.touches.isEmpty && isListed($0.resource.path) }
        // Most are not: what becomes of those need not be known.
        guard isPatched.contains(true) else { return [:] }
        let new = after.objects(of: path)
        guard old.count == new.count else { return [:] }
        var findings: [String: [Diagnostic]] = [:]
        for ((object, outcome), isPatched) in zip(zip(old, new), isPatched) where isPatched {
            if let unknown = object.unknown {
                let known = object.known
                let finding = Diagnostic(
                    rule: .patchedOtherwise, line: unknown.line,
                    message:
                        "\(unknown.what) may change \(known.kind) \(known.names[0]) and is not followed: what is patched "
                        + "there is not judged")
                if findings[unknown.file]?.contains(finding) != true {
                    findings[unknown.file, default: []].append(finding)
                }
                continue
            }
            let judgement = Judgement(object, outcome.node, StreamConverter(options))
            for (file, found) in judgement.findings {
                // Said once where several overlays stand on one.
                findings[file, default: []] += found.filter { findings[file]?.contains($0) != true }
            }
        }
        return findings
    }
}

/// One object, as it is built and as it will be.
private struct Judgement {
    private(set) var findings: [String: [Diagnostic]] = [:]
    private let object: KustomizeBuild.Object

    init(_ object: KustomizeBuild.Object, _ outcome: YAMLNode, _ converter: StreamConverter) {
        self.object = object
        let text = Self.text(object.node)
        guard let alone = try? converter.convert(object.original), let built = try? converter.convert(text)
        else { return }
        // What is said of the object alone is said there, and what only a patch marks is not converted.
        let others = compare(built, outcome)
        let root = KustomizeFiles.root(of: text)
        for diagnostic in built.diagnostics where diagnostic.rule.severity != .note {
            let isKnown = alone.diagnostics.contains {
                $0.rule == diagnostic.rule && ($0.message == diagnostic.message || $0.rule == .kubelets)
            }
            guard !isKnown, let root else { continue }
            let steps = Self.steps(to: diagnostic.offset, in: root)
            guard !others.contains(where: { steps.starts(with: $0) }) else { continue }
            tell(diagnostic.rule, diagnostic.message, at: steps, diagnostic.ignored)
        }
    }

    private static func text(_ node: YAMLNode) -> [UInt8] { Array(JSONValue(node).text.utf8) }

    // MARK: What differs

    private static let lists = ["containers", "initContainers"]

    /// - Returns: what leads to the containers that are sidecars in one of both alone.
    private mutating func compare(_ built: ConvertedStream, _ outcome: YAMLNode) -> Set<[String]> {
        guard !built.isRefused, let wanted = (try? YAMLNode(json: built.output)).map(Self.keyed),
            let found = (try? YAMLNode(json: Self.text(outcome))).map(Self.keyed),
            let operations = try? YAMLNode(json: Array(JSONPatch.between(found, wanted).text.utf8)).sequence
        else { return [] }
        let differences = operations.compactMap { $0["path"]?.text.map(JSONPatch.steps) }
        var moved: Set<[String]> = []
        for steps in differences where steps.last == Self.place {
            let container = Array(steps.dropLast())
            guard let name = container.last, moved.insert(container).inserted else { continue }
            let isNative = Self.value(at: steps, in: wanted)?.text == Self.lists[1]
            tell(
                isNative ? .notReached : .patchedOtherwise,
                isNative
                    ? "\(name) is a sidecar only as patched; mark it in what is patched"
                    : "\(name) is no sidecar as patched, but native in what is patched: let both say the same",
                at: container, nil)
        }
        var told = moved
        for steps in differences {
            guard let field = steps.firstIndex(where: Self.isOurs) else { continue }
            let place = Array(steps[...field])
            guard !told.contains(where: { place.starts(with: $0) }), told.insert(place).inserted else { continue }
            let words = place[((place.lastIndex(of: "spec") ?? -1) + 1)...].joined(separator: ".")
            tell(
                .patchedOtherwise,
                Self.value(at: place, in: wanted).map {
                    "as patched, \(words) has to be \(Self.patch(to: $0, from: Self.value(at: place, in: found))): "
                        + "write it into the patch"
                } ?? "as patched, \(words) has to go: set it to null in the patch",
                at: place, nil)
        }
        return moved
    }

    /// A value as a patch has to say it: what is there otherwise is set to null.
    private static func patch(to wanted: YAMLNode, from found: YAMLNode?) -> String {
        guard var mapping = wanted.mapping else { return JSONValue(wanted).text }
        for pair in found?.mapping?.pairs ?? [] where mapping[pair.key] == nil {
            mapping.append(.init(key: pair.key, value: YAMLNode(.scalar(YAMLScalar("null")))))
        }
        return JSONValue(YAMLNode(.mapping(mapping))).text
    }

    private static func value(at steps: [String], in node: YAMLNode) -> YAMLNode? {
        steps.reduce(node as YAMLNode?) { $0?[$1] }
    }

    /// What a conversion changes.
    private static func isOurs(_ step: String) -> Bool {
        ["startupProbe", "lifecycle", "terminationGracePeriodSeconds", "restartPolicy", "podFailurePolicy"].contains(
            step)
    }

    private static let place = "in the list"

    /// Elements by their names, and containers in one list with the place of each.
    private static func keyed(_ node: YAMLNode) -> YAMLNode {
        switch node.content {
        case .scalar: return node
        case .sequence(let elements):
            var result = YAMLMapping()
            for element in elements {
                guard let name = element["name"]?.text, result.append(.init(key: name, value: keyed(element)))
                else { return node }
            }
            return elements.isEmpty ? node : YAMLNode(.mapping(result))
        case .mapping(let mapping):
            var result = YAMLMapping()
            var containers = YAMLMapping()
            for pair in mapping.pairs {
                let value = isOurs(pair.key) ? pair.value : keyed(pair.value)
                guard lists.contains(pair.key), let members = value.mapping else {
                    result.append(.init(key: pair.key, value: value))
                    continue
                }
                for member in members.pairs {
                    var container = member.value.mapping ?? YAMLMapping()
                    container.set(place, to: YAMLNode(.scalar(YAMLScalar(pair.key))))
                    containers.append(.init(key: member.key, value: YAMLNode(.mapping(container))))
                }
            }
            if !containers.pairs.isEmpty { result.set(lists[0], to: YAMLNode(.mapping(containers))) }
            return YAMLNode(.mapping(result))
        }
    }

    // MARK: Where it was said

    private mutating func tell(_ rule: Rule, _ message: String, at steps: [String], _ ignored: String?) {
        // What decides about markers stands elsewhere; of what stands there, that which the words name.
        let isAboutMarkers = rule == .patchedOtherwise && steps.dropLast().last == Self.lists[0] || rule == .notReached
        func weight(_ touch: KustomizeBuild.Touch) -> (Int, Int, Int) {
            let common = zip(touch.steps, steps).prefix {
                $0 == $1 || Self.lists.contains($0) && Self.lists.contains($1)
            }
            .count
            let isMarker = isAboutMarkers && touch.steps.contains { SpentMarkers.areNamed($0, of: steps.last) }
            return (isMarker ? 1 : 0, common, touch.steps.dropFirst(common).contains(where: message.contains) ? 1 : 0)
        }
        guard let touch = object.touches.max(by: { weight($0) < weight($1) }) else { return }
        var diagnostic = Diagnostic(rule: rule, line: touch.line, message: message)
        diagnostic.ignored = ignored
        if ignored != nil {
            diagnostic.severity = .note
        } else if diagnostic.severity == .error {
            diagnostic.severity = .warning
        }
        findings[touch.file, default: []].append(diagnostic)
    }

    /// What leads to the value at an offset.
    private static func steps(to offset: Int, in root: SourceNode) -> [String] {
        var steps: [String] = []
        var node = root
        while node.offset < offset {
            let members =
                (node.pairs ?? []).map { ($0.key.text ?? "", $0.value) }
                + (node.elements ?? []).enumerated().map { ($1["name"]?.text ?? String($0), $1) }
            guard let (name, inner) = members.first(where: { $0.1.end > offset }) else { break }
            steps.append(name)
            node = inner
        }
        return steps
    }
}
