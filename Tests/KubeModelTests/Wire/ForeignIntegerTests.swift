import Basics
import KubeModel
import Testing

/// Whatever number somebody else has written into an object: the object is read, both encodings say the same, and what
/// comes out can be calculated with.
@Suite struct ForeignIntegerTests {
    /// What stands in the object, from below every range to above it.
    static let extremes: [Int64] = [
        .min, .min + 1, -(1 << 32), Int64(Int32.min) - 1, Int64(Int32.min), -1, 0, 1, 137, Int64(Int32.max),
        Int64(Int32.max) + 1, 1 << 32, .max - 1, .max,
    ]

    /// A number of a pod: where it stands, and what is to be read for what is written.
    struct Field: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// `#` where the number goes.
        var json: String
        /// The fields' numbers from the pod inwards.
        var protobuf: [Int]
        var read: @Sendable (Pod) -> Int64?
        var range: ClosedRange<Int64>
    }

    static let int32 = Int64(Int32.min)...Int64(Int32.max)
    static let count = 0...Int64(Int32.max)

    static let fields = [
        Field(
            testDescription: "terminationGracePeriodSeconds", json: #"{"spec":{"terminationGracePeriodSeconds":#}}"#,
            protobuf: [2, 4], read: { $0.spec.terminationGracePeriodSeconds }, range: count),
        Field(
            testDescription: "restartCount", json: #"{"status":{"containerStatuses":[{"restartCount":#}]}}"#,
            protobuf: [3, 8, 5], read: { $0.status.containerStatuses.first.map { Int64($0.restartCount) } },
            range: count),
        Field(
            testDescription: "restartCount of an init container",
            json: #"{"status":{"initContainerStatuses":[{"restartCount":#}]}}"#, protobuf: [3, 10, 5],
            read: { $0.status.initContainerStatuses.first.map { Int64($0.restartCount) } }, range: count),
        Field(
            testDescription: "exitCode",
            json: #"{"status":{"containerStatuses":[{"state":{"terminated":{"exitCode":#}}}]}}"#,
            protobuf: [3, 8, 2, 3, 1], read: { termination($0).map { Int64($0.exitCode) } }, range: int32),
        Field(
            testDescription: "signal",
            json: #"{"status":{"containerStatuses":[{"state":{"terminated":{"signal":#}}}]}}"#,
            protobuf: [3, 8, 2, 3, 2], read: { termination($0).map { Int64($0.signal) } }, range: int32),
        Field(
            testDescription: "exitCode of the last end",
            json: #"{"status":{"containerStatuses":[{"lastState":{"terminated":{"exitCode":#}}}]}}"#,
            protobuf: [3, 8, 3, 3, 1],
            read: { $0.status.containerStatuses.first?.lastTermination.map { Int64($0.exitCode) } }, range: int32),
        Field(
            testDescription: "exit code of a restart rule",
            json: #"{"spec":{"containers":[{"restartPolicyRules":[{"exitCodes":{"values":[#]}}]}]}}"#,
            protobuf: [2, 2, 25, 2, 2],
            read: { $0.spec.containers.first?.restartPolicyRules.first?.exitCodes.first.map { Int64($0) } },
            range: int32),
    ]

    static func termination(_ pod: Pod) -> ContainerStatus.Termination? {
        guard case .terminated(let end)? = pod.status.containerStatuses.first?.state else { return nil }
        return end
    }

    @Test(arguments: fields, extremes)
    func `A number of a pod is read within its range, in either encoding`(field: Field, number: Int64) throws {
        let expected = min(max(number, field.range.lowerBound), field.range.upperBound)
        let json = Array(field.json.replacing("#", with: "\(number)").utf8)
        let pod = try Pod(.json, in: json.span)
        #expect(field.read(pod) == expected)
        let protobuf = Self.message(field.protobuf, number)
        let same = try Pod(.protobuf, in: protobuf.span)
        #expect(field.read(same) == expected)
    }

    @Test(arguments: fields, ["9223372036854775808", "99999999999999999999999999", "-9223372036854775809"])
    func `A number beyond 64 bits is the range's end`(field: Field, number: String) throws {
        let json = Array(field.json.replacing("#", with: number).utf8)
        let expected = number.hasPrefix("-") ? field.range.lowerBound : field.range.upperBound
        let pod = try Pod(.json, in: json.span)
        #expect(field.read(pod) == expected)
    }

    @Test(arguments: fields, ["1.5", "1e9", "true", "--1", "0x7F", "\"3\""])
    func `What is no whole number is refused`(field: Field, number: String) {
        let json = Array(field.json.replacing("#", with: number).utf8)
        #expect(throws: WireError.self) { _ = try Pod(.json, in: json.span) }
    }

    @Test(arguments: extremes)
    func `A moment far away is within the calendar's years`(number: Int64) throws {
        let time = Self.message([3, 8, 2, 3, 6, 1], number)
        let pod = try Pod(.protobuf, in: time.span)
        let end = try #require(Self.termination(pod))
        #expect((-62_135_596_800...253_402_300_799).contains(end.finishedAt))
        if (0...Int64(Int32.max)).contains(number) { #expect(end.finishedAt == number) }
        let start = Self.message([3, 8, 2, 2, 1, 1], number)
        guard case .running(let since)? = try Pod(.protobuf, in: start.span).status.containerStatuses.first?.state
        else {
            Issue.record("it does not run")
            return
        }
        #expect((-62_135_596_800...253_402_300_799).contains(since))
    }

    @Test(arguments: [
        ("2026-11-21T03:45:00Z", 1_795_232_700), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("2026-11-21T03:45:00.999Z", 1_795_232_700), ("99999-01-01T00:00:00Z", 0), ("2026-13-01T00:00:00Z", 0),
        ("2026-11-21T99:99:99Z", 0), ("yesterday", 0), ("", 0), ("2026-11-21T03:45:00ü", 0),
    ])
    func `A moment in JSON is read, or none`(text: String, seconds: Int64) throws {
        let json = #"{"status":{"containerStatuses":[{"state":{"terminated":{"finishedAt":"\#(text)"}}}]}}"#
        let bytes = Array(json.utf8)
        let pod = try Pod(.json, in: bytes.span)
        #expect(Self.termination(pod)?.finishedAt == seconds)
    }

    @Test(arguments: extremes)
    func `The numbers of a Status are read within their ranges`(number: Int64) throws {
        let json = #"{"kind":"Status","code":\#(number),"details":{"retryAfterSeconds":\#(number)}}"#
        let bytes = Array(json.utf8)
        let answer = APIStatus(answer: bytes.span)
        let status = try #require(answer)
        #expect(status.code == Int(min(max(number, Self.int32.lowerBound), Self.int32.upperBound)))
        #expect(status.retryAfterSeconds == (number > 0 ? Int(min(number, Self.int32.upperBound)) : nil))
    }

    // MARK: Protobuf

    /// A message in a message, down to one number.
    static func message(_ path: [Int], _ value: Int64) -> [UInt8] {
        let outwards = path.reversed()
        guard let last = outwards.first else { return [] }
        return outwards.dropFirst().reduce(varint(UInt64(last) << 3) + varint(UInt64(bitPattern: value))) {
            varint(UInt64($1) << 3 | 2) + varint(UInt64($0.count)) + $0
        }
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
