/// Inputs not yet handled, in order. Bounded: main may write `state` faster than anything can be reported, and then its
/// oldest waiting words go; nothing else ever does.
struct InputQueue: Sendable, Equatable {
    static let limit = 1024

    private var inputs: [LifecycleInput] = []

    var isEmpty: Bool { inputs.isEmpty }
    var count: Int { inputs.count }

    mutating func append(_ input: LifecycleInput) {
        if inputs.count >= Self.limit, let oldest = inputs.firstIndex(where: Self.mayGo) { inputs.remove(at: oldest) }
        inputs.append(input)
    }

    mutating func takeAll() -> [LifecycleInput] {
        defer { inputs = [] }
        return inputs
    }

    /// Whatever main can produce without end.
    private static func mayGo(_ input: LifecycleInput) -> Bool {
        switch input {
        case .state, .attempt, .started, .done: true
        default: false
        }
    }
}
