internal import Basics
internal import KubeClient
internal import KubeModel
internal import YAMLTree

/// The requests by which replicas share certificates, and what their answers mean. Each change names the version that it
/// rests on, so that of two replicas only the first one changes anything.
struct CertificateRequests: Sendable {
    let secret: ObjectKey
    let configuration: String

    /// The Secret, as it was read.
    struct Stored: Equatable {
        var material: CertificateMaterial
        var resourceVersion: String
    }

    /// The webhooks of the configuration, as they were read.
    struct Trust: Equatable {
        /// In their order.
        var webhooks: [(name: String, bundle: String)]
        var resourceVersion: String

        static func == (left: Trust, right: Trust) -> Bool {
            left.resourceVersion == right.resourceVersion && left.webhooks.elementsEqual(right.webhooks, by: ==)
        }
    }

    private enum Field {
        static let authorities = "ca.crt"
        static let authorityKey = "ca.key"
        static let leaf = "tls.crt"
        static let leafKey = "tls.key"
    }

    // MARK: The Secret

    var readSecret: APIRequest { .get(.secrets, secret) }

    static func stored(_ body: [UInt8]) throws(YAMLError) -> Stored {
        let object = try YAMLNode(json: body)
        func text(_ field: String) -> String {
            String(decoding: object["data"]?[field]?.text.flatMap { Base64.decode($0) } ?? [], as: UTF8.self)
        }
        return Stored(
            material: CertificateMaterial(
                authorities: CertificateReader.split(text(Field.authorities)), authorityKey: text(Field.authorityKey),
                leaf: text(Field.leaf), leafKey: text(Field.leafKey)),
            resourceVersion: object["metadata"]?["resourceVersion"]?.text ?? "")
    }

    /// - Parameter version: of the Secret that is to be changed; `nil` creates it.
    func write(_ material: CertificateMaterial, over version: String?) -> APIRequest {
        let data: JSONValue = [
            Field.authorities: Self.encoded(material.bundle), Field.authorityKey: Self.encoded(material.authorityKey),
            Field.leaf: Self.encoded(material.leaf), Field.leafKey: Self.encoded(material.leafKey),
        ]
        if let version {
            return .patch(.secrets, secret, .merge(["metadata": ["resourceVersion": .string(version)], "data": data]))
        }
        let object: JSONValue = [
            "apiVersion": .string(APIResource.secrets.apiVersion), "kind": .string(APIResource.secrets.kind),
            "metadata": ["namespace": .string(secret.namespace), "name": .string(secret.name)], "type": "Opaque",
            "data": data,
        ]
        return .create(.secrets, namespace: secret.namespace, body: Array(object.text.utf8))
    }

    // MARK: The webhook's configuration

    var readConfiguration: APIRequest { .get(.mutatingWebhookConfigurations, ObjectKey(name: configuration)) }

    static func trust(_ body: [UInt8]) throws(YAMLError) -> Trust {
        let object = try YAMLNode(json: body)
        return Trust(
            webhooks: (object["webhooks"]?.sequence ?? []).map {
                ($0["name"]?.text ?? "", $0["clientConfig"]?["caBundle"]?.text ?? "")
            }, resourceVersion: object["metadata"]?["resourceVersion"]?.text ?? "")
    }

    /// `nil` where all webhooks trust these authorities, and no others, already.
    func trusting(_ bundle: String, instead trust: Trust) -> APIRequest? {
        let encoded = Self.encoded(bundle)
        let stale = trust.webhooks.indices.filter { JSONValue.string(trust.webhooks[$0].bundle) != encoded }
        guard !stale.isEmpty else { return nil }
        let version = Patch.Operation.test(
            Patch.Operation.pointer("metadata", "resourceVersion"), .string(trust.resourceVersion))
        let changes = stale.map {
            Patch.Operation.add(Patch.Operation.pointer("webhooks", "\($0)", "clientConfig", "caBundle"), encoded)
        }
        return .patch(.mutatingWebhookConfigurations, ObjectKey(name: configuration), .json([version] + changes))
    }

    private static func encoded(_ text: String) -> JSONValue { .string(Base64.encode(Array(text.utf8))) }
}
