internal import Basics
package import YAMLTree

/// Converts the pods of a stream of YAML documents, or of one JSON document. A document converts as a whole or stays as
/// it was.
package struct StreamConverter: Sendable {
    /// What a stream may cost: generated manifests can be large.
    package static let limits = YAMLLimits(bytes: 256 << 20, depth: 200, nodes: 4_000_000)
    /// Values compared when a result is verified, aliases filled in.
    private static let verifiedValues = 4_000_000

    private let options: ConversionOptions

    package init(_ options: ConversionOptions) { self.options = options }

    /// Throws where the text is no YAML; nothing of it is converted then.
    package func convert(_ bytes: [UInt8]) throws(YAMLError) -> Conversion {
        var reader = try SourceReader(bytes, limits: Self.limits)
        let text = SourceText(bytes: bytes)
        var edits: [TextEdit] = []
        var findings = Findings()
        var names: Set<String> = []
        while let document = try reader.document() {
            do throws(EditRefusal) {
                var local = Findings()
                let made = try convert(document, text, &local, &names)
                try verify(made, document, text)
                edits += made.edits
                findings.add(local)
            } catch {
                findings.add(error.rule, at: error.mark, error.message)
            }
        }
        let output = edits.isEmpty ? bytes : TextEdit.apply(edits, to: bytes, in: 0..<bytes.count) ?? bytes
        return Conversion(
            output: output, diagnostics: findings.diagnostics, containers: names, isChanged: !edits.isEmpty)
    }

    private struct Made {
        var edits: [TextEdit] = []
        var moved: [Set<String>] = []
        var dropped: Set<String> = []
    }

    private func convert(
        _ document: SourceDocument, _ text: SourceText, _ findings: inout Findings, _ names: inout Set<String>
    ) throws(EditRefusal) -> Made {
        var made = Made()
        switch try PodFinder(customPaths: options.podSpecPaths).find(in: document.root) {
        case .unknownKind(let kind):
            findings.add(.kindUnknown, at: document.root, "passed on as it is: \(kind)")
            findings.look(atKustomization: document.root)
        case .pods(let places):
            // A function's list is transport: each of its items is a document.
            let isTransport = document.root["kind"]?.text == "ResourceList"
            for place in places {
                do throws(EditRefusal) {
                    var local = Findings()
                    let mover = try convert(place, text, &local, &names)
                    made.edits += mover.edits
                    made.moved.append(mover.moved)
                    made.dropped.formUnion(mover.dropped)
                    findings.add(local)
                } catch  where isTransport {
                    findings.add(error.rule, at: error.mark, error.message)
                    made.moved.append([])
                }
            }
        }
        return made
    }

    private func convert(
        _ place: PodPlace, _ text: SourceText, _ findings: inout Findings, _ names: inout Set<String>
    ) throws(EditRefusal) -> PodEditor {
        let pod = try ManifestPod(place)
        names.formUnion((pod.containers + pod.initContainers).map(\.name))
        var mover = PodEditor(pod, text, options)
        try mover.convert(&findings)
        return mover
    }

    /// Reads the new text again, and compares what it means with what was intended.
    private func verify(_ made: Made, _ document: SourceDocument, _ text: SourceText) throws(EditRefusal) {
        guard !made.edits.isEmpty else { return }
        func failed(_ why: String) -> EditRefusal { EditRefusal(.verification, at: document.root, why) }
        let range = document.range.lowerBound..<max(document.range.upperBound, text.lineEnd(document.root.end))
        guard let bytes = TextEdit.apply(made.edits, to: text.bytes, in: range) else {
            throw failed("two changes meet in one place")
        }
        let result: SourceDocument
        do {
            var reader = try SourceReader(bytes, limits: Self.limits)
            guard let first = try reader.document(), try reader.document() == nil else {
                throw failed("the result would be several documents")
            }
            result = first
        } catch let error as YAMLError {
            if error.message.mentions("has no anchor") {
                throw EditRefusal(.anchor, at: document.root, "after the move \(error.message)")
            }
            throw failed("the result could not be read: \(error.message)")
        } catch let error as EditRefusal {
            throw error
        } catch {
            throw failed("the result could not be read")
        }
        var verification = Verification(
            podSpecPaths: options.podSpecPaths, moved: made.moved, dropped: made.dropped, budget: Self.verifiedValues)
        switch verification.compare(document.root, result.root) {
        case .same: break
        case .different: throw failed("the result would mean something else")
        case .tooMany: throw EditRefusal(.anchor, at: document.root, "the aliases stand for too many values")
        }
    }
}

/// A stream after its conversion.
package struct Conversion: Sendable {
    /// The whole stream; what no conversion touched is as it was, byte for byte.
    package var output: [UInt8]
    package var diagnostics: [Diagnostic]
    /// Names of the containers that were met, so that a caller can tell a wrong name from one of another file.
    package var containers: Set<String>
    package var isChanged: Bool
}
