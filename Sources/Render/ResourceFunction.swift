internal import Basics
package import Conversion
internal import PodRules
internal import YAMLTree

/// The conversion as a KRM function: a ResourceList in, the same with its items converted and what was found out.
package enum ResourceFunction {
    package struct Outcome: Sendable {
        /// The ResourceList with its `results`, otherwise byte for byte as it came but for what was converted.
        package var output: [UInt8]
        package var diagnostics: [Diagnostic]
        /// A function that found an error ends with a status of its own.
        package var failed: Bool { diagnostics.contains { $0.rule.severity == .error } }
    }

    /// Throws a `YAMLError` where the text is no YAML, else an `InputError`.
    package static func run(_ bytes: [UInt8]) throws -> Outcome {
        let list = try YAMLNode(parsing: bytes, limits: StreamConverter.limits)
        guard list["kind"]?.text == "ResourceList",
            list["apiVersion"]?.text?.hasPrefix("config.kubernetes.io/") == true
        else {
            let message = "expected a ResourceList of config.kubernetes.io/v1, as kustomize and kpt send it"
            throw InputError([InputProblem(path: "kind", mark: list.mark, message: message)])
        }
        let options = try FunctionConfiguration.options(list["functionConfig"])
        let conversion = try StreamConverter(options).convert(bytes)
        try refuseUnknown(options, conversion, list["functionConfig"])
        let results = conversion.diagnostics.map { result($0, in: list) }
        return Outcome(output: try adding(results, to: conversion.output), diagnostics: conversion.diagnostics)
    }

    /// A name that no item has is a slip of the pen.
    private static func refuseUnknown(
        _ options: ConversionOptions, _ conversion: ConvertedStream, _ configuration: YAMLNode?
    ) throws(InputError) {
        let named = [("sidecars", options.sidecars.sorted()), ("primary", options.primary.map { [$0] } ?? [])]
        let known = conversion.containers.sorted().prefix(10).joined(separator: ", ")
        let problems = named.flatMap { field, names in
            names.filter { !conversion.containers.contains($0) }.map { name in
                InputProblem(
                    path: "functionConfig.spec.\(field)", mark: configuration?.mark ?? .start,
                    message: "no item has a container \(name)" + (known.isEmpty ? "" : "; there are \(known)"))
            }
        }
        guard problems.isEmpty else { throw InputError(problems) }
    }

    // MARK: Results

    private static func result(_ diagnostic: Diagnostic, in list: YAMLNode) -> ManifestValue {
        let severity =
            switch diagnostic.rule.severity {
            case .error: "error"
            case .warning: "warning"
            case .note: "info"
            }
        let place = FieldPlace(of: diagnostic.offset, in: list)
        let item = place.item.flatMap { list["items"]?[$0] }
        let file = ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"].lazy
            .compactMap { item?["metadata"]?["annotations"]?[$0]?.text }.first
        return .map(present: [
            "message": .text(diagnostic.message),
            "severity": .text(severity),
            "resourceRef": item.map { reference($0) },
            "field": place.path.isEmpty ? nil : ["path": .text(place.path)],
            "file": file.map { ["path": .text($0)] },
            "tags": ["rule": .text(diagnostic.rule.id)],
        ])
    }

    private static func reference(_ item: YAMLNode) -> ManifestValue {
        .map(present: [
            "apiVersion": item["apiVersion"]?.text.map { .text($0) },
            "kind": item["kind"]?.text.map { .text($0) },
            "name": item["metadata"]?["name"]?.text.map { .text($0) },
            "namespace": item["metadata"]?["namespace"]?.text.map { .text($0) },
        ])
    }

    /// Those of an earlier function go: whoever runs functions has them.
    private static func adding(_ results: [ManifestValue], to bytes: [UInt8]) throws(YAMLError) -> [UInt8] {
        guard !results.isEmpty else { return bytes }
        var reader = try SourceReader(bytes, limits: StreamConverter.limits)
        guard let root = try reader.document()?.root else { return bytes }
        let lines = ManifestWriter.yaml([.list(results)]).split(separator: "\n").map(String.init)
        var editor = TreeEditor(SourceText(bytes: bytes))
        do throws(EditRefusal) {
            try editor.removePair("results", from: root)
            try editor.addPair(
                "results", ManifestValue.list(results).json.text, blockLines: lines, to: root, after: "kind")
        } catch {
            throw YAMLError(at: root.start, "results cannot be added: \(error.message)")
        }
        return editor.edits.applied(to: bytes, in: 0..<bytes.count) ?? bytes
    }
}

/// The options of a function: below `spec` of its own configuration, or below `data` of a ConfigMap.
enum FunctionConfiguration {
    static func options(_ node: YAMLNode?) throws(InputError) -> ConversionOptions {
        var options = ConversionOptions()
        guard let node, node.scalar?.isNull != true else { return options }
        let field = node["kind"]?.text == "ConfigMap" ? "data" : "spec"
        guard let fields = node[field], fields.scalar?.isNull != true else { return options }
        var reader = FieldReader(fields, path: "functionConfig.\(field)")
        options.sidecars = Set(names("sidecars", &reader))
        options.primary = reader.text("primary")
        options.detectsKnown = reader.boolean("detect") ?? false
        options.podSpecPaths = names("podSpecPaths", &reader)
        for path in options.podSpecPaths where !PodSpecPath.isValid(path) {
            reader.report(
                fields["podSpecPaths"], at: "podSpecPaths", "expected names and dots, as in a[].b.spec, found \(path)")
        }
        if reader.boolean("reverse") == true { options.direction = .toOrdinary }
        if let text = reader.text("kubeVersion") {
            options.kubeVersion = KubeVersion(text)
            if options.kubeVersion.map({ $0 < .nativeSidecars }) ?? true {
                reader.report(fields["kubeVersion"], at: "kubeVersion", "expected 1.29 or later, found \(text)")
            }
        }
        reader.reportUnknown()
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
        return options
    }

    /// A list, or in a ConfigMap a text with commas.
    private static func names(_ field: String, _ reader: inout FieldReader) -> [String] {
        guard let node = reader.node(field) else { return [] }
        return node.sequence != nil ? reader.texts(field) ?? [] : PodRoles.names(in: reader.text(field) ?? "")
    }
}

/// Which item of a list a place of its text belongs to, and the path of the field in there.
struct FieldPlace {
    private(set) var item: Int?
    /// `spec.template.spec.containers[1].lifecycle`
    private(set) var path = ""

    init(of offset: Int, in list: YAMLNode) {
        guard let items = list["items"]?.sequence,
            let index = items.lastIndex(where: { $0.mark.offset <= offset })
        else { return }
        item = index
        descend(items[index], offset)
    }

    private mutating func descend(_ node: YAMLNode, _ offset: Int) {
        switch node.content {
        case .scalar: return
        case .sequence(let elements):
            guard let index = elements.lastIndex(where: { $0.mark.offset <= offset }) else { return }
            path += "[\(index)]"
            if elements[index].mark.offset < offset { descend(elements[index], offset) }
        case .mapping(let mapping):
            // A mapping begins where its first key does: a place there is the mapping's.
            guard node.mark.offset < offset, let pair = mapping.pairs.last(where: { $0.keyMark.offset <= offset })
            else {
                return
            }
            path += path.isEmpty ? pair.key : ".\(pair.key)"
            if pair.value.mark.offset <= offset { descend(pair.value, offset) }
        }
    }
}
