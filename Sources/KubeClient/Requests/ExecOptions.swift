/// A command to run in a container, and which of its streams are wanted.
public struct ExecOptions: Sendable, Equatable {
    public var container: String
    public var command: [String]
    public var wantsInput = false
    public var wantsOutput = true
    public var wantsErrors = true
    public var isTerminal = false

    public init(container: String, command: [String]) {
        self.container = container
        self.command = command
    }

    var query: [(name: String, value: String)] {
        var fields = command.map { (name: "command", value: $0) }
        fields.append(("container", container))
        for (name, isWanted) in [
            ("stdin", wantsInput), ("stdout", wantsOutput), ("stderr", wantsErrors), ("tty", isTerminal),
        ] where isWanted { fields.append((name, "true")) }
        return fields
    }
}
