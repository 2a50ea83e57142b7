internal import Basics
package import ConfigSchema
package import YAMLTree

/// The section `webhook`: how pods are converted as they are created.
package struct WebhookConfiguration: Sendable, Equatable {
    package enum Certificates: String, Sendable, CaseIterable {
        /// Made, renewed and shared here, through a Secret.
        case own
        /// Kept by cert-manager, in a Secret that is mounted; it also keeps the `caBundle`.
        case certManager = "cert-manager"
        /// Kept by whomever, in files; so is the `caBundle`.
        case files
    }

    package var port = 9443
    package var certificates = Certificates.own
    /// Where `tls.crt` and `tls.key` are, unless the certificates are our own.
    package var certificateFolder = "/etc/kpipe-webhook"
    /// Further names and addresses under which callers know us.
    package var hosts: [String] = []
    package var service = "kpipe-webhook"
    /// The Secret in our own namespace.
    package var secret = "kpipe-webhook-certificate"
    /// The MutatingWebhookConfiguration whose `caBundle` is kept.
    package var configuration = "kpipe-webhook"
    /// The longest that an answer takes; the API server is told to wait a little longer.
    package var deadline = Duration.seconds(3)

    package init() {}

    /// In seconds: our own deadline comes first, with time left for the answer's way.
    package var apiServersTimeout: Int { Int(deadline.components.seconds) + 2 }

    /// Where the API server posts reviews.
    package static let path = "/convert"
}

extension WebhookConfiguration: Configurable {
    package static let fields: [Field<WebhookConfiguration>] = [
        .optional("port", \.port, .integer(0...65_535), "Where reviews are answered, over TLS; 0: any."),
        .optional(
            "certificates", \.certificates, .choice,
            "own: made and renewed here. cert-manager and files: read from certificateFolder, caBundle left alone."),
        .optional(
            "certificateFolder", \.certificateFolder, .text,
            "Where tls.crt and tls.key are, unless the certificates are our own; followed when they change."),
        .optional(
            "hosts", \.hosts, Shape.text.checked(["examples": ["webhook.example"]]) { problem(ofHost: $0) }.list,
            "Names and addresses in the certificate beside the Service's."),
        .optional("service", \.service, .text, "The Service by which the API server calls."),
        .optional("secret", \.secret, .text, "The Secret of our own namespace that holds our own certificates."),
        .optional("configuration", \.configuration, .text, "The MutatingWebhookConfiguration."),
        .optional(
            "deadline", \.deadline, .duration(atLeast: .milliseconds(100)),
            "The longest that a decision may take; then the pod is admitted as it is. At most 25 s."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        guard deadline > .seconds(25) else { return }
        decoding.at(field: "deadline") { $0.report("expected at most 25s", at: mark) }
    }

    /// They are put into a list of OpenSSL's, in which these have a meaning of their own.
    private static func problem(ofHost host: String) -> String? {
        let isName = host.utf8.allSatisfy { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        return isName ? nil : "expected a host's name or address"
    }
}
