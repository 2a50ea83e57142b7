import Basics
import Foundation
import TestSupport

@testable import KubeModel

/// What a real API server said, and how it was cut into pieces on the way.
struct Recording {
    var bytes: [UInt8]
    var encoding: ObjectEncoding

    init(_ name: String) throws {
        bytes = Array(try Data(contentsOf: URL(filePath: Repository.path("Tests/Fixtures/recordings/\(name)"))))
        encoding = name.contains(".pb") ? .protobuf : .json
    }

    func pieces(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    func pods(inPiecesOf size: Int = .max / 4) throws -> (pods: [Pod], list: ListMetadata) {
        var reader = ObjectListReader(encoding)
        var pods: [Pod] = []
        for piece in pieces(of: size) {
            reader.append(piece)
            while let item = try reader.next() {
                pods.append(
                    try reader.withObject(item) { (bytes) throws(WireError) in try Pod(encoding, in: bytes) })
            }
        }
        return (pods, try reader.finish())
    }

    /// Each event, and the pod of those that carry one.
    func events(inPiecesOf size: Int = .max / 4) throws -> [(frame: WatchFrame, pod: Pod?)] {
        var reader = WatchFrameReader(encoding)
        var events: [(WatchFrame, Pod?)] = []
        for piece in pieces(of: size) {
            reader.append(piece)
            while let frame = try reader.next() {
                guard case .change(_, _, let object) = frame else {
                    events.append((frame, nil))
                    continue
                }
                let pod = try reader.withObject(object) { (bytes) throws(WireError) in try Pod(encoding, in: bytes) }
                events.append((frame, pod))
            }
        }
        return events
    }
}
