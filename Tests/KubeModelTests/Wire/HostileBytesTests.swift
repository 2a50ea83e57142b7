import Basics
import KubeModel
import Testing

/// Nothing that a server or whoever sits in between can send ends the process: it is read or refused.
@Suite struct HostileBytesTests {
    /// Deterministic damage.
    struct Vandal {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }

        mutating func damage(_ bytes: inout [UInt8]) {
            for _ in 0...next(8) where !bytes.isEmpty {
                let place = next(bytes.count)
                switch next(5) {
                case 0: bytes[place] = UInt8(next(256))
                case 1: bytes[place] = [0xFF, 0x80, 0x7F, 0x00][next(4)]
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(40)))
                case 3: bytes.insert(contentsOf: (0...next(20)).map { _ in 0xFF }, at: place)
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
                }
            }
        }
    }

    @Test(arguments: ["pods.list.pb", "pods.watch.pb", "pods.list.json", "pods.watch.jsonl"])
    func `Damaged recordings are read or refused`(name: String) throws {
        let whole = try Recording(name)
        // A part is enough, so that damage is dense.
        let start = Array(whole.bytes.prefix(24_000))
        var refused = 0
        for seed in 1...150 {
            var vandal = Vandal(state: UInt64(seed))
            var damaged = whole
            damaged.bytes = start
            vandal.damage(&damaged.bytes)
            do {
                if name.contains("list") {
                    _ = try damaged.pods(inPiecesOf: 4_096)
                } else {
                    _ = try damaged.events(inPiecesOf: 4_096)
                }
            } catch let error as WireError {
                refused += 1
                #expect(!error.problem.isEmpty)
            }
        }
        #expect(refused > 20)
    }

    static let protobufHead: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    @Test(arguments: [
        // A list longer than anything.
        protobufHead + [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        // A "negative" length.
        protobufHead + [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x01],
        // An item longer than its list.
        protobufHead + [0x12, 0x04, 0x12, 0x7F, 0x00, 0x00],
        // A number without end, field 0, groups.
        protobufHead + [UInt8](repeating: 0xFF, count: 40),
        protobufHead + [0x02, 0x01, 0x00] + [UInt8](repeating: 0, count: 20),
        protobufHead + [0x13, 0x14] + [UInt8](repeating: 0, count: 20),
        Array("HTTP/1.1 502 Bad Gateway".utf8), [0x6B],
    ])
    func `A list that is none is refused`(bytes: [UInt8]) {
        #expect(throws: WireError.self) {
            var reader = ObjectListReader(.protobuf)
            reader.append(bytes)
            while try reader.next() != nil {}
            _ = try reader.finish()
        }
    }

    @Test(arguments: [
        "", "[]", "null", "<html>", #"{"items":[{"metadata":{}}"#, #"{"items":{}"#, #"{"items":[}]}"#,
        #"{"items":[1]}"#,
        #"{"items":[{}]} {}"#, #"{"items":"#, #"{"metadata":{"resourceVersion":5},"items":[]}"#,
    ])
    func `JSON that is no list is refused`(text: String) {
        #expect(throws: WireError.self) {
            var reader = ObjectListReader(.json)
            reader.append(Array(text.utf8))
            while try reader.next() != nil {}
            _ = try reader.finish()
        }
    }

    @Test func `Nesting does not grow the stack`() throws {
        let deep = String(repeating: #"{"a":["#, count: 200_000)
        let shut = String(repeating: "]}", count: 200_000)
        let bytes = Array((#"{"metadata":{"name":"x"},"spec":{"other":\#(deep)\#(shut)}}"#).utf8)
        #expect(try Pod(.json, in: bytes.span).metadata.name == "x")
        #expect(throws: WireError.self) { _ = try Pod(.json, in: Array(deep.utf8).span) }
    }

    @Test func `An event of absurd length is refused before it is waited for`() {
        #expect(throws: WireError.self) {
            var reader = WatchFrameReader(.protobuf)
            reader.append([0x7F, 0xFF, 0xFF, 0xFF, 0x00])
            _ = try reader.next()
        }
        #expect(throws: WireError.self) {
            var reader = WatchFrameReader(.json)
            reader.append([UInt8](repeating: 0x20, count: ObjectListReader.largestObject + 1))
            _ = try reader.next()
        }
    }

    @Test func `An object of 1 MiB in small pieces is one event`() throws {
        let value = String(repeating: "x", count: 1 << 20)
        let line =
            #"{"type":"ADDED","object":{"metadata":{"uid":"u","resourceVersion":"9","annotations":{"a":"\#(value)"}}}}"#
        var reader = WatchFrameReader(.json)
        var frames: [WatchFrame] = []
        let bytes = Array(line.utf8) + [0x0A]
        for start in stride(from: 0, to: bytes.count, by: 16_384) {
            reader.append(Array(bytes[start..<min(start + 16_384, bytes.count)]))
            while let frame = try reader.next() { frames.append(frame) }
        }
        #expect(frames.count == 1)
        #expect(!reader.hasPartialFrame)
    }

    @Test(arguments: [
        (#""a\u00e9\n\"\\\/""#, "a\u{e9}\n\"\\/"), (#""\ud83d\ude00""#, "\u{1F600}"), (#""\ud83d""#, "\u{FFFD}"),
        (#""""#, ""), ("null", ""),
    ])
    func `Texts of JSON are read as Go writes them`(json: String, text: String) throws {
        let bytes = Array(json.utf8)
        var cursor = JSONCursor(bytes.span)
        #expect(try cursor.text(in: bytes.span) == text)
    }
}
