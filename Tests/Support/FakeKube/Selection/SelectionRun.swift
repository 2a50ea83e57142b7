/// A selection at work on many objects: of those alike one is looked at.
struct SelectionRun {
    private let selection: Selection
    private var verdicts: [ObjectIdentifier: Bool] = [:]

    init(_ selection: Selection) { self.selection = selection }

    mutating func matches(_ stored: StoredObject) -> Bool {
        guard selection.hasSelectors else { return true }
        guard case .template(let template, _) = stored, !selection.looksAtNames else {
            return selection.matches(stored.value)
        }
        if let verdict = verdicts[ObjectIdentifier(template)] { return verdict }
        let verdict = selection.matches(template.sample)
        verdicts[ObjectIdentifier(template)] = verdict
        return verdict
    }
}
