internal import Basics
internal import HTTPTransport

/// What is said of one place beside its URL: how it is reached, and what becomes of objects that are stored there. Of an
/// entry of the agent's configuration, or of a command's options.
package struct StoreSettings: Sendable, Hashable {
    /// Where the store is, instead of its provider's own.
    package var endpoint: String?
    package var region: String?
    /// Of AWS's shared configuration files.
    package var profile: String?
    /// Requests are not signed: public places.
    package var anonymous = false
    /// Whoever asks pays.
    package var requesterPays = false
    package var fips = false
    package var dualStack = false
    /// A file with the key by which the store encrypts, and which it does not keep (SSE-C): 32 bytes, or those in base 64.
    package var customerKeyFile: String?

    package var storageClass: String?
    /// `AES256`, `aws:kms`, `aws:kms:dsse`.
    package var encryption: String?
    package var kmsKey: String?
    /// A canned one, such as `bucket-owner-full-control`.
    package var acl: String?
    package var tags: [String: String] = [:]
    package var contentType: String?
    package var metadata: [String: String] = [:]

    package init() {}

    /// Names as they are written in a configuration.
    package enum Name: String, Sendable, CaseIterable {
        case endpoint, region, profile, anonymous, requesterPays, fips, dualStack, customerKeyFile
        case storageClass, encryption, kmsKey, acl, tags, contentType, metadata
    }

    private typealias Field<Value> = (name: Name, path: any WritableKeyPath<StoreSettings, Value> & Sendable)
    private static let texts: [Field<String?>] = [
        (.endpoint, \.endpoint), (.region, \.region), (.profile, \.profile), (.customerKeyFile, \.customerKeyFile),
        (.storageClass, \.storageClass), (.encryption, \.encryption), (.kmsKey, \.kmsKey), (.acl, \.acl),
        (.contentType, \.contentType),
    ]
    private static let flags: [Field<Bool>] = [
        (.anonymous, \.anonymous), (.requesterPays, \.requesterPays), (.fips, \.fips), (.dualStack, \.dualStack),
    ]
    private static let pairs: [Field<[String: String]>] = [(.tags, \.tags), (.metadata, \.metadata)]

    /// Those that say something.
    package var given: Set<Name> {
        Set(
            Self.texts.filter { self[keyPath: $0.path] != nil }.map(\.name)
                + Self.flags.filter { self[keyPath: $0.path] }.map(\.name)
                + Self.pairs.filter { !self[keyPath: $0.path].isEmpty }.map(\.name))
    }

    /// The first that the store of `url` does not know; `nil` where all are well. One that is ignored in silence would leave
    /// an object unencrypted, or in the wrong hands.
    package func unknown(at url: String) -> Name? {
        guard let kind = Self.kind(of: url) else { return nil }
        let given = given
        return Name.allCases.first { given.contains($0) && !kind.settings.contains($0) }
    }

    private static func kind(of url: String) -> (any StoreKind.Type)? {
        StoreRegistry.kind(of: url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() } ?? "file")
    }

    /// What belongs together and does not stand together, at the store of `url`, in words.
    package func contradiction(at url: String) -> (Name, String)? {
        if kmsKey != nil, encryption?.hasPrefix("aws:kms") != true {
            return (.kmsKey, "belongs to encryption: aws:kms or aws:kms:dsse")
        }
        if customerKeyFile != nil, encryption != nil { return (.customerKeyFile, "excludes encryption") }
        if profile != nil, anonymous { return (.profile, "excludes anonymous") }
        // It travels as part of a header field's name.
        if !metadata.keys.allSatisfy(HTTPHeaders.isToken) {
            return (.metadata, "has a name that no header field can have: write letters, digits and - alone")
        }
        if Self.kind(of: url)?.metadataIsASCII == true,
            !metadata.values.allSatisfy({ $0.utf8.allSatisfy { $0 < 0x80 } })
        {
            return (.metadata, "holds letters that this store does not take: write them in percent escapes")
        }
        return nil
    }

    /// These, and where they say nothing those of `other`.
    package func over(_ other: StoreSettings) -> StoreSettings {
        var settings = self
        for (_, path) in Self.texts { settings[keyPath: path] = self[keyPath: path] ?? other[keyPath: path] }
        for (_, path) in Self.flags { settings[keyPath: path] = self[keyPath: path] || other[keyPath: path] }
        for (_, path) in Self.pairs where self[keyPath: path].isEmpty { settings[keyPath: path] = other[keyPath: path] }
        return settings
    }

    /// What is stored, with what is said of all that is stored there.
    func filling(_ attributes: ObjectAttributes) -> ObjectAttributes {
        var attributes = attributes
        attributes.contentType = attributes.contentType ?? contentType
        attributes.metadata.merge(metadata) { own, _ in own }
        return attributes
    }

    /// `a=b&c=d`, encoded.
    var tagQuery: String? {
        guard !tags.isEmpty else { return nil }
        return tags.sorted { $0.key < $1.key }
            .map { "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
