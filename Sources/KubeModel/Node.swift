public import Basics

/// A node, trimmed to what decides which pods it can run, and how.
public struct Node: WireObject, Equatable {
    public var metadata = ObjectMeta()
    /// `v1.33.5`; empty before the kubelet has said so.
    public var kubeletVersion = ""
    /// `linux`, `windows`.
    public var operatingSystem = ""

    public init() {}

    public init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) {
        switch encoding {
        case .protobuf: try read(protobuf: bytes)
        case .json: try read(json: bytes)
        }
    }

    /// `Node`: 1 metadata, 3 status; `NodeStatus`: 7 nodeInfo; `NodeSystemInfo`: 7 kubeletVersion, 9 operatingSystem.
    private mutating func read(protobuf bytes: Span<UInt8>) throws(WireError) {
        var cursor = WireCursor(0..<bytes.count)
        while let field = try cursor.next(in: bytes) {
            if field.number == 1 { metadata = try ObjectMeta(protobuf: bytes, field, annotations: NameSet([])) }
            guard field.number == 3 else { continue }
            var status = try field.cursor()
            while let field = try status.next(in: bytes) {
                if field.number == 7 { try readInfo(protobuf: bytes, field) }
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
            case "status": try readStatus(json: bytes, &cursor)
            default: try cursor.skip(in: bytes)
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
