internal import Basics
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
    /// Most that a sidecar is left alone after main's end, whatever its annotation says.
    package var lingerLimit = Duration.seconds(300)
    package var quitVia = QuitRoute.portForward
    package var nodeAgent = false
    /// Whether pods of the cluster itself are ended, too.
    package var systemPods = false
    /// Images that pods may name for their own swap; `nil`: any.
    package var swapImages: [String]?
    package var labelSelector: String?
    package var workers = 512
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
        rules.sidecarAnnotations += annotations.sidecars.filter { !rules.sidecarAnnotations.contains($0) }
        rules.primaryAnnotations += annotations.primary.filter { !rules.primaryAnnotations.contains($0) }
        rules.ladder = ladder
        rules.countsSystemPods = systemPods
        rules.swapImages = swapImages
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
        .optional(
            "lingerLimit", \.lingerLimit, .duration(),
            "Most that a sidecar is left alone after main's end, whatever its linger annotation says."),
        .optional("quitVia", \.quitVia, .choice, "How quit endpoints are reached: portForward also on localhost."),
        .optional("nodeAgent", \.nodeAgent, .boolean, "The node agent is installed on all nodes that are machines."),
        .optional(
            "systemPods", \.systemPods, .boolean,
            "Whether pods in kube-system, and those that a kubelet makes from files, are ended, too."),
        .optional(
            "swapImages", \.swapImages, Shape.text.list,
            "Images that pods may name by …_WITH_IMAGE; * at the end stands for anything. Left out: any image."),
        .optional("labelSelector", \.labelSelector, .text, "Only pods that match are watched."),
        .optional(
            "workers", \.workers, .integer(1...4096),
            "Most pods worked on at once; a namespace's wait for another's in turn."),
        .section("webhook", \.webhook, "How pods are converted as they are created."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        if quitVia == .proxy {
            for (index, sidecar) in sidecars.enumerated() where sidecar.quit?.suitsProxy == false {
                decoding.at(field: "sidecars") { decoding in
                    decoding.at(index: index) {
                        $0.report("quit: quitVia: proxy knows GET and POST alone", at: mark)
                    }
                }
            }
        }
        var seen: Set<String> = []
        for (index, marker) in markers.enumerated() where !seen.insert(marker.name).inserted {
            decoding.at(field: "markers") { decoding in
                decoding.at(index: index) { $0.report("the marker \(marker.name) stands here twice", at: mark) }
            }
        }
    }
}

/// Annotations beside the contract's own.
package struct AnnotationConfiguration: Sendable, Equatable {
    package var sidecars: [String] = []
    package var primary: [String] = []

    package init() {}
}

extension AnnotationConfiguration: Configurable {
    package static let fields: [Field<AnnotationConfiguration>] = [
        .optional("sidecars", \.sidecars, Shape.text.list, "Keys of annotations that name sidecars."),
        .optional("primary", \.primary, Shape.text.list, "Keys of annotations that name the only main container."),
    ]
}

extension TerminatorConfiguration {
    /// Far beyond any configuration a person writes.
    private static let limits = YAMLLimits(bytes: 1 << 20, depth: 32, nodes: 50_000)

    /// Reads, decodes and checks a file; the error lists everything that is wrong.
    package init(file: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.bytes(file, limit: Self.limits.bytes, pipes: true)
        } catch {
            throw ConfigurationError(
                source: file, problems: [.init(path: "", message: "cannot be read: \(error.reason)")])
        }
        try self.init(parsing: bytes, source: file)
    }

    /// - Parameter source: what the document is called in messages.
    package init(parsing bytes: [UInt8], source: String) throws(ConfigurationError) {
        let document: YAMLNode
        do throws(YAMLError) {
            document = try YAMLNode(parsing: bytes, limits: Self.limits)
        } catch {
            throw ConfigurationError(
                source: source, problems: [.init(path: "", mark: error.mark, message: error.message)])
        }
        var decoding = Decoding()
        let isEmpty = document.scalar?.isNull == true
        let configuration = isEmpty ? Self() : Shape<Self>.object().decode(document, &decoding)
        guard let configuration, decoding.problems.isEmpty else {
            throw ConfigurationError(source: source, problems: decoding.problems)
        }
        self = configuration
    }
}

/// The JSON Schema of the terminator's configuration, made from the decoder's own fields.
package enum TerminatorConfigurationSchema {
    /// Checked in at `docs/schema/terminator-config.schema.json`; `kpipe-sidecar schema terminator` prints it.
    package static var text: String {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "Configuration of kpipe-sidecar terminator"),
        ]
        return JSONValue.object(head + Shape<TerminatorConfiguration>.object().schema).prettyText
    }
}
