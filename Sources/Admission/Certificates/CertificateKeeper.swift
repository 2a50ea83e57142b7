internal import Basics
internal import KubeClient
internal import KubeModel
internal import Logging
internal import YAMLTree

/// Shares certificates with the other replicas through a Secret, renews them when the plan says so, keeps the webhook's
/// `caBundle` current, and only then lets what is new be shown to callers.
struct CertificateKeeper: Sendable {
    let api: any KubeAPI
    let requests: CertificateRequests
    let plan: CertificatePlan
    let serving: ServingCertificate
    let logger: Logger
    let time: Timepiece
    let wall: WallClock

    /// How soon others' changes are seen: a renewal, an authority, a `caBundle` that somebody has overwritten.
    static let interval = Duration.seconds(30)
    /// After a failure, while there is nothing to show yet.
    static let impatience = Duration.seconds(2)

    /// Until the task is cancelled.
    func run() async {
        var lastProblem: CertificateFailure?
        while !Task.isCancelled {
            do throws(CertificateFailure) {
                try await look()
                lastProblem = nil
            } catch {
                // Told once, not every half minute.
                let level: Logger.Level = error == lastProblem ? .debug : .error
                logger.log(level: level, "the webhook's certificate cannot be kept", error: error)
                lastProblem = error
            }
            let pause = serving.isLoaded ? Self.interval : Self.impatience
            do { try await time.sleep(time.now() + pause) } catch { return }
        }
    }

    /// Steps that a look may take; where others are faster each time, the next look goes on.
    private static let mostSteps = 8

    /// Looks once at everything and does what is to be done.
    func look() async throws(CertificateFailure) {
        for _ in 0..<Self.mostSteps where try await step() { return }
        throw CertificateFailure("the Secret \(requests.secret) or the webhook's configuration changes all the time")
    }

    /// - Returns: whether all is well; else it is to be looked at anew.
    private func step() async throws(CertificateFailure) -> Bool {
        // The trust before the Secret: a bundle that somebody has written after our look at the Secret is then of a
        // later version than the one our change names.
        let trust = try await trust()
        let stored = try await stored()
        let now = wall.microsecondsSince1970() / 1_000_000
        let material = stored?.material ?? CertificateMaterial()
        let reader = CertificateReader(plan)
        let step = plan.step(stored.map { reader.state(of: $0.material) }, at: now)
        if case .wait = step {
            if let trust, let request = requests.trusting(material.bundle, instead: trust) {
                guard try await change(request, "trust the certificate's authority") else { return false }
                logger.info(
                    "the webhook's caBundle was written", metadata: ["configuration": "\(requests.configuration)"])
            }
            try serving.serve(material.identity)
            return true
        }
        let next = try CertificateIssuer(plan).perform(step, on: material, now: now)
        let request = requests.write(next, over: stored?.resourceVersion)
        if try await change(request, "write the Secret \(requests.secret)") {
            logger.info("the webhook's certificates were renewed", metadata: ["step": "\(step.word)"])
        }
        return false
    }

    // MARK: Requests

    /// `nil` where there is no such configuration, or it is not for us to see: then nobody calls by it either.
    private func trust() async throws(CertificateFailure) -> CertificateRequests.Trust? {
        guard let body = try await read(requests.readConfiguration) else { return nil }
        do { return try CertificateRequests.trust(body) } catch { throw Self.malformed(requests.configuration, error) }
    }

    private func stored() async throws(CertificateFailure) -> CertificateRequests.Stored? {
        guard let body = try await read(requests.readSecret) else { return nil }
        do { return try CertificateRequests.stored(body) } catch {
            throw Self.malformed("the Secret \(requests.secret)", error)
        }
    }

    private static func malformed(_ what: String, _ error: any Error) -> CertificateFailure {
        CertificateFailure("\(what) cannot be read: \(error)")
    }

    private func read(_ request: APIRequest) async throws(CertificateFailure) -> [UInt8]? {
        do throws(KubeError) { return try await api.send(request).body } catch {
            if error.status?.code == 404 { return nil }
            throw CertificateFailure(error.description)
        }
    }

    /// - Returns: `false` where somebody else was faster.
    private func change(_ request: APIRequest, _ what: String) async throws(CertificateFailure) -> Bool {
        do throws(KubeError) {
            _ = try await api.send(request)
            return true
        } catch {
            // 422: a `test` of the patch failed. 404: deleted since.
            if let code = error.status?.code, [404, 409, 422].contains(code) { return false }
            throw CertificateFailure("cannot \(what): \(error)")
        }
    }
}

extension CertificatePlan.Step {
    fileprivate var word: String {
        switch self {
        case .wait: "wait"
        case .startAnew: "start anew"
        case .addAuthority: "add an authority"
        case .issueLeaf: "issue a certificate"
        case .dropAuthorities: "drop old authorities"
        }
    }
}

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
