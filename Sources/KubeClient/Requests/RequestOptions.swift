internal import Basics
internal import YAMLTree

/// Which objects of a collection, and how fresh.
public struct ListOptions: Sendable, Equatable {
    public enum VersionMatch: String, Sendable {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    public var labelSelector = ""
    public var fieldSelector = ""
    /// Objects in one answer; 0 for all.
    public var limit = 0
    /// From the last answer's `metadata.continue`.
    public var continueToken = ""
    /// Empty for the newest state, `0` for whatever the server has at hand.
    public var resourceVersion = ""
    public var versionMatch: VersionMatch?

    public init() {}

    /// The next page keeps the selectors and the limit; its token holds the version.
    public func continued(with token: String) -> ListOptions {
        var next = self
        next.continueToken = token
        next.resourceVersion = ""
        next.versionMatch = nil
        return next
    }

    var query: [(name: String, value: String)] {
        let fields = [
            ("labelSelector", labelSelector), ("fieldSelector", fieldSelector),
            ("limit", limit > 0 ? String(limit) : ""), ("continue", continueToken),
            ("resourceVersion", resourceVersion), ("resourceVersionMatch", versionMatch?.rawValue ?? ""),
        ]
        return fields.filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
    }
}

/// What applies to everything that changes objects.
public struct WriteOptions: Sendable, Equatable {
    /// How the server treats unknown and repeated fields.
    public enum FieldValidation: String, Sendable {
        case ignore = "Ignore"
        case warn = "Warn"
        case strict = "Strict"
    }

    /// Decide everything, change nothing.
    public var isDryRun = false
    public var fieldValidation: FieldValidation?
    /// In whose name the changed fields are managed.
    public var fieldManager = ""

    public init(isDryRun: Bool = false, fieldValidation: FieldValidation? = nil, fieldManager: String = "") {
        self.isDryRun = isDryRun
        self.fieldValidation = fieldValidation
        self.fieldManager = fieldManager
    }

    var query: [(name: String, value: String)] {
        let fields = [
            ("dryRun", isDryRun ? "All" : ""), ("fieldValidation", fieldValidation?.rawValue ?? ""),
            ("fieldManager", fieldManager),
        ]
        return fields.filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
    }
}

/// How an object is deleted.
public struct DeleteOptions: Sendable, Equatable {
    /// What happens to those it owns.
    public enum Propagation: String, Sendable {
        case orphan = "Orphan"
        case background = "Background"
        case foreground = "Foreground"
    }

    /// Seconds; `nil` for the object's own.
    public var gracePeriod: Int?
    public var propagation: Propagation?
    public var preconditions = Preconditions()
    public var isDryRun = false

    public init(
        gracePeriod: Int? = nil, propagation: Propagation? = nil, preconditions: Preconditions = .init(),
        isDryRun: Bool = false
    ) {
        self.gracePeriod = gracePeriod
        self.propagation = propagation
        self.preconditions = preconditions
        self.isDryRun = isDryRun
    }

    /// As a body, which every server understands; not all read the query of a DELETE.
    var body: [UInt8] {
        let options = JSONValue.object(present: [
            "kind": "DeleteOptions", "apiVersion": "v1",
            "gracePeriodSeconds": gracePeriod.map { .integer(Int64($0)) },
            "propagationPolicy": propagation.map { .string($0.rawValue) },
            "preconditions": preconditions.json,
            "dryRun": isDryRun ? ["All"] : nil,
        ])
        return Array(options.text.utf8)
    }
}

/// What must still hold for an object to be deleted, so that a decision made on an old state hits nothing new.
public struct Preconditions: Sendable, Equatable {
    public var uid: String?
    public var resourceVersion: String?

    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    var json: JSONValue? {
        guard uid != nil || resourceVersion != nil else { return nil }
        return .object(present: [
            "uid": uid.map { .string($0) }, "resourceVersion": resourceVersion.map { .string($0) },
        ])
    }
}
