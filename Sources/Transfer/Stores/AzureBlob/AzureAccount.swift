internal import Basics

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
