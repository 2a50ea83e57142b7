internal import Basics
package import Conversion
package import YAMLTree

/// The conversion as a KRM function: a ResourceList in, the same with its items converted and what was found out.
package enum ResourceFunction {
    package struct Outcome: Sendable {
        /// The ResourceList with its `results`, otherwise byte for byte as it came but for what was converted.
        package var output: [UInt8]
        package var diagnostics: [Diagnostic]
        /// A function that found an error ends with a status of its own.
        package var failed: Bool { diagnostics.contains { $0.rule.severity == .error } }
    }

    package enum Failure: Error {
        /// The text is no YAML.
        case unreadable(YAMLError)
        case input(InputError)
    }

    package static func run(_ bytes: [UInt8]) throws(Failure) -> Outcome {
        let list: YAMLNode
        let conversion: Conversion
        do throws(YAMLError) {
            list = try YAMLNode(parsing: bytes, limits: StreamConverter.limits)
        } catch {
            throw .unreadable(error)
        }
        guard list["kind"]?.text == "ResourceList",
            list["apiVersion"]?.text?.hasPrefix("config.kubernetes.io/") == true
        else {
            let message = "expected a ResourceList of config.kubernetes.io/v1, as kustomize and kpt send it"
            throw .input(InputError([InputProblem(path: "kind", mark: list.mark, message: message)]))
        }
        let options: ConversionOptions
        do throws(InputError) {
            options = try FunctionConfiguration.options(list["functionConfig"])
        } catch {
            throw .input(error)
        }
        do throws(YAMLError) {
            conversion = try StreamConverter(options).convert(bytes)
            let results = conversion.diagnostics.map { result($0, in: list) }
            let output = try adding(results, to: conversion.output)
            return Outcome(output: output, diagnostics: conversion.diagnostics)
        } catch {
            throw .unreadable(error)
        }
    }

    // MARK: Results

    private static func result(_ diagnostic: Diagnostic, in list: YAMLNode) -> Manifest {
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

    private static func reference(_ item: YAMLNode) -> Manifest {
        .map(present: [
            "apiVersion": item["apiVersion"]?.text.map { .text($0) },
            "kind": item["kind"]?.text.map { .text($0) },
            "name": item["metadata"]?["name"]?.text.map { .text($0) },
            "namespace": item["metadata"]?["namespace"]?.text.map { .text($0) },
        ])
    }

    /// Those of an earlier function go: whoever runs functions has them.
    private static func adding(_ results: [Manifest], to bytes: [UInt8]) throws(YAMLError) -> [UInt8] {
        guard !results.isEmpty else { return bytes }
        var reader = try SourceReader(bytes, limits: StreamConverter.limits)
        guard let root = try reader.document()?.root else { return bytes }
        let lines = ManifestWriter.yaml([.list(results)]).split(separator: "\n").map(String.init)
        var editor = TreeEditor(SourceText(bytes: bytes))
        do throws(EditRefusal) {
            try editor.removePair("results", from: root)
            try editor.addPair("results", Manifest.list(results).json.text, blockLines: lines, to: root, after: "kind")
        } catch {
            throw YAMLError(at: root.start, "results cannot be added: \(error.message)")
        }
        return TextEdit.apply(editor.edits, to: bytes, in: 0..<bytes.count) ?? bytes
    }
}
