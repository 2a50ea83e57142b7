internal import KubeModel
internal import YAMLTree

/// What the error channel says at the end of a command.
enum ExecStatus: Sendable, Equatable {
    case exited(Int)
    /// It could not be run, or its end is not known.
    case failed(APIStatus)

    /// - Parameter bytes: a `Status` as JSON. Anything else is taken for an error in plain words.
    init(_ bytes: [UInt8]) {
        guard let root = try? YAMLNode(parsing: bytes), root["status"] != nil else {
            let words = String(decoding: bytes.prefix(1024), as: UTF8.self)
            self = .failed(APIStatus(code: 500, reason: "InternalError", message: words))
            return
        }
        guard root["status"]?.text != "Success" else {
            self = .exited(0)
            return
        }
        let causes = root["details"]?["causes"]?.sequence ?? []
        let code = causes.first { $0["reason"]?.text == "ExitCode" }?["message"]?.text.flatMap { Int($0) }
        if root["reason"]?.text == "NonZeroExitCode", let code {
            self = .exited(code)
        } else {
            self = .failed(
                APIStatus(
                    code: root["code"]?.text.flatMap { Int($0) } ?? 500, reason: root["reason"]?.text ?? "",
                    message: root["message"]?.text ?? "the command could not be run"))
        }
    }
}
