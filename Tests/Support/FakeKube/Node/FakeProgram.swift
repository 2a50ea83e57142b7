/// What a container runs, as a `FakeNode` simulates it.
package struct FakeProgram: Sendable, Hashable {
    /// How a run ends by itself.
    package struct Ending: Sendable, Hashable {
        package var code: Int
        /// Seconds after its start.
        package var after: Double
        package var reason: String

        package init(_ code: Int, after: Double = 1, reason: String? = nil) {
            self.code = code
            self.after = after
            self.reason = reason ?? (code == 0 ? "Completed" : "Error")
        }
    }

    /// Run by run, the last one for all that follow; none: it runs until somebody ends it.
    package var endings: [Ending] = []
    /// What it makes of SIGTERM; `nil`: nothing, be it that it ignores it or has no handler as process 1.
    package var codeOnTerm: Int?
    /// How long that takes it.
    package var secondsOnTerm: Double = 0
    /// A port of its localhost on which any request makes it exit with 0.
    package var quitPort: Int?
    /// Seconds that its hook takes before SIGTERM is sent.
    package var preStop: Double = 0
    /// Seconds that its hook takes after the start; until then it shows as waiting.
    package var postStart: Double = 0

    package init(_ endings: Ending..., codeOnTerm: Int? = nil) {
        self.endings = endings
        self.codeOnTerm = codeOnTerm
    }

    /// - Parameter run: 0 for the first.
    func ending(run: Int) -> Ending? { endings.isEmpty ? nil : endings[min(run, endings.count - 1)] }
}
