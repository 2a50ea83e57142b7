import Basics

/// What a preStop hook is for, as far as its words tell.
enum HookPurpose {
    case endsOrAwaits
    case sleeps
    case other

    private static let ending = [
        "quitquitquit", "pkill", "kill ", "kill -", "killall", "while ", "until ", "/shutdown", "tail --pid",
    ]

    init(_ hook: SourceNode) {
        let words = (hook.at("exec", "command")?.elements ?? []).compactMap(\.text).joined(separator: " ")
        let path = hook.at("httpGet", "path")?.text ?? ""
        if Self.ending.contains(where: { words.mentions($0) || path.mentions($0) }) {
            self = .endsOrAwaits
        } else if hook["sleep"] != nil || words.mentions("sleep ") {
            self = .sleeps
        } else {
            self = .other
        }
    }
}
