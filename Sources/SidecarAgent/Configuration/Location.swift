/// Where objects may be: the schemes a configuration may name.
enum LocationScheme: String, CaseIterable {
    case s3, http, https, file
    /// Understood, and refused by name until their stores exist.
    case gs, az

    var isAvailable: Bool { self != .gs && self != .az }

    static var available: String {
        allCases.filter(\.isAvailable).map { "\($0.rawValue)://" }.joined(separator: ", ")
    }
}

/// Checks of URLs and paths, each returning what is wrong. Messages show no more of a URL than its scheme, because the
/// rest may hold a credential.
enum Location {
    /// A URL of an object store, a web server or a file.
    static func problem(of url: String) -> String? {
        guard let separator = url.firstRange(of: "://") else {
            return "expected a URL such as s3://bucket/key; there are \(LocationScheme.available)"
        }
        guard let scheme = LocationScheme(rawValue: String(url[..<separator.lowerBound])) else {
            return "no such scheme \(url[..<separator.upperBound]); there are \(LocationScheme.available)"
        }
        guard scheme.isAvailable else {
            return "\(scheme.rawValue):// is not available in this build; there are \(LocationScheme.available)"
        }
        let rest = url[separator.upperBound...]
        if scheme == .file {
            return rest.hasPrefix("/") ? nil : "expected an absolute path: file:///folder/file"
        }
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return host.isEmpty ? "expected \(scheme == .s3 ? "a bucket" : "a host") after \(scheme.rawValue)://" : nil
    }

    /// A path or pattern that stays below its folder.
    static func problem(ofPath path: String, below folder: String) -> String? {
        if path.hasPrefix("/") { return "expected a path below \(folder)/, found an absolute one" }
        let climbs = path.split(separator: "/").contains { $0 == ".." }
        return climbs ? "expected a path below \(folder)/, found .. in it" : nil
    }
}
