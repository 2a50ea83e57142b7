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
