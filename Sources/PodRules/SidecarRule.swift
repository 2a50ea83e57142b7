internal import KubeModel

/// What is known about sidecars of a name or an image: shipped for the usual ones, and an operator's own.
package struct SidecarRule: Sendable, Equatable {
    /// Of containers.
    package var names: [String] = []
    /// Last parts of image names, without tag and digest: `proxyv2`.
    package var images: [String] = []
    /// Counts as a sidecar without a marker of its own, in pods that carry one or in namespaces that ask for it.
    package var isKnown = true
    package var quit: QuitEndpoint?
    /// Exits with 0 on SIGTERM, so that a signal does not spoil the pod's result.
    package var exitsWithZero = false
    /// Instead of SIGTERM, where the container is told from inside.
    package var exec: ExecStop?
    /// Instead of the marker's or the default ladder.
    package var ladder: [Rung]?

    package init() {}

    package init(names: [String], images: [String], quit: QuitEndpoint? = nil, exitsWithZero: Bool = false) {
        self.names = names
        self.images = images
        self.quit = quit
        self.exitsWithZero = exitsWithZero
    }

    /// `registry:5000/istio/proxyv2:1.20@sha256:…` is `proxyv2`.
    package static func repository(of image: String) -> String {
        let text = image.utf8
        let slash = text.dropLast(text.last == UInt8(ascii: "/") ? 1 : 0).lastIndex(of: UInt8(ascii: "/"))
        let last = text[(slash.map { text.index(after: $0) } ?? text.startIndex)...]
        let end = last.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }
        return String(image[last.startIndex..<(end ?? last.endIndex)])
    }

    package init(_ known: WellKnownSidecar, quit: QuitEndpoint? = nil) {
        self.init(names: known.names, images: known.images, quit: quit)
    }

    /// Those that most clusters have. Ports and paths are the programs' own defaults.
    package static let shipped =
        [
            SidecarRule(.istioProxy, quit: QuitEndpoint(port: 15020, path: "/quitquitquit")),
            SidecarRule(.linkerdProxy, quit: QuitEndpoint(port: 4191, path: "/shutdown")),
            SidecarRule(.envoy, quit: QuitEndpoint(port: 9901, path: "/quitquitquit")),
            SidecarRule(.cloudSQLProxy, quit: QuitEndpoint(port: 9091, path: "/quitquitquit")),
            SidecarRule(.alloyDBProxy, quit: QuitEndpoint(port: 9091, path: "/quitquitquit")),
            SidecarRule(.vaultAgent, quit: QuitEndpoint(port: 8200, path: "/agent/v1/quit")),
            SidecarRule(.dapr, quit: QuitEndpoint(port: 3500, path: "/v1.0/shutdown")),
        ] + WellKnownSidecar.others.map { SidecarRule($0) }
}

extension SidecarRule {
    /// Where rules stand in their list, by what they cover: every container of every marked pod is looked up.
    package struct Places: Sendable, Equatable {
        private var byName: [String: Int] = [:]
        private var byImage: [String: Int] = [:]

        init(_ rules: [SidecarRule]) {
            for (place, rule) in rules.enumerated() {
                for name in rule.names where byName[name] == nil { byName[name] = place }
                for image in rule.images where byImage[image] == nil { byImage[image] = place }
            }
        }

        /// The first rule that covers the container.
        func first(name: String, image: String) -> Int? {
            [byName[name], byImage[SidecarRule.repository(of: image)]].compactMap(\.self).min()
        }
    }
}
