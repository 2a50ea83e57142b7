public import Basics

/// Which pods, and what of them, matter to a reader; everything else is passed over on the wire, and nothing is built
/// for it.
///
/// Statuses and the names, images and commands of containers are read of every pod that matters.
public struct PodSelection: Sendable {
    /// Where one of these names stands in a pod, the pod matters.
    public struct Marks: Sendable {
        public var environment: NameSet
        public var annotations: NameSet
        public var labels: NameSet
        /// Every pod of such a namespace matters as well.
        public var isMarkedNamespace: (@Sendable (String) -> Bool)?
        /// So does one that may hang, or may never begin: of which a container has ended while another has not, or an init
        /// container was restarted or waits for more than its beginning.
        public var findsStuck = false

        public init(
            environment: NameSet = [], annotations: NameSet = [], labels: NameSet = [],
            isMarkedNamespace: (@Sendable (String) -> Bool)? = nil, findsStuck: Bool = false
        ) {
            self.environment = environment
            self.annotations = annotations
            self.labels = labels
            self.isMarkedNamespace = isMarkedNamespace
            self.findsStuck = findsStuck
        }
    }

    /// `nil`: all pods matter.
    public var marks: Marks?
    /// Variables, annotations and labels that are kept.
    public var environment: NameSet
    public var annotations: NameSet
    public var labels: NameSet

    public init(
        marks: Marks? = nil, environment: NameSet = .all, annotations: NameSet = .all, labels: NameSet = .all
    ) {
        self.marks = marks
        self.environment = environment
        self.annotations = annotations
        self.labels = labels
    }

    public static let everything = PodSelection()

    /// Reads a pod; `nil` where it does not matter.
    public func pod(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) -> Pod? {
        switch encoding {
        case .protobuf:
            guard try marks?.areSet(protobuf: bytes) ?? true else { return nil }
            return try Pod(protobuf: bytes, selecting: self)
        case .json:
            var cursor = JSONCursor(bytes)
            let pod = try Pod(json: bytes, &cursor)
            return marks?.areSet(on: pod) ?? true ? trim(pod) : nil
        }
    }

    private func trim(_ pod: Pod) -> Pod {
        var pod = pod
        pod.metadata.labels = pod.metadata.labels.filter { labels.contains($0.key) }
        pod.metadata.annotations = pod.metadata.annotations.filter { annotations.contains($0.key) }
        for index in pod.spec.containers.indices {
            pod.spec.containers[index].env.removeAll { !environment.contains($0.name) }
        }
        for index in pod.spec.initContainers.indices {
            pod.spec.initContainers[index].env.removeAll { !environment.contains($0.name) }
        }
        return pod
    }
}

extension PodSelection.Marks {
    fileprivate func areSet(on pod: Pod) -> Bool {
        if let isMarkedNamespace, isMarkedNamespace(pod.metadata.namespace) { return true }
        return pod.metadata.annotations.keys.contains(where: annotations.contains)
            || pod.metadata.labels.keys.contains(where: labels.contains)
            || pod.spec.containers.contains { $0.env.contains { environment.contains($0.name) } }
            || findsStuck && pod.status.looksStuck
    }

    /// Looks for marks in a pod's message without building anything.
    fileprivate func areSet(protobuf bytes: Span<UInt8>) throws(WireError) -> Bool {
        var pod = WireCursor(0..<bytes.count)
        while let field = try pod.next(in: bytes) {
            switch field.number {
            case 1: if try isMarked(metadata: field, in: bytes) { return true }
            case 2: if try isMarked(spec: field, in: bytes) { return true }
            case 3: if findsStuck, try PodStatus.looksStuck(field, in: bytes) { return true }
            default: break
            }
        }
        return false
    }

