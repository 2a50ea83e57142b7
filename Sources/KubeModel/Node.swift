public import Basics

/// A node, trimmed to what decides which pods it can run, and how.
public struct Node: WireObject, Equatable {
    public var metadata = ObjectMeta()
    /// `v1.33.5`; empty before the kubelet has said so.
    public var kubeletVersion = ""
    /// `linux`, `windows`.
    public var operatingSystem = ""
    public var taints: [Taint] = []

    public init() {}

    /// What keeps pods away that do not tolerate it.
    public struct Taint: Sendable, Hashable {
        public var key = ""
        public var value = ""
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        public var effect = ""

        public init() {}
    }

    public init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) {
        switch encoding {
        case .protobuf: try read(protobuf: bytes)
        case .json: try read(json: bytes)
        }
    }

    /// `Node`: 1 metadata, 2 spec, 3 status; `NodeSpec`: 5 taints; `NodeStatus`: 7 nodeInfo; `NodeSystemInfo`: 7 kubeletVersion, 9 operatingSystem.
    private mutating func read(protobuf bytes: Span<UInt8>) throws(WireError) {
        var cursor = WireCursor(0..<bytes.count)
        while let field = try cursor.next(in: bytes) {
            if field.number == 1 { metadata = try ObjectMeta(protobuf: bytes, field, annotations: NameSet([])) }
            guard field.number == 2 || field.number == 3 else { continue }
            var part = try field.cursor()
            while let inner = try part.next(in: bytes) {
                switch (field.number, inner.number) {
                case (2, 5): taints.append(try Taint(protobuf: bytes, inner))
                case (3, 7): try readInfo(protobuf: bytes, inner)
                default: break
                }
            }
        }
    }

    private mutating func readInfo(protobuf bytes: Span<UInt8>, _ info: WireField) throws(WireError) {
        var cursor = try info.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 7: kubeletVersion = try field.text(in: bytes)
            case 9: operatingSystem = try field.text(in: bytes)
            default: break
            }
        }
    }

    private mutating func read(json bytes: Span<UInt8>) throws(WireError) {
        var cursor = JSONCursor(bytes)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "metadata": metadata = try ObjectMeta(json: bytes, &cursor)
            case "spec": try readSpec(json: bytes, &cursor)
            case "status": try readStatus(json: bytes, &cursor)
            default: try cursor.skip(in: bytes)
            }
        }
    }

    private mutating func readSpec(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            if key == "taints" {
                taints = try cursor.elements(in: bytes, Taint.init(json:_:))
            } else {
                try cursor.skip(in: bytes)
            }
        }
    }

    private mutating func readStatus(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            guard key == "nodeInfo" else {
                try cursor.skip(in: bytes)
                continue
            }
            guard try cursor.beginObject(in: bytes) else { continue }
            while let key = try cursor.key(in: bytes) {
                switch key {
                case "kubeletVersion": kubeletVersion = try cursor.text(in: bytes)
                case "operatingSystem": operatingSystem = try cursor.text(in: bytes)
                default: try cursor.skip(in: bytes)
                }
            }
        }
    }
}

extension Node.Taint {
    /// `Taint`: 1 key, 2 value, 3 effect.
    fileprivate init(protobuf bytes: Span<UInt8>, _ taint: WireField) throws(WireError) {
        self.init()
        var cursor = try taint.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: key = try field.text(in: bytes)
            case 2: value = try field.text(in: bytes)
            case 3: effect = try field.text(in: bytes)
            default: break
            }
        }
    }

    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let name = try cursor.key(in: bytes) {
            switch name {
            case "key": key = try cursor.text(in: bytes)
            case "value": value = try cursor.text(in: bytes)
            case "effect": effect = try cursor.text(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}
