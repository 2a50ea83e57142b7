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

    /// Those that most clusters have.
    package static let shipped = KnownSidecar.all.map { SidecarRule(names: $0.names, images: $0.images, quit: $0.quit) }

    /// `registry:5000/istio/proxyv2:1.20@sha256:…` is `proxyv2`.
    package static func repository(of image: String) -> String {
        let text = image.utf8
        let slash = text.dropLast(text.last == UInt8(ascii: "/") ? 1 : 0).lastIndex(of: UInt8(ascii: "/"))
        let last = text[(slash.map { text.index(after: $0) } ?? text.startIndex)...]
        let end = last.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }
        return String(image[last.startIndex..<(end ?? last.endIndex)])
    }
}

/// Where sidecars stand in a list, by what they are recognised by: every container of every marked pod is looked up.
struct SidecarPlaces: Sendable, Equatable {
    private var byName: [String: Int] = [:]
    private var byImage: [String: Int] = [:]

    static let shipped = SidecarPlaces(KnownSidecar.all.map { ($0.names, $0.images) })

    init(_ sidecars: [(names: [String], images: [String])]) {
        for (place, sidecar) in sidecars.enumerated() {
            for name in sidecar.names where byName[name] == nil { byName[name] = place }
            for image in sidecar.images where byImage[image] == nil { byImage[image] = place }
        }
    }

    /// The first in the list that covers the container.
    func first(name: String, image: String) -> Int? {
        let shown = byImage[SidecarRule.repository(of: image)]
        guard let named = byName[name] else { return shown }
        return min(named, shown ?? named)
    }
}
