internal import Basics
internal import Conversion
internal import HTTPServer
internal import KubeModel
internal import YAMLTree

/// What the API server asks: the `request` of an AdmissionReview, as far as it is looked at.
struct AdmissionRequest: Sendable, Equatable {
    /// What kind of object it is about, in the version in which it is shown.
    struct Kind: Sendable, Hashable {
        var group = ""
        var version = "v1"
        var kind: String
    }

    /// To be repeated in the answer.
    var uid: String
    var kind: Kind
    /// Empty for the object itself.
    var subresource = ""
    /// `CREATE`, `UPDATE`, …
    var operation = "CREATE"
    var namespace = ""
    /// Nothing will be stored, so nothing may be told to others either.
    var isDryRun = false
    /// `nil` where there is none, as in a DELETE.
    var object: YAMLNode?
}

extension AdmissionRequest {
    /// Why something is not a review that we can answer.
    struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
        var description: String
    }

    static let apiVersion = "admission.k8s.io/v1"
    static let reviewKind = "AdmissionReview"

    /// The largest pods have some thousand values. Each costs a hundred bytes and more, several times over until it is
    /// decided about.
    static let limits = YAMLLimits(bytes: ServerLimits.webhook.body, depth: 128, nodes: 100_000)

    /// - Parameter bytes: an AdmissionReview of admission.k8s.io/v1, as JSON.
    init(review bytes: [UInt8]) throws(Malformed) {
        let review: YAMLNode
        do { review = try YAMLNode(json: bytes, limits: Self.limits) } catch {
            throw Malformed(description: "the body cannot be read: \(error)")
        }
        guard let kind = review["kind"]?.text, kind == Self.reviewKind else {
            throw Malformed(description: "expected an object of kind \(Self.reviewKind)")
        }
        guard let version = review["apiVersion"]?.text, version == Self.apiVersion else {
            throw Malformed(description: "expected apiVersion \(Self.apiVersion), the only one spoken here")
        }
        guard let request = review["request"], request.mapping != nil else {
            throw Malformed(description: "the review has no request")
        }
        guard let uid = request["uid"]?.text, !uid.isEmpty else {
            throw Malformed(description: "the request has no uid")
        }
        let object = request["object"].flatMap { $0.mapping == nil ? nil : $0 }
        let subject = request["kind"]
        self.init(
            uid: uid,
            kind: Kind(
                group: subject?["group"]?.text ?? "", version: subject?["version"]?.text ?? "",
                kind: subject?["kind"]?.text ?? ""),
            subresource: request["subResource"]?.text ?? "", operation: request["operation"]?.text ?? "",
            // An object to be created may leave its namespace to the request.
            namespace: request["namespace"]?.text ?? object?["metadata"]?["namespace"]?.text ?? "",
            isDryRun: request["dryRun"]?.text == "true", object: object)
    }
}

extension AdmissionRequest {
    /// The uid alone, without reading the rest: for an answer when there is no time for more.
    static func uid(in review: [UInt8]) -> String? {
        let bytes = review.span
        var cursor = JSONCursor(bytes)
        do {
            guard try cursor.beginObject(in: bytes) else { return nil }
            while let key = try cursor.key(in: bytes) {
                guard key == "request" else {
                    try cursor.skip(in: bytes)
                    continue
                }
                guard try cursor.beginObject(in: bytes) else { return nil }
                while let key = try cursor.key(in: bytes) {
                    if key == "uid" { return try cursor.text(in: bytes) }
                    try cursor.skip(in: bytes)
                }
            }
        } catch {
            return nil
        }
        return nil
    }
}

extension AdmissionRequest.Kind {
    static let pod = Self(kind: "Pod")
    static let job = Self(group: "batch", kind: "Job")
    static let cronJob = Self(group: "batch", kind: "CronJob")
}

/// What the API server is told: always that the object may come in, at most changed.
struct AdmissionAnswer: Sendable, Equatable {
    var uid: String
    /// RFC 6902; `nil` leaves the object as it is.
    var patch: JSONValue?
    /// For whoever sent the object.
    var warnings: [String] = []
    /// For the audit log; the API server puts our webhook's name before the keys.
    var auditAnnotations: [String: String] = [:]

    /// The whole AdmissionReview.
    var json: JSONValue {
        let warnings = Self.presentable(warnings)
        let annotations = auditAnnotations.sorted { $0.key < $1.key }
            .map { JSONValue.Member($0.key, .string($0.value)) }
        let patch = patch.map { Base64.encode(Array($0.text.utf8)) }
        return [
            "apiVersion": .string(AdmissionRequest.apiVersion), "kind": .string(AdmissionRequest.reviewKind),
            "response": .object(present: [
                "uid": .string(uid), "allowed": true, "patchType": patch == nil ? nil : "JSONPatch",
                "patch": patch.map { .string($0) },
                "warnings": warnings.isEmpty ? nil : .array(warnings.map { .string($0) }),
                "auditAnnotations": annotations.isEmpty ? nil : .object(annotations),
            ]),
        ]
    }

    /// The API server cuts warnings where they are longer than 256 characters, and drops them beyond 4096 in all. They
    /// become a header line, so nothing may be in them that breaks one.
    private static let longest = 250
    private static let mostWarnings = 12

    private static func presentable(_ warnings: [String]) -> [String] {
        var seen: Set<String> = []
        let lines = warnings.map { warning in
            let line = String(
                String.UnicodeScalarView(warning.unicodeScalars.map { $0.properties.isControl ? " " : $0 }))
            return line.count > longest ? line.prefix(longest) + "…" : line
        }
        return lines.filter { seen.insert($0).inserted }.prefix(mostWarnings).map { $0 }
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { generalCategory == .control }
}
