package import PodRules

extension Verdict {
    /// For tables.
    package var words: String {
        switch self {
        case .leave(.missingPrimary(let name)): "leave: missingPrimary \(name)"
        case .leave(let reason): "leave: \(reason.word)"
        case .wait(let mains): "wait \(mains.joined(separator: ","))"
        case .terminate(let sidecars, let result): "end \(sidecars.map(\.name).joined(separator: ",")): \(result)"
        case .done(let result): "done: \(result)"
        }
    }
}

extension Verdict.Reason {
    fileprivate var word: String {
        switch self {
        case .unmarked: "unmarked"
        case .restartsAlways: "restartsAlways"
        case .disabled: "disabled"
        case .beingDeleted: "beingDeleted"
        case .finished: "finished"
        case .nothingMain: "nothingMain"
        case .missingPrimary: "missingPrimary"
        }
    }
}
