import Basics
import YAMLTree

extension FakeAPI {
    func get(_ route: ResourceRoute) throws(StatusError) -> JSONValue {
        guard let name = route.name, let object = store.object(route.type.storage, route.key(name)) else {
            throw .notFound(route.type, route.name ?? "")
        }
        return object.asType(route.type)
    }

    func selection(_ route: ResourceRoute, _ request: KubeRequest) throws(StatusError) -> Selection {
        var selection = Selection(storage: route.type.storage, prefix: route.prefix)
        if let text = request.parameter("labelSelector") { selection.labels = try LabelSelector(text) }
        if let text = request.parameter("fieldSelector") {
            selection.fields = try FieldSelector(text, for: route.type)
        }
        return selection
    }

    func list(_ route: ResourceRoute, _ request: KubeRequest) throws(StatusError) -> KubeAnswer {
        let selection = try selection(route, request)
        let limit = request.parameter("limit").flatMap(Int.init) ?? 0
        var version = store.version
        var isPast = false
        var start: String?
        if let text = request.parameter("continue") {
            let token = try ContinueToken(text)
            start = token.start
            if token.version > 0 { (version, isPast) = (token.version, true) }
            if isPast, version < store.compactedVersion {
                throw .expiredContinue(fresh: ContinueToken(version: -1, start: token.start).text)
            }
        } else if let text = request.parameter("resourceVersion") {
            let wanted = try Self.version(text)
            guard wanted <= store.version else { throw .tooLarge(wanted, current: store.version) }
            if request.parameter("resourceVersionMatch") == "Exact" {
                guard wanted >= store.compactedVersion else { throw .expiredVersion() }
                (version, isPast) = (wanted, true)
            }
        } else if request.parameter("resourceVersionMatch") != nil {
            throw .invalidListOptions(
                "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
        }
        var run = SelectionRun(selection)
        var items: [StoredObject] = []
        var next: String?
        store.scan(selection.storage, prefix: selection.prefix, from: start, at: isPast ? version : nil) {
            key, stored in
            guard run.matches(stored) else { return true }
            if limit > 0, items.count == limit {
                next = key
                return false
            }
            items.append(stored)
            return true
        }
        var metadata: JSONValue = ["resourceVersion": .string(String(version))]
        if let next {
            metadata["continue"] = .string(ContinueToken(version: version, start: next).text)
            if !selection.hasSelectors {
                var remaining = 0
                store.scan(selection.storage, prefix: selection.prefix, from: next, at: isPast ? version : nil) {
                    _, _ in
                    remaining += 1
                    return true
                }
                metadata["remainingItemCount"] = .integer(Int64(remaining))
            }
        }
        return KubeAnswer(200, .list(StoredList(type: route.type, metadata: metadata, items: items)))
    }

    func watch(_ route: ResourceRoute, _ request: KubeRequest) throws(StatusError) -> FakeWatch {
        var selection = try selection(route, request)
        if let name = route.name {
            selection.fields.terms.append(.init(field: "metadata.name", value: name, isEqual: true))
        }
        let wanted = try request.parameter("resourceVersion").map(Self.version) ?? 0
        let sendsInitial: Bool
        switch request.parameter("sendInitialEvents") {
        case "true"? where options.streamsLists:
            guard request.parameter("resourceVersionMatch") == "NotOlderThan" else {
                throw .invalidListOptions(
                    "sendInitialEvents", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            }
            guard wanted <= store.version else { throw .tooLarge(wanted, current: store.version) }
            sendsInitial = true
        case "true"?:
            throw .invalidListOptions(
                "sendInitialEvents",
                "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
        default: sendsInitial = wanted == 0 && request.parameter("sendInitialEvents") == nil
        }
        return FakeWatch(
            type: route.type, selection: selection, from: sendsInitial ? nil : wanted == 0 ? store.version : wanted,
            endsInitialWithBookmark: request.flag("sendInitialEvents"),
            bookmarks: request.flag("allowWatchBookmarks"),
            timeout: request.parameter("timeoutSeconds").flatMap(Int.init), store: store)
    }

    static func version(_ text: String) throws(StatusError) -> Int {
        guard let version = Int(text), version >= 0 else {
            throw .badRequest("Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        return version
    }
}

extension JSONValue {
    /// As it is in lists.
    var withoutType: JSONValue {
        guard let members else { return self }
        return .object(members.filter { $0.name != "kind" && $0.name != "apiVersion" })
    }

    /// With kind and version of the view that was asked for, in front.
    func asType(_ type: ResourceType) -> JSONValue {
        let own = type.storage == "events" ? EventViews.shown(self, as: type) : self
        return .object(
            [
                Member("kind", .string(type.kind)), Member("apiVersion", .string(type.apiVersion)),
            ] + (own.withoutType.members ?? []))
    }
}

extension StatusError {
    static func invalidListOptions(_ field: String, _ message: String) -> StatusError {
        var error = StatusError(
            422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: \(field): Forbidden: \(message)")
        error.group = "meta.k8s.io"
        error.kind = "ListOptions"
        error.causes = [Cause("FieldValueForbidden", "Forbidden: \(message)", field: field)]
        return error
    }
}
