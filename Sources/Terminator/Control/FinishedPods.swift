internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
internal import PodRules

/// Pods that finished while nobody led: no watch of ours brings them. Each leader looks for them once, a page at a time, and
/// keeps nothing of those about which all has been said.
///
/// A page is read from the newest state: from the cache (`resourceVersion=0`) older servers answer with everything at once.
struct FinishedPods: Sendable {
    let api: any KubeAPI
    let scope: WatchScope
    let selection: PodSelection
    let cluster: ClusterFacts
    let time: Timepiece
    let logger: Logger

    private static let pageSize = 500
    /// From one that failed to the next try.
    private static let pause = Duration.seconds(60)

    /// One after another, after the page that brought them; the next page waits for that.
    ///
    /// - Parameter isTriedAgain: until all were seen. What was told before is passed over then.
    func visit(isTriedAgain: Bool, _ visit: @Sendable (PodSighting) async -> Void) async {
        while !Task.isCancelled {
            do throws(KubeError) { return try await visitAll(visit) } catch {
                guard !Task.isCancelled else { return }
                logger.warning("cannot look for finished pods", metadata: ["error": "\(error)"])
                guard isTriedAgain else { return }
            }
            try? await time.sleep(time.now() + Self.pause)
        }
    }

    private func visitAll(_ visit: @Sendable (PodSighting) async -> Void) async throws(KubeError) {
        var options = ListOptions()
        (options.labelSelector, options.fieldSelector) = (scope.labelSelector, scope.fieldSelector)
        options.limit = Self.pageSize
        repeat {
            var request = APIRequest.list(
                scope.resource, namespace: scope.namespace ?? "", options, accept: scope.encoding)
            request.yields = true
            let page = try await api.page(request) { sighting($0, $1) }
            for sighting in page.values { await visit(sighting) }
            options = options.continued(with: page.continueToken)
        } while !options.continueToken.isEmpty && !Task.isCancelled
    }

    /// `nil`: nothing is to be said of it, or it cannot be read, which must not hide the others.
    private func sighting(_ encoding: ObjectEncoding, _ bytes: Span<UInt8>) -> PodSighting? {
        do throws(WireError) {
            let pod = try selection.pod(encoding, in: bytes).map(cluster.facts)
            return pod.flatMap { $0.isUntold ? PodSighting($0, at: time.now()) : nil }
        } catch {
            let object = try? PartialObject(encoding, in: bytes)
            logger.warning(
                "cannot read object",
                metadata: ["object": "\(object?.metadata.key.description ?? "?")", "error": "\(error)"])
            return nil
        }
    }
}
