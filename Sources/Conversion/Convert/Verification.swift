import YAMLTree

/// Whether a document still says what it said once its edits are carried out: everything but what a conversion may change.
struct Verification {
    /// The bytes of the stream that the new text is to replace.
    let range: Range<Int>

    private var edits: TextEdits
    private let mark: YAMLMark
    private let meaning: Int
    private let podSpecPaths: [String]
    private let moved: [Set<String>]
    private let dropped: Set<String>

    /// Holds nothing of the document's tree, so that this is gone before there is a second text; `nil` without edits.
    init?(
        _ change: DocumentChange, of document: SourceDocument, _ source: SourceText, _ options: ConversionOptions
    ) throws(EditRefusal) {
        guard !change.edits.isEmpty else { return nil }
        mark = document.root.start
        podSpecPaths = options.podSpecPaths
        (moved, dropped) = (change.moved, change.dropped)
        range = document.range.lowerBound..<max(document.range.upperBound, source.lineEnd(document.root.end))
        edits = change.edits
        guard let meaning = Meaning.of(document.root, change.places, moved: moved, dropped: dropped) else {
            throw EditRefusal(.anchor, at: mark, "the aliases stand for too many values")
        }
        self.meaning = meaning
    }

    /// The new text: carries the edits out, reads what comes of them, and compares what it means with what was intended.
    /// The edits are gone by then: of a large document they hold as much as its text.
    mutating func text(of source: SourceText) throws(EditRefusal) -> [UInt8] {
        let edits = edits
        self.edits = TextEdits()
        guard let text = edits.applied(to: source.bytes, in: range) else {
            throw EditRefusal(.verification, at: mark, "two changes meet in one place")
        }
        let result: SourceDocument?
        do throws(YAMLError) {
            var reader = try SourceReader(text, limits: StreamConverter.limits)
            let first = try reader.document()
            result = try reader.document() == nil ? first : nil
        } catch {
            guard error.reason == .missingAnchor else { throw failed("the result could not be read: \(error.message)") }
            throw EditRefusal(.anchor, at: mark, "after the move \(error.message)")
        }
        guard let result else { throw failed("the result would be several documents") }
        let pods = try? PodFinder(customPaths: podSpecPaths).find(in: result.root).pods
        guard let pods, pods.count == moved.count,
            Meaning.of(result.root, pods, moved: moved, dropped: dropped) == meaning
        else { throw failed("the result would mean something else") }
        return text
    }

    private func failed(_ why: String) -> EditRefusal { EditRefusal(.verification, at: mark, why) }
}
