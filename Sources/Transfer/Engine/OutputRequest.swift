/// One entry of `outputs`, when its time has come (`when` and `during` are the caller's affair).
package struct OutputRequest: Sendable, Equatable {
    /// A path or glob (see `Glob`) below the folder of outputs.
    package var from: String
    /// A URL. If it ends in `/` or `from` is a glob, each file keeps its path below the pattern's fixed folder; else it
    /// is the one object's own name.
    package var to: String
    /// Higher goes first.
    package var priority: Int

    package init(from: String, to: String, priority: Int = 0) {
        self.from = from
        self.to = to
        self.priority = priority
    }
}
