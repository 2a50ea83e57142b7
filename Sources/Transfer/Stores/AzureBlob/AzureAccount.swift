internal import Basics
internal import HTTPTransport

/// One storage account: where it is, and by what requests to it are proven. Pure.
struct AzureAccount: Sendable {
    enum Proof: Sendable {
        case nothing
        /// Signs each request.
        case key([UInt8])
        /// A query that grants what it says: a secret.
        case sharedAccess(String)
        /// A token of Microsoft Entra.
        case token
    }

    let name: String
    /// Without `/` at its end; an emulator's has the account in its path.
    let endpoint: WebURL
    let proof: Proof

    /// By the variables of Azure's own tools. A key, a signature or an endpoint counts for the account that
    /// `AZURE_STORAGE_ACCOUNT` or the connection string names, for every account where neither names one.
    init(_ name: String, _ configuration: StoreConfiguration) throws(TransferError) {
        let fields = Self.fields(of: configuration.variable("AZURE_STORAGE_CONNECTION_STRING") ?? "")
        let isNamed = fields["accountname"].map { $0 == name } ?? true
        let connection = isNamed ? fields : [:]
        let isMeant = configuration.variable("AZURE_STORAGE_ACCOUNT").map { $0 == name } ?? true
        func variable(_ variable: String) -> String? { isMeant ? configuration.variable(variable) : nil }

        let suffix = connection["endpointsuffix"] ?? Self.suffix(configuration.variable("AZURE_AUTHORITY_HOST"))
        let scheme = connection["defaultendpointsprotocol"] ?? "https"
        let given =
            configuration.settings.endpoint ?? connection["blobendpoint"] ?? variable("AZURE_STORAGE_SERVICE_ENDPOINT")
        let text = given ?? "\(scheme)://\(name).blob.\(suffix)"
        guard var url = WebURL(text.contains("://") ? text : "https://\(text)"), !url.target.contains("?") else {
            throw TransferError(
                "az://\(name)", .configuration, "the account's endpoint is no URL",
                hint: "check AZURE_STORAGE_SERVICE_ENDPOINT and AZURE_STORAGE_CONNECTION_STRING")
        }
        while url.target.hasSuffix("/") { url.target.removeLast() }
        self.name = name
        endpoint = url

        if configuration.anonymous {
            proof = .nothing
        } else if let key = connection["accountkey"] ?? variable("AZURE_STORAGE_KEY") {
            guard let bytes = Base64.decode(key), !bytes.isEmpty else {
                throw TransferError(
                    "az://\(name)", .credentials, "the account's key is not in base 64",
                    hint: "check AZURE_STORAGE_KEY or the connection string's AccountKey")
            }
            proof = .key(bytes)
        } else if let signature = connection["sharedaccesssignature"] ?? variable("AZURE_STORAGE_SAS_TOKEN") {
            proof = .sharedAccess(signature.hasPrefix("?") ? String(signature.dropFirst()) : signature)
        } else {
            proof = .token
        }
        // A key only signs; whoever sees the others has them.
        if case .key = proof { return }
        if case .nothing = proof { return }
        guard url.origin.scheme == .https || url.origin.isLoopback else {
            throw TransferError(
                "az://\(name)", .configuration, "\(url.origin.text) must not see credentials in the clear",
                hint: "use https")
        }
    }

    /// `Name=Value;…`, names in lower case; values may hold `=`.
    private static func fields(of text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: ";") {
            let name = pair.prefix { $0 != "=" }
            fields[name.lowercased()] = String(pair[name.endIndex...].dropFirst())
        }
        if fields["usedevelopmentstorage"]?.lowercased() == "true" {
            // What every emulator knows (https://learn.microsoft.com/azure/storage/common/storage-use-azurite).
            fields["accountname"] = "devstoreaccount1"
            fields["blobendpoint"] = "http://127.0.0.1:10000/devstoreaccount1"
            fields["accountkey"] =
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
        }
        return fields
    }

    /// Of the cloud that signs its users in at `authority`.
    private static func suffix(_ authority: String?) -> String {
        let host = authority.flatMap { WebURL($0)?.origin.host } ?? ""
        if host.hasSuffix(".us") { return "core.usgovcloudapi.net" }
        if host.hasSuffix(".cn") { return "core.chinacloudapi.cn" }
        return "core.windows.net"
    }
}

/// Signs a request with an account's key
/// (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
enum SharedKey {
    /// Headers that are signed in this order, their names left out.
    private static let standard = [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
        "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
    ]

    /// The value of `Authorization`.
    /// - Parameters:
    ///   - path: as it is sent.
    ///   - query: names and values as they are meant, nothing encoded.
    static func authorization(
        _ method: String, account: String, key: [UInt8], path: String, query: [(String, String)], headers: HTTPHeaders,
        length: Int64
    ) -> String {
        var lines = [method]
        for name in standard {
            lines.append(name == "Content-Length" ? (length > 0 ? String(length) : "") : headers[name] ?? "")
        }
        lines += headers.fields.map { ($0.name.lowercased(), $0.value) }.filter { $0.0.hasPrefix("x-ms-") }
            .sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        lines.append("/\(account)\(path)")
        lines += query.map { ($0.0.lowercased(), $0.1) }.sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        let signature = HMAC.sha256(key: key, lines.joined(separator: "\n").utf8)
        return "SharedKey \(account):\(Base64.encode(signature))"
    }

    /// The query of a URL by which one blob may be read for a day: a secret
    /// (https://learn.microsoft.com/rest/api/storageservices/create-service-sas).
    /// - Parameter path: of the blob, encoded.
    static func signature(toRead path: String, account: String, key: [UInt8], at now: Int64) -> String {
        let end = "\(UnixTime(milliseconds: (now + 86_400) * 1000).description.prefix(19))Z"
        let resource = "/blob/\(account)\(PercentEncoding.decode(path) ?? path)"
        // What is left out: start, policy, address, protocol; snapshot, encryption scope and five headers of the answer.
        let version = AzureService.version
        let lines = ["r", "", end, resource, "", "", "", version, "b", "", "", "", "", "", "", ""]
        let signature = Base64.encode(HMAC.sha256(key: key, lines.joined(separator: "\n").utf8))
        let query = [("sv", version), ("sr", "b"), ("sp", "r"), ("se", end), ("sig", signature)]
        return query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    }
}

extension CivilTime {
    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    var http: String {
        // 1 January 1970 was a Thursday.
        let days = (secondsSince1970 - (hour * 3600 + minute * 60 + second)) / 86_400
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return
            "\(weekday), \(padded(day, 2)) \(months[Int(month) - 1]) \(year) \(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2)) GMT"
    }
}
