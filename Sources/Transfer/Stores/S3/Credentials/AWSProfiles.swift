internal import Basics

/// The shared configuration and credentials files, merged
/// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
struct AWSProfiles: Sendable, Equatable {
    private var profiles: [String: [String: String]] = [:]
    private var services: [String: [String: String]] = [:]
    /// The profile in use.
    let name: String
    /// Somebody asked for this profile by name, so it must exist.
    let isExplicit: Bool

    /// Where both files name a key, the credentials file wins.
    init(config: String, credentials: String, name: String?) {
        self.name = name ?? "default"
        isExplicit = name != nil
        for (section, values) in INIFile.parse(config) {
            if section == "default" {
                // `[profile default]` wins over `[default]`.
                profiles["default", default: [:]].merge(values) { old, _ in old }
            } else if section.hasPrefix("profile ") {
                profiles[String(section.dropFirst(8)), default: [:]].merge(values) { _, new in new }
            } else if section.hasPrefix("services ") {
                services[String(section.dropFirst(9))] = values
            }
        }
        for (section, values) in INIFile.parse(credentials) {
            profiles[section, default: [:]].merge(values) { _, new in new }
        }
    }

    init(_ configuration: StoreConfiguration) throws(TransferError) {
        let config = configuration.variable("AWS_CONFIG_FILE") ?? "~/.aws/config"
        let credentials = configuration.variable("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials"
        self.init(
            config: try Self.read(configuration.expandingHome(config)),
            credentials: try Self.read(configuration.expandingHome(credentials)),
            name: configuration.profile ?? configuration.variable("AWS_PROFILE"))
    }

    subscript(name: String) -> [String: String]? { profiles[name] }

    /// The values of the profile in use; empty where there is none.
    var chosen: [String: String] { profiles[name] ?? [:] }

    /// The region that AWS's variables or the profile name.
    func region(_ configuration: StoreConfiguration) -> String? {
        configuration.variable("AWS_REGION") ?? configuration.variable("AWS_DEFAULT_REGION") ?? chosen["region"]
    }

    /// Instead of AWS's own (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html), most specific
    /// first: by the variables, from the profile's `services` section, from the profile itself.
    func endpointURL(service: String, _ configuration: StoreConfiguration) -> String? {
        guard !configuration.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") else { return nil }
        return configuration.variable("AWS_ENDPOINT_URL_\(service.uppercased())")
            ?? configuration.variable("AWS_ENDPOINT_URL")
            ?? chosen["services"].flatMap { services[$0]?["\(service).endpoint_url"] } ?? chosen["endpoint_url"]
    }

    private static func read(_ path: String) throws(TransferError) -> String {
        // `~` without a home folder: nothing to read.
        guard !path.hasPrefix("~") else { return "" }
        return String(decoding: try SmallFile.given(path, .configuration) ?? [], as: UTF8.self)
    }
}

/// The sections of AWS's configuration files. Keys are lower case; an indented block (`s3 =` and lines below it) is
/// flattened to `s3.key`.
enum INIFile {
    static func parse(_ text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var section: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let indented = line.first == " " || line.first == "\t"
            let content = trim(line)
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let end = content.firstIndex(of: "]") ?? content.endIndex
                let words = content[content.index(after: content.startIndex)..<end]
                    .split(whereSeparator: \.isWhitespace)
                section = words.map { unquote($0) }.joined(separator: " ")
                parent = nil
                section.map { sections[$0, default: [:]] = sections[$0] ?? [:] }
                continue
            }
            guard let section, let equals = content.firstIndex(of: "=") else { continue }
            let name = trim(content[..<equals]).lowercased()
            let value = withoutComment(trim(content[content.index(after: equals)...]))
            if indented, let parent {
                sections[section]?["\(parent).\(name)"] = value
            } else {
                sections[section]?[name] = value
                parent = value.isEmpty ? name : nil
            }
        }
        return sections
    }

    private static func trim(_ text: Substring) -> Substring {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }

    /// A comment after a value begins with ` #` or ` ;`.
    private static func withoutComment(_ value: Substring) -> String {
        let cut = [" #", " ;", "\t#", "\t;"].compactMap { value.firstRange(of: $0)?.lowerBound }.min()
        return String(trim(value[..<(cut ?? value.endIndex)]))
    }

    private static func unquote(_ word: Substring) -> String {
        word.filter { $0 != "\"" && $0 != "'" }
    }
}
