internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
internal import Synchronization

/// Namespaces whose label asks for known sidecars to count. Kept by whoever follows them.
final class KnownNamespaces: Sendable {
    /// By name the uid that was told last: where one was deleted and made again while the watch was broken, the new one
    /// is told of before the old one's removal.
    private let names = Mutex<[String: ObjectUID]>([:])

    func contains(_ name: String) -> Bool { names.withLock { $0[name] != nil } }

    private func insert(_ name: String, _ uid: ObjectUID) -> Bool {
        names.withLock { $0.updateValue(uid, forKey: name) == nil }
    }

    private func remove(_ name: String, _ uid: ObjectUID? = nil) -> Bool {
        names.withLock { names in
            guard uid == nil || names[name] == uid else { return false }
            return names.removeValue(forKey: name) != nil
        }
    }

    /// - Returns: whether any of that is news.
    func take(_ changes: [ObjectChange<String>]) -> Bool {
        var isNews = false
        for change in changes {
            switch change {
            case .added(let uid, let name), .updated(let uid, _, let name): isNews = insert(name, uid) || isNews
            case .removed(let uid, let name): isNews = remove(name, uid) || isNews
            case .synced: break
            }
        }
        return isNews
    }

    /// Learns which they are.
    ///
    /// - Parameter name: the only namespace that matters; `nil`: all do.
    /// - Returns: whether that is news.
    /// - Throws: with 403 where their labels may not be read.
    @discardableResult
    func read(_ api: any KubeAPI, only name: String?) async throws(KubeError) -> Bool {
        if let name {
            // Allowed by a role in that namespace alone, other than a list or watch of it.
            let namespace = try await api.metadata(.namespaces, ObjectKey(name: name))
            guard let namespace, namespace.labels[WellKnownNames.Label.terminateKnown] == "enabled" else {
                return remove(name)
            }
            return insert(name, ObjectUID(namespace.uid))
        }
        let labelled: [PartialObject] = try await api.list(.namespaces, labels: Self.selector)
        return labelled.map { insert($0.metadata.name, ObjectUID($0.metadata.uid)) }.contains(true)
    }

    private static let selector = "\(WellKnownNames.Label.terminateKnown)=enabled"

    /// The same before the first pod is looked at. Where it is not allowed, known sidecars count in labelled pods alone.
    func learn(_ api: any KubeAPI, only name: String?, _ logger: Logger) async {
        do throws(KubeError) { try await read(api, only: name) } catch {
            logger.notice("the labels of namespaces cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Keeps up with the labels until the task is cancelled.
    ///
    /// - Parameter onChange: which pods matter has changed.
    func follow(
        _ api: any KubeAPI, only name: String?, _ options: InformerOptions,
        onChange: @escaping @Sendable () -> Void
    ) async {
        guard let name else { return await informer(api, options, onChange).run() }
        // Reading one again and again takes less rights than following it.
        while !Task.isCancelled {
            try? await options.time.sleep(options.time.now() + Self.interval)
            // Where it may not be read that has been said.
            if (try? await read(api, only: name)) == true { onChange() }
        }
    }

    private static let interval = Duration.seconds(30)

    private func informer(
        _ api: any KubeAPI, _ options: InformerOptions, _ onChange: @escaping @Sendable () -> Void
    ) -> Informer<String> {
        Informer(
            api, WatchScope(.namespaces, labelSelector: Self.selector, encoding: .protobuf),
            RecordDecoder(PartialObject.self) { $0.metadata.name }, options: options
        ) { changes in
            if self.take(changes) { onChange() }
        }
    }
}
