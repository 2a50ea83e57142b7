package import ConfigSchema
package import PodRules
package import YAMLTree

/// What an operator tells the terminator, checked and with its defaults filled in: one YAML or JSON document,
/// described by `docs/schema/terminator-config.schema.json`.
package struct TerminatorConfiguration: Sendable, Equatable {
    /// The image sidecars are swapped to; none: the rung `image` is skipped.
    package var exitImage: String?
    package var exitPrograms = ExitImage.shippedPrograms.sorted()
    package var ladder = Rung.configurable
    package var markers: [MarkerConfiguration] = []
    package var sidecars: [SidecarConfiguration] = []
    /// Whether those we know count beside the operator's own.
    package var shippedSidecars = true
    package var annotations = AnnotationConfiguration()
    package var patience = PatienceConfiguration()
    package var quitVia = QuitRoute.portForward
    package var nodeAgent = false
    package var labelSelector: String?
    package var workers = 16
    package var webhook = WebhookConfiguration()

    package init() {}

    package enum QuitRoute: String, Sendable, CaseIterable {
        /// Answers on localhost are reached as well.
        case portForward
        /// The API server connects to the pod's address.
        case proxy
    }

    /// The image to swap to and what it can start.
    package var exit: ExitImage? { exitImage.map { ExitImage($0, programs: Set(exitPrograms)) } }

    /// What makes a container a sidecar, and its ladder.
    package var rules: MarkerRules {
        var rules = MarkerRules()
        rules.sidecars = sidecars.map(\.rule) + (shippedSidecars ? SidecarRule.shipped : [])
        rules.sidecarAnnotations += annotations.sidecars
        rules.primaryAnnotations += annotations.primary
        rules.ladder = ladder
        for marker in markers {
            rules.markerLadders[marker.name] = marker.ladder
            rules.markerExecs[marker.name] = marker.exec?.stop
        }
        return rules
    }
}

extension TerminatorConfiguration: Configurable {
    package static let fields: [Field<TerminatorConfiguration>] = [
        .optional(
            "exitImage", \.exitImage, .text,
            "An image whose program exits with 0, to swap sidecars to. Left out: the rung image is skipped."),
        .optional(
            "exitPrograms", \.exitPrograms, Shape.text.list,
            "Names of programs the exit image answers to in /bin, /usr/bin and the like; those of ours by default."),
        .optional("ladder", \.ladder, .ladder, "The ways to end a sidecar, in the order in which they are tried."),
        .optional("markers", \.markers, Shape.object().list, "Other ways for sidecars marked in a certain way."),
        .optional(
            "sidecars", \.sidecars, Shape.object().list,
            "What is known about sidecars, by name or image; the first that fits counts, before the shipped ones."),
        .optional(
            "shippedSidecars", \.shippedSidecars, .boolean,
            "Whether Istio, Linkerd, Envoy, Cloud SQL proxy, Vault, Dapr and others are known without being listed."),
        .section("annotations", \.annotations, "Further annotations that say what is a sidecar."),
        .section("patience", \.patience, "How long each rung is given before the next is tried."),
        .optional("quitVia", \.quitVia, .choice, "How quit endpoints are reached: portForward also on localhost."),
        .optional("nodeAgent", \.nodeAgent, .boolean, "The node agent is installed on all nodes that are machines."),
        .optional("labelSelector", \.labelSelector, .text, "Only pods that match are watched."),
        .optional("workers", \.workers, .integer(1...256), "Most pods worked on at once."),
        .section("webhook", \.webhook, "How pods are converted as they are created, with --webhook."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        var seen: Set<String> = []
        for (index, marker) in markers.enumerated() where !seen.insert(marker.name).inserted {
            decoding.at(field: "markers") { decoding in
                decoding.at(index: index) { $0.report("the marker \(marker.name) stands here twice", at: mark) }
            }
        }
    }
}