    private func isMarked(metadata: WireField, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        var cursor = try metadata.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 3: if let isMarkedNamespace, isMarkedNamespace(try field.text(in: bytes)) { return true }
            case 11: if labels.contains(bytes, try WireMapEntry(in: bytes, field).key) { return true }
            case 12: if annotations.contains(bytes, try WireMapEntry(in: bytes, field).key) { return true }
            default: break
            }
        }
        return false
    }

    private func isMarked(spec: WireField, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        var cursor = try spec.cursor()
        while let field = try cursor.next(in: bytes) {
            guard field.number == 2 else { continue }
            var container = try field.cursor()
            while let field = try container.next(in: bytes) {
                guard field.number == 7 else { continue }
                var variable = try field.cursor()
                while let field = try variable.next(in: bytes) {
                    if field.number == 1, environment.contains(bytes, try field.range()) { return true }
                }
            }
        }
        return false
    }
}

extension PodStatus {
    /// See `PodSelection.Marks.findsStuck`.
    fileprivate var looksStuck: Bool {
        let ended = containerStatuses.count { if case .terminated = $0.state { true } else { false } }
        return ended > 0 && ended < containerStatuses.count
            || initContainerStatuses.contains { $0.restartCount > 0 || $0.state.waitsInTrouble }
    }

    /// The same on the wire, without building anything.
    fileprivate static func looksStuck(_ status: WireField, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        var (count, ended) = (0, 0)
        var cursor = try status.cursor()
        while let field = try cursor.next(in: bytes) {
            guard field.number == 8 || field.number == 10 else { continue }
            count += field.number == 8 ? 1 : 0
            var container = try field.cursor()
            while let part = try container.next(in: bytes) {
                switch (field.number, part.number) {
                case (10, 5): if try part.integer() > 0 { return true }
                case (_, 2):
                    var state = try part.cursor()
                    guard let kind = try state.next(in: bytes) else { continue }
                    if field.number == 8 {
                        ended += kind.number == 3 ? 1 : 0
                    } else if kind.number == 1, try waitsInTrouble(kind, in: bytes) {
                        return true
                    }
                default: break
                }
            }
        }
        return ended > 0 && ended < count
    }

    private static func waitsInTrouble(_ waiting: WireField, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        var cursor = try waiting.cursor()
        while let field = try cursor.next(in: bytes) {
            if field.number == 1 { return !ContainerState.beginnings.contains(bytes, try field.range()) }
        }
        return false
    }
}

extension ContainerState {
    /// Whether it waits for something else than every container waits for at first.
    public var waitsInTrouble: Bool {
        if case .waiting(let reason) = self { !Self.beginnings.contains(reason) } else { false }
    }

    /// What the kubelet says of a container that nothing is wrong with so far.
    fileprivate static let beginnings: NameSet = ["", "PodInitializing", "ContainerCreating"]
}

/// Names that matter: all, or those listed and those with certain beginnings.
public struct NameSet: Sendable, ExpressibleByArrayLiteral {
    private var isEverything = false
    private var names: [[UInt8]] = []
    private var prefixes: [[UInt8]] = []

    public init(_ names: [String] = [], prefixes: [String] = []) {
        self.names = names.map { Array($0.utf8) }
        self.prefixes = prefixes.map { Array($0.utf8) }
    }

    public init(arrayLiteral names: String...) { self.init(names, prefixes: []) }

    public static let all: NameSet = {
        var all = NameSet([], prefixes: [])
        all.isEverything = true
        return all
    }()

    public func contains(_ name: String) -> Bool {
        isEverything || names.contains { name.utf8.elementsEqual($0) }
            || prefixes.contains { name.utf8.starts(with: $0) }
    }

    func contains(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if isEverything { return true }
        for name in names where name.count == range.count && Self.starts(bytes, range, with: name) { return true }
        for prefix in prefixes where prefix.count <= range.count && Self.starts(bytes, range, with: prefix) {
            return true
        }
        return false
    }

    private static func starts(_ bytes: Span<UInt8>, _ range: Range<Int>, with prefix: [UInt8]) -> Bool {
        for index in prefix.indices where bytes[range.lowerBound + index] != prefix[index] { return false }
        return true
    }
}
