import Basics
import ConfigSchema
import HTTPTransport
import KubeClient
import Transfer
import YAMLTree

/// One entry of `state`: where reports of the step's state go.
struct StateTargetConfiguration: Sendable, Equatable {
    /// How a CloudEvent travels over HTTP.
    enum Mode: String, Sendable, CaseIterable {
        /// The whole event is the body: `application/cloudevents+json`.
        case structured
        /// Attributes as `ce-` headers, the data as the body.
        case binary
    }

    enum Destination: Sendable, Equatable {
        /// An http or https URL.
        case http(String)
        /// An absolute path; one event on a line.
        case file(String)
        /// The step's own pod: annotations and an Event.
        case kubernetes
    }

    static let kubernetes = "kubernetes"

    var to = ""
    /// Holds a bearer token; read again before each delivery, because tokens rotate.
    var tokenFile: String?
    /// Certificates to trust instead of the system's, as PEM.
    var caFile: String?
    var headers: [String: String] = [:]
    /// Of one attempt.
    var timeout = Duration.seconds(10)
    var mode = Mode.structured

    var destination: Destination {
        if to == Self.kubernetes { return .kubernetes }
        if to.hasPrefix("file://") { return .file(String(to.dropFirst(7))) }
        return to.hasPrefix("/") ? .file(to) : .http(to)
    }
}

extension StateTargetConfiguration: Configurable {
    static let fields: [Field<StateTargetConfiguration>] = [
        .required(
            "to", \.to,
            .template.checked(["examples": ["https://backend.example/steps/{pod.name}/state"]]) { problem(of: $0) },
            "An http(s):// URL that takes CloudEvents by POST, the file:// path of a file of JSON lines, or kubernetes: "
                + "annotations and Events of the step's own pod."),
        .optional(
            "tokenFile", \.tokenFile, .absolutePath,
            "A file with a bearer token, read again before each delivery."),
        .optional(
            "caFile", \.caFile, .absolutePath,
            "PEM certificates to trust instead of the system's."),
        .optional("headers", \.headers, .texts, "Further header fields."),
        .optional("timeout", \.timeout, .duration(atLeast: .milliseconds(100)), "Of one attempt."),
        .optional("mode", \.mode, .choice, "How the CloudEvent travels: as the body, or its attributes as headers."),
    ]

    func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        for name in headers.keys.sorted() where !HTTPHeaders.isToken(name) {
            decoding.at(field: "headers") { $0.at(field: name) { $0.report("is no name of a header field", at: mark) } }
        }
        let other: String
        switch destination {
        case .http: return
        case .file: other = "a file"
        case .kubernetes: other = Self.kubernetes
        }
        for (name, isGiven) in [
            ("tokenFile", tokenFile != nil), ("caFile", caFile != nil), ("headers", !headers.isEmpty),
            ("timeout", timeout != Self().timeout), ("mode", mode != Self().mode),
        ]
        where isGiven {
            decoding.at(field: name) { $0.report("belongs to an http(s):// URL, but `to` is \(other)", at: mark) }
        }
    }

    private static func problem(of to: String) -> String? {
        if to == kubernetes || to.hasPrefix("/") { return nil }
        guard to.hasPrefix("http://") || to.hasPrefix("https://") || to.hasPrefix("file://") else {
            return "expected an http(s):// URL, a file:// path or kubernetes"
        }
        return Location.problem(of: to)
    }
}
