/// Whether a program ends by itself, as far as its command line tells. Cautious: what is not known runs on.
package enum ProgramLife {
    /// Programs that do one thing and end.
    private static let ending: Set<String> = [
        "[", "awk", "aws", "cat", "chmod", "chown", "cp", "curl", "date", "echo", "exit", "false", "grep", "gsutil",
        "gunzip", "gzip", "head", "ln", "ls", "mkdir", "mv", "printf", "rm", "sed", "sort", "sync", "tar", "test",
        "touch", "true", "unzip", "wget",
    ]
    private static let shells: Set<String> = ["sh", "bash", "ash", "dash"]
    private static let separators: Set<Character> = [";", "\n", "|"]

    /// - Parameter words: the program and its arguments, one by one.
    package static func endsByItself(_ words: [String]) -> Bool {
        guard let program = words.first.map(baseName) else { return false }
        guard shells.contains(program) else { return ending.contains(program) }
        guard let flag = words.firstIndex(where: { $0.hasPrefix("-") && $0.hasSuffix("c") }),
            words.indices.contains(flag + 1)
        else { return false }
        return scriptEnds(words[flag + 1])
    }

    /// The last command decides, unless something runs on in the background.
    private static func scriptEnds(_ script: String) -> Bool {
        let commands = script.replacing("&&", with: ";").split(whereSeparator: separators.contains)
            .map { $0.split(separator: " ").map(String.init) }.filter { !$0.isEmpty }
        guard let last = commands.last, !script.replacing("&&", with: ";").replacing(">&", with: ">").contains("&")
        else { return false }
        return last.first.map { ending.contains(baseName($0)) } ?? false
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
