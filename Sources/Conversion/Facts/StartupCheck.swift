/// A check over HTTP that a program serves when its flags say so.
struct StartupCheck: Sendable {
    let flag: String
    let portFlag: String
    let defaultPort: UInt16
    let path: String
    /// Without this flag and `0.0.0.0` it is served on localhost, where the kubelet cannot ask.
    let addressFlag: String?

    static let authProxy = StartupCheck(
        flag: "--health-check", portFlag: "--http-port", defaultPort: 9090, path: "/startup",
        addressFlag: "--http-address")
    static let oldSQLProxy = StartupCheck(
        flag: "-use_http_health_check", portFlag: "-health_check_port", defaultPort: 8090, path: "/startup",
        addressFlag: nil)

    /// Where the kubelet can ask, as the command line says.
    func target(in words: [String]) -> (path: String, port: UInt16)? {
        guard let asked = Self.value(of: flag, in: words), asked != "false" else { return nil }
        if let addressFlag, Self.value(of: addressFlag, in: words) != "0.0.0.0" { return nil }
        guard let text = Self.value(of: portFlag, in: words) else { return (path, defaultPort) }
        return UInt16(text).map { (path, $0) }
    }

    /// `--flag value`, `--flag=value` or, as Go reads it, with a single dash; empty for a flag alone.
    private static func value(of flag: String, in words: [String]) -> String? {
        let name = flag.drop { $0 == "-" }
        for (index, word) in words.enumerated() {
            let bare = word.drop { $0 == "-" }
            guard word.hasPrefix("-"), bare == name || bare.hasPrefix("\(name)=") else { continue }
            if bare != name { return String(bare.dropFirst(name.count + 1)) }
            let next = words.indices.contains(index + 1) ? words[index + 1] : ""
            return next.hasPrefix("-") ? "" : next
        }
        return nil
    }
}
