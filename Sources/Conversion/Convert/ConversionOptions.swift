package import PodRules

/// What is to be converted, and which way.
package struct ConversionOptions: Sendable, Equatable {
    package enum Direction: Sendable {
        case toNative
        case toOrdinary
    }

    package var direction = Direction.toNative
    /// Sidecars besides the marked ones.
    package var sidecars: Set<String> = []
    /// In pods that have this container all others are sidecars.
    package var primary: String?
    /// What makes a container a sidecar.
    package var rules = MarkerRules()
    /// Known sidecars count in every pod, not only in those that carry a marker.
    package var countsKnown = false
    /// The same where nothing speaks against it, and what will be injected is told of.
    package var detectsKnown = false
    /// Containers with `restartPolicy: Always` count: whoever writes that means a native sidecar.
    package var countsMeant = true
    /// A pod that is to end and loses its markers asks for known sidecars to count: others may inject some after us.
    package var keepsMarked = false
    /// Where detection looks up whom a Service leads to; without any, those of the stream count.
    package var services: ServicePorts?
    /// Where custom resources keep their pods: `spec.workers[].template.spec`.
    package var podSpecPaths: [String] = []
    package var kubeVersion: KubeVersion?
    /// Notes are made as well: several a container, which cost more than its conversion, and mostly nobody reads.
    package var tellsNotes = true
    /// Most seconds that a sidecar may ask to be left alone after main's end; `nil`: any.
    package var lingerLimit: Int?
    /// The documents are strategic merge patches: what they say of these containers moves with them, and nothing else changes.
    package var patched: [PatchedObject]?

    package init() {}

    var namesContainers: Bool { !sidecars.isEmpty || primary != nil }
}

/// An object that a patch is for, and which of its containers are native there.
package struct PatchedObject: Sendable, Equatable {
    /// `nil`: of any kind, with any name.
    package var kind: String?
    package var name: String?
    package var natives: Set<String>

    package init(kind: String?, name: String?, natives: Set<String>) {
        self.kind = kind
        self.name = name
        self.natives = natives
    }
}
