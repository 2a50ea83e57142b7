import Basics
import Transfer
import WorkdirProtocol

/// Stores the outputs that fit the outcome, and the manifest after them.
struct OutputJob: Sendable {
    let agent: SidecarAgent
    let order: StoreOrder
    /// What is not stored by then is named and left.
    let deadline: ContinuousClock.Instant?
    /// What stores while main runs, and is to come to its end first: two uploads to one object would race.
    let continuous: ContinuousStore?

    /// How long the manifest, or the pod's end, waits for the report at most. SIGTERM may come meanwhile, so it is a quarter of the
    /// grace, too.
    static let reportLimit = Duration.seconds(20)

    func run() async -> LifecycleInput {
        // Outputs that nobody can name are not stored, and so not a success.
        if let failure = agent.settings.configurationFailure { return .outputsFailed(failure) }
        await continuous?.finish(atOnce: deadline != nil)
        // What main did not write says nothing more where main has failed.
        let requests = agent.settings.configuration.outputs.filter { $0.when.fits(order.outcome) }
            .map { OutputRequest($0, optional: $0.optional || order.outcome != .success) }.besidesManifests
        let onEvent = agent.onEvent
        let folder: ConfinedFolder
        do throws(VolumeError) { folder = try agent.volume.folder(WorkdirPath.output) } catch {
            return .outputsFailed(FailureCause(volume: error))
        }
        let report = await agent.transfers.store(
            requests, from: folder, only: nil, deadline: deadline, journal: agent.journal,
            onEvent: { onEvent(.transfer(.output, $0)) })
        onEvent(.transferred(.output, report))
        if let cause = report.cause(for: .output) { return .outputsFailed(cause) }
        let limit = min(
            Self.reportLimit, deadline.map { ($0 - .now) / 4 } ?? Self.reportLimit,
            agent.settings.configuration.grace / 4)
        // What is not stored then is tried again when the step has settled.
        await Stoppable.run(until: .now + max(.zero, limit)) { await agent.reports.write(order.outcome, of: agent) }
        do throws(TransferError) {
            for (url, settings) in ManifestLocation.places(for: requests) {
                try await agent.transfers.put(manifest(), of: report.files, to: url, settings)
                onEvent(.manifest(url: Location.shown(url)))
            }
            return .outputsStored
        } catch {
            return .outputsFailed(FailureCause(error, .output))
        }
    }

    private func manifest() -> Manifest {
        let pod = agent.settings.pod
        let step = [
            "namespace": pod.namespace, "pod": pod.name, "uid": agent.identity.pod, "job": pod.job,
            "epoch": agent.identity.epoch,
            "try": "\(order.attempt)", "attempts": "\(max(order.attempt, agent.recorder.tries))",
            "began": agent.recorder.began?.description, "ended": HostFacts.now().description,
            "message": order.outcome.cause?.message, "state": order.outcome.cause?.state ?? StepState.done,
            "reason": order.outcome.cause?.reason, "container": order.outcome.cause?.container.rawValue,
            "exitCode": order.outcome.cause?.exitCode.map { "\($0)" },
        ].compactMapValues { $0 }
        return Manifest(step: step, files: [], summary: agent.settings.usageSummary())
    }
}

extension OutputConfiguration.When {
    func fits(_ outcome: StepOutcome) -> Bool {
        switch self {
        case .always: true
        case .success: outcome == .success
        case .failure: outcome != .success
        }
    }
}

extension OutputRequest {
    init(_ output: OutputConfiguration, optional: Bool = true) {
        self.init(from: output.from, to: output.to, priority: output.priority, optional: optional)
        // Patterns were checked with the configuration.
        filter = try? NameFilter(include: output.include, exclude: output.exclude)
        settings = output.settings
        pack = output.pack
    }
}

extension [OutputRequest] {
    /// None of them may store a file where a manifest of theirs will be.
    var besidesManifests: [OutputRequest] {
        let manifests = ManifestLocation.places(for: self).map(\.url)
        return map { request in
            var request = request
            request.reserved = manifests
            return request
        }
    }
}

/// Where the manifest of a step's outputs goes: into every folder that outputs go to, so that a reader of any of them
/// finds it; beside the object where an output has a name of its own.
package enum ManifestLocation {
    private static let name = "kpipe-manifest.json"

    /// In a folder or below a prefix.
    package static func url(in folder: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }

    /// Each URL once, in the order of the outputs, with what the first that goes there says of the place. A URL with a
    /// query is signed for one object alone and gets none.
    static func places(for outputs: [OutputRequest]) -> [(url: String, settings: StoreSettings)] {
        var places: [(url: String, settings: StoreSettings)] = []
        for output in outputs where !output.to.contains("?") {
            let isFolder = output.to.hasSuffix("/")
            // As the engine reads `from`: a folder means everything in it.
            let isMany = output.pack == .none && OutputRequest.namesMany(output.from)
            let url = isFolder ? output.to + name : isMany ? "\(output.to)/\(name)" : "\(output.to).\(name)"
            if !places.contains(where: { $0.url == url }) { places.append((url, output.settings)) }
        }
        return places
    }
}
